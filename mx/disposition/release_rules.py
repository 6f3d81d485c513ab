"""What a second look at a held message means: whether it may leave, and when to look again. Pure.

Comes in: today's verdict, the policy of one recipient, what the person who asked has seen. Goes out: why the message
is still held, or that it may leave.

* Asked for by a person, who names the findings that are known: nothing further found, and every engine answered: it
  leaves, whatever the policy says of what the person has seen. What is found beyond that is for the policy to decide.
* Asked for by nobody (a rescan), or for all with one finding: it leaves where the policy would deliver it today.
* A policy that only reports counts here as if it were in force: what was held before is not let go by that.

Failure: none.
Limits: what no engine has answered about is looked at again after a quarter of the time that it has waited, at least
a minute and at most the policy's `rescan_minutes`; what was found then, once more after `rescan_minutes`.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from mx.decision import Deliver, decide
from mx.verdict import Verdict, set_aside
from tenants.policies.policy import Policy

FIRST_RESCAN = timedelta(seconds=30)
"""From holding to the first further look: long enough for an engine that was being restarted."""
LEAST_WAIT = timedelta(minutes=1)


def why_held_again(
    verdict: Verdict, policy: Policy, octets: int, override: frozenset[str], *, only_if_clean: bool
) -> str | None:
    """Why the message may still not leave; None when it may.

    `override` are the names of the findings that the person who asked has seen. One that is not among them is new.
    """
    left = set_aside(verdict, override)
    if not (only_if_clean or verdict.unanswered or left.findings):
        return None
    if isinstance(decide(left, replace(policy, report_only=False), octets), Deliver):
        return None
    if verdict.unanswered:
        silent = ", ".join(failed.engine for failed in verdict.unanswered)
        return f"Still held: {silent} gave no answer. Ask again when it does."
    found = left.finding_names or tuple(dict.fromkeys(each.name for each in left.ambiguities)) or (left.kind.value,)
    return f"Still held: scanned again, and found {', '.join(found)}."


def next_rescan(verdict: Verdict, policy: Policy, rescans: int, held_at: datetime, now: datetime) -> datetime | None:
    """When a message that is still held after a rescan is looked at again; None: only when a person asks.

    `rescans` counts the looks before this one in which every engine answered.
    """
    minutes = timedelta(minutes=policy.rescan_minutes)
    if verdict.unanswered:
        return now + min(max(LEAST_WAIT, (now - held_at) / 4), minutes)
    return max(held_at + minutes, now + LEAST_WAIT) if rescans == 0 else None
