"""The decision: what becomes of one recipient's copy, from the verdict and that recipient's policy. Pure and total.

Every finding has its action: that of the first `findings` rule whose pattern fits its name; for a finding of the
attachment filter, that of its `attachments` rule; else that of the policy entry named as its severity. In the order of
severity, worst first, the first action that stops the message decides; where none does, the parts with a finding of
action `clean` are taken out; else the message is delivered. A message without findings falls under the entry of its
verdict, or `ambiguous`.

An infected message is decided even when another engine did not answer; any other verdict without an engine that was
asked is not complete, and the policy's `engine_failure` entry for messages of its size decides (451 by default).
`report_only` turns every decision into a delivery that says what would have been done.

Failure: none.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import assert_never

from mx.finding import Finding, Severity
from mx.verdict import Verdict, VerdictKind
from tenants.policies.policy import Action, EngineFailure, Policy

UNANSWERED = "engine-unavailable"
"""The reason of what is not decided, or held, because an engine gave no answer."""
TOO_LARGE_PREFIX = "too-large-for-"
"""How the name of a finding begins by which an engine says that it was given too much."""
_STOPPING = frozenset({Action.HOLD, Action.REJECT, Action.REJECT_AND_KEEP, Action.DISCARD})


@dataclass(frozen=True, slots=True)
class Deliver:
    """Forward to the next hop."""

    would: str = ""
    """What would have been done were the policy in force; empty where it is, and where it would deliver as well."""


@dataclass(frozen=True, slots=True)
class Strip:
    """Take out the parts that hold these artifacts, keep the original in quarantine, deliver the rest."""

    reason: str
    artifacts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Hold:
    """Keep in quarantine; the sender is told 250."""

    reason: str


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse for good in the session; keep a copy in quarantine when `keep`."""

    reason: str
    keep: bool


@dataclass(frozen=True, slots=True)
class Discard:
    """Answer 250 and keep nothing, because the policy says so."""

    reason: str


@dataclass(frozen=True, slots=True)
class Defer:
    """Not decided: the sender is asked to try again."""

    reason: str


Decision = Deliver | Strip | Hold | Reject | Discard | Defer


def decide(verdict: Verdict, policy: Policy, octets: int = 0) -> Decision:
    """What this policy does with a message of this verdict and size; the reason names the severity that decided."""
    decision = _decide(verdict, policy, octets)
    return Deliver(would=word_of(decision)) if policy.report_only and not isinstance(decision, Deliver) else decision


def word_of(decision: Decision) -> str:
    """The decision in one word, for a header and for the trace."""
    match decision:
        case Deliver():
            return "deliver"
        case Strip():
            return Action.CLEAN.value
        case Hold():
            return Action.HOLD.value
        case Reject():
            return Action.REJECT_AND_KEEP.value if decision.keep else Action.REJECT.value
        case Discard():
            return Action.DISCARD.value
        case Defer():
            return EngineFailure.DEFER.value
        case _:
            assert_never(decision)


def action_for(finding: Finding, policy: Policy) -> Action:
    """The policy's action for one finding."""
    for rule in policy.findings:
        if fnmatchcase(finding.name, rule.pattern):
            return rule.action
    for attachment in policy.attachments:
        if finding.name == attachment.finding_name:
            return attachment.action
    action: Action = getattr(policy, finding.severity.value)
    return action


def _decide(verdict: Verdict, policy: Policy, octets: int) -> Decision:
    failure = policy.engine_failure_large if octets > policy.large_octets else policy.engine_failure
    findings = _that_count(verdict, failure)
    decision = _by_findings(findings, policy) if findings else _by_entry(verdict, policy)
    is_settled = verdict.kind is VerdictKind.INFECTED and not isinstance(decision, Deliver | Strip)
    if verdict.unanswered and not is_settled:
        match failure:
            case EngineFailure.DEFER:
                return Defer(UNANSWERED)
            case EngineFailure.HOLD:
                return Hold(UNANSWERED)
            case EngineFailure.OTHER_ENGINE if not verdict.answered:
                return Defer(UNANSWERED)
            case EngineFailure.OTHER_ENGINE | EngineFailure.MARK:
                pass
            case _:
                assert_never(failure)
    return decision


def _that_count(verdict: Verdict, failure: EngineFailure) -> tuple[Finding, ...]:
    """All findings, but that something was too large for one engine where another engine's answer is enough."""
    if failure is not EngineFailure.OTHER_ENGINE:
        return verdict.findings
    too_large = {found.engine for found in verdict.findings if found.name.startswith(TOO_LARGE_PREFIX)}
    if not set(verdict.answered) - too_large:
        return verdict.findings
    return tuple(found for found in verdict.findings if not found.name.startswith(TOO_LARGE_PREFIX))


def _by_findings(findings: tuple[Finding, ...], policy: Policy) -> Decision:
    """The first stopping action, worst severity first; else what is to be taken out."""
    order = list(Severity)
    actions = [(found, action_for(found, policy)) for found in sorted(findings, key=lambda f: order.index(f.severity))]
    for found, action in actions:
        if action in _STOPPING:
            return _stop(found.severity.value, action)
    stripped = [found for found, action in actions if action is Action.CLEAN]
    if not stripped:
        return Deliver()
    return Strip(stripped[0].severity.value, tuple(dict.fromkeys(found.artifact for found in stripped)))


def _by_entry(verdict: Verdict, policy: Policy) -> Decision:
    """A verdict that names no finding: clean, ambiguous, or clean because what was found does not count."""
    reason = VerdictKind.CLEAN.value if verdict.findings else verdict.kind.value
    if reason == VerdictKind.CLEAN.value and verdict.ambiguities:
        reason = "ambiguous"
    action: Action = getattr(policy, reason)
    # There is no part to take out: what is odd is the whole.
    return _stop(reason, Action.HOLD if action is Action.CLEAN else action)


def _stop(reason: str, action: Action) -> Decision:
    match action:
        case Action.DELIVER | Action.MARK:
            return Deliver()
        case Action.CLEAN | Action.HOLD:
            return Hold(reason)
        case Action.REJECT:
            return Reject(reason, keep=False)
        case Action.REJECT_AND_KEEP:
            return Reject(reason, keep=True)
        case Action.DISCARD:
            return Discard(reason)
        case _:
            assert_never(action)
