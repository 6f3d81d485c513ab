"""The decision: what becomes of one recipient's copy, from the verdict and that recipient's policy. Pure and total.

An infected message is decided even when another engine did not answer; any other verdict without an engine that was
asked is not complete, and the policy's `engine_failure` entry decides (451 by default).
"""

from dataclasses import dataclass
from typing import assert_never

from mx.verdict import Verdict, VerdictKind
from tenants.policy import Action, EngineFailure, Policy


@dataclass(frozen=True, slots=True)
class Deliver:
    """Forward to the next hop."""


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


Decision = Deliver | Hold | Reject | Discard | Defer


def decide(verdict: Verdict, policy: Policy) -> Decision:
    """What this policy does with a message of this verdict; the reason names the verdict."""
    if verdict.unanswered and verdict.kind is not VerdictKind.INFECTED:
        return _without_an_engine(verdict, policy)
    return _by_entry(_entry(verdict), policy)


def _entry(verdict: Verdict) -> str:
    """The name of the policy entry that this verdict falls under."""
    return "ambiguous" if verdict.kind is VerdictKind.CLEAN and verdict.ambiguities else verdict.kind.value


def _without_an_engine(verdict: Verdict, policy: Policy) -> Decision:
    reason = "engine-unavailable"
    match policy.engine_failure:
        case EngineFailure.DEFER:
            return Defer(reason)
        case EngineFailure.HOLD:
            return Hold(reason)
        case EngineFailure.OTHER_ENGINE | EngineFailure.MARK:
            return _by_entry(_entry(verdict), policy)
        case _:
            assert_never(policy.engine_failure)


def _by_entry(reason: str, policy: Policy) -> Decision:
    action: Action = getattr(policy, reason)
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
