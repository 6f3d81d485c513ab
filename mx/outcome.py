"""Outcomes: what became of each recipient's copy, each with its proof, and the one reply that is true for all.

Made by `disposition/`, turned into the reply of the end of data by `settle`. A positive reply can only be computed
from outcomes that carry a proof: the next hop's own reply, or the id of a row that is committed with its bytes durable.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mx.envelope import Recipient
from mx.reply import Reply


@dataclass(frozen=True, slots=True)
class Accepted:
    """The next hop took the copy; its reply is the proof."""

    recipient: Recipient
    remote_reply: str
    note: str = ""
    """What else the trace says of the copy."""


@dataclass(frozen=True, slots=True)
class Queued:
    """Durably in the queue; the delivery's id is the proof."""

    recipient: Recipient
    delivery: int
    reason: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """Durably in the quarantine, and answered 250; the held message's id is the proof."""

    recipient: Recipient
    held: int
    reason: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused for good: nothing of it is kept."""

    recipient: Recipient
    reply: Reply
    reason: str


@dataclass(frozen=True, slots=True)
class RefusedAndHeld:
    """Refused for good in the session, and durably kept in the quarantine."""

    recipient: Recipient
    reply: Reply
    held: int
    reason: str


@dataclass(frozen=True, slots=True)
class Discarded:
    """Thrown away because the tenant's policy says so."""

    recipient: Recipient
    reason: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """Nothing was done with the copy; the sender is to try again."""

    recipient: Recipient
    reply: Reply
    reason: str


Outcome = Accepted | Queued | Held | Refused | RefusedAndHeld | Discarded | Deferred


class MixedOutcomesError(AssertionError):
    """A bug of ours: outcomes for which no single reply is true reached the end of the transaction."""


def settle(outcomes: Sequence[Outcome], accepted: Reply) -> Reply:
    """The reply to the end of data that is true for every recipient; `accepted` is the 250 to give.

    Raises MixedOutcomesError when some copies were taken and others were not: `disposition/` must have held or
    queued those first, because the client can be told one thing only (RFC 5321 section 4.1.1.4).
    """
    if not outcomes:
        raise MixedOutcomesError("a transaction ended without an outcome")
    negative = [outcome.reply for outcome in outcomes if isinstance(outcome, Refused | RefusedAndHeld | Deferred)]
    if not negative:
        return accepted
    if len(negative) < len(outcomes):
        raise MixedOutcomesError(f"{len(negative)} of {len(outcomes)} copies were refused, the others taken")
    return next((reply for reply in negative if reply.is_transient), negative[0])
