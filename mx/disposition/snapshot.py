"""The snapshot of a message's way: what each step changed, for tenants whose policy asks for it. Pure.

Comes in: the examined message and its copies. Goes out: steps for the trace, beside those of the agents
(`mx/agents/steps.py`): which arriving header fields were taken away, what was found, what was decided for each copy,
and what stands on top of it.

Nothing of the content is in a step: no text, no name of a part, no value of an arriving field.
Limits: 100 lines a step, each cut at 500 characters.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from mx.decision import Decision, Deliver
from mx.disposition.copies import Copy, ExaminedMessage, on_top_of
from mx.own_headers import Pieces, fields_of
from tenants.trace.events import Stepped

MOST_LINES, MOST_CHARACTERS = 100, 500


def steps_of(message: ExaminedMessage, copies: Sequence[Copy], now: datetime) -> list[Stepped]:
    """The steps, in their order; none where no copy's policy asks for them."""
    asking = [copy for copy in copies if copy.standing.policy.snapshot_hours]
    if not asking:
        return []
    hours = max(copy.standing.policy.snapshot_hours for copy in asking)
    seconds = round(message.examination.seconds, 4)
    steps = [
        ("header", 0.0, [f"- {name}" for name in taken_away(message)]),
        ("examination", seconds, _found(message)),
        ("decision", 0.0, [f"= {copy.recipient.address}: {_words(copy.decision)}" for copy in asking]),
        ("on-top", 0.0, [f"+ {line}" for copy in asking[:1] for line in _fields(on_top_of(message, copy))]),
    ]
    transaction, tenant_id = message.envelope.transaction, asking[0].standing.tenant_id
    expires_at = now + timedelta(hours=hours)
    return [
        Stepped(transaction, tenant_id, now, name, "", took, _cut(lines), expires_at) for name, took, lines in steps
    ]


def taken_away(message: ExaminedMessage) -> tuple[str, ...]:
    """Names of the arriving header fields that are not forwarded."""
    return message.content.taken_away if isinstance(message.content, Pieces) else ()


def _found(message: ExaminedMessage) -> list[str]:
    examination, verdict = message.examination, message.examination.verdict
    return [
        f"= {len(examination.artifacts)} artifacts, by {', '.join(examination.engines) or 'no engine'}",
        *(f"+ ambiguity {name}" for name in dict.fromkeys(each.name for each in verdict.ambiguities)),
        *(f"+ finding {each.severity} {each.engine}: {each.name} (part {each.artifact})" for each in verdict.findings),
        *(f"= no answer from {failed.engine}: {failed.reason}" for failed in verdict.unanswered),
        f"= verdict {verdict.kind}",
    ]


def _words(decision: Decision) -> str:
    name = type(decision).__name__.lower()
    if isinstance(decision, Deliver):
        return f"{name}, though the policy would {decision.would}" if decision.would else name
    reason = getattr(decision, "reason", "")
    return f"{name} ({reason})" if reason else name


def _fields(header: bytes) -> list[str]:
    return [" ".join(field.decode("utf-8", "replace").split()) for field in fields_of(header)]


def _cut(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(line[:MOST_CHARACTERS] for line in lines[:MOST_LINES])
