"""What became of each recipient's copy, read from the trace of one message. Pure.

Comes in: the message's recipients and its events in order. Goes out: one fate for each recipient, the last one that an
event states.

Limits: events are written up to a second after the reply, so a copy without an event is `UNDECIDED`, not lost.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tenants.trace.events import (
    CopyAccepted,
    CopyDeferred,
    CopyDiscarded,
    CopyHeld,
    CopyQueued,
    CopyRefused,
    Deleted,
    DeliveryDropped,
    Event,
    Released,
)


class Fate(StrEnum):
    """Where one copy is now."""

    DELIVERED = "delivered"
    QUEUED = "queued"
    HELD = "held"
    RELEASED = "released"
    REFUSED = "refused"
    DEFERRED = "deferred"
    DISCARDED = "discarded"
    DELETED = "deleted"
    DROPPED = "dropped"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class CopyFate:
    """One recipient, and where the copy is."""

    recipient: str
    fate: Fate
    held: int | None
    """The number of the held message, while there is one."""


_PLAIN: dict[type[Event], Fate] = {
    CopyAccepted: Fate.DELIVERED,
    CopyQueued: Fate.QUEUED,
    CopyRefused: Fate.REFUSED,
    CopyDiscarded: Fate.DISCARDED,
    CopyDeferred: Fate.DEFERRED,
    DeliveryDropped: Fate.DROPPED,
    Released: Fate.RELEASED,
}


def fates(recipients: Iterable[str], events: Iterable[Event]) -> tuple[CopyFate, ...]:
    """The fate of each recipient's copy, recipients in the order given, those known from events alone behind them."""
    known = {address.lower(): CopyFate(address, Fate.UNDECIDED, None) for address in recipients}
    for event in events:
        match event:
            case CopyHeld():
                known[event.recipient.lower()] = CopyFate(event.recipient, Fate.HELD, event.held)
            case Deleted():
                for key, copy in known.items():
                    if copy.held == event.held and copy.fate is Fate.HELD:
                        known[key] = CopyFate(copy.recipient, Fate.DELETED, event.held)
            case (
                CopyAccepted()
                | CopyQueued()
                | CopyRefused()
                | CopyDiscarded()
                | CopyDeferred()
                | DeliveryDropped()
                | Released()
            ):
                held = event.held if isinstance(event, Released) else None
                known[event.recipient.lower()] = CopyFate(event.recipient, _PLAIN[type(event)], held)
            case _:
                continue
    return tuple(known.values())
