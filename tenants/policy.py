"""A tenant's policy: what becomes of a message for each verdict. Pure values, their validation, their JSON form.

Comes from the `policies` table as JSON (only what differs from the default is stored), goes to `mx/decision.py`.
The defaults are the product's promise to a new tenant; each of them stands once, here.

Failure: a policy that does not parse raises `PolicyError` with one plain sentence; nothing is stored or applied.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum


class PolicyError(ValueError):
    """The policy given cannot be used; the text says which entry, and what would do."""


class Action(StrEnum):
    """What is done with a copy of a message."""

    DELIVER = "deliver"
    MARK = "mark"
    """Deliver; our own headers on top name the verdict."""
    HOLD = "hold"
    """Keep it in quarantine and answer 250."""
    REJECT = "reject"
    REJECT_AND_KEEP = "reject-and-keep"
    """Answer 550 in the session, and keep the copy in quarantine."""
    DISCARD = "discard"


class EngineFailure(StrEnum):
    """What is done when an engine that was asked gave no answer."""

    DEFER = "defer"
    """Answer 451: the sender tries again."""
    HOLD = "hold"
    MARK = "mark"


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy, complete: every verdict has its action."""

    clean: Action = Action.DELIVER
    infected: Action = Action.REJECT_AND_KEEP
    prohibited: Action = Action.REJECT_AND_KEEP
    unscannable: Action = Action.REJECT_AND_KEEP
    encrypted: Action = Action.REJECT_AND_KEEP
    phishing: Action = Action.MARK
    spam: Action = Action.MARK
    suspicious: Action = Action.MARK
    ambiguous: Action = Action.MARK
    engine_failure: EngineFailure = EngineFailure.DEFER


def parse_policy(entries: Mapping[str, object], base: Policy | None = None) -> Policy:
    """The policy `base` (the default one when None) with these entries changed.

    Raises PolicyError for an unknown key or value.
    """
    known = {field.name: EngineFailure if field.name == "engine_failure" else Action for field in fields(Policy)}
    changes: dict[str, Action | EngineFailure] = {}
    for key, value in entries.items():
        name = key.replace("-", "_")
        if name not in known:
            raise PolicyError(f"There is no policy entry {key!r}. Known: {', '.join(known)}.")
        try:
            changes[name] = known[name](str(value))
        except ValueError:
            allowed = ", ".join(member.value for member in known[name])
            raise PolicyError(f"Policy entry {key!r} cannot be {value!r}. Possible: {allowed}.") from None
    return replace(base or Policy(), **changes)  # type: ignore[arg-type]


def differences(policy: Policy, base: Policy | None = None) -> dict[str, str]:
    """The entries in which a policy differs from `base` (the default one when None), in their JSON form."""
    below = asdict(base or Policy())
    return {name: str(value) for name, value in asdict(policy).items() if value != below[name]}
