"""The fate of each copy is what the last event about it says."""

import pytest

from portal.pages.messages.fates import CopyFate, Fate, fates
from tenants.trace.events import (
    CopyAccepted,
    CopyDeferred,
    CopyDiscarded,
    CopyHeld,
    CopyQueued,
    CopyRefused,
    Deleted,
    DeliveryAttempted,
    DeliveryDropped,
    Event,
    Released,
    ReleaseFailed,
    ReleaseRequested,
    UnknownEvent,
)
from tests.servers.portal_world import START

A, B = "anna@acme.example", "board@acme.example"
BASE = ("000000000001", 1, START)
ACCEPTED = CopyAccepted(*BASE, A, "250 Ok")
QUEUED = CopyQueued(*BASE, A, 5, "unreachable")
HELD = CopyHeld(*BASE, A, 7, "infected", "550")
ATTEMPTED = DeliveryAttempted(*BASE, A, 5, 1, "timed out", START)
DROPPED = DeliveryDropped(*BASE, A, 5, "x")
ASKED = ReleaseRequested(*BASE, 7, "x")
RELEASED = Released(*BASE, 7, A, "250 Ok")
FAILED = ReleaseFailed(*BASE, 7, "still infected")
DELETED = Deleted(*BASE, 7, "x")


@pytest.mark.parametrize(
    ("events", "fate", "held"),
    [
        ([], Fate.UNDECIDED, None),
        ([ACCEPTED], Fate.DELIVERED, None),
        ([QUEUED], Fate.QUEUED, None),
        ([QUEUED, ATTEMPTED], Fate.QUEUED, None),
        ([QUEUED, ATTEMPTED, ACCEPTED], Fate.DELIVERED, None),
        ([QUEUED, DROPPED], Fate.DROPPED, None),
        ([QUEUED, HELD], Fate.HELD, 7),
        ([CopyRefused(*BASE, A, "infected", "550")], Fate.REFUSED, None),
        ([CopyDiscarded(*BASE, A, "spam")], Fate.DISCARDED, None),
        ([CopyDeferred(*BASE, A, "engine-unavailable", "451")], Fate.DEFERRED, None),
        ([HELD], Fate.HELD, 7),
        ([HELD, ASKED], Fate.HELD, 7),
        ([HELD, ASKED, FAILED], Fate.HELD, 7),
        ([HELD, ASKED, RELEASED], Fate.RELEASED, 7),
        ([HELD, DELETED], Fate.DELETED, 7),
        ([HELD, RELEASED, DELETED], Fate.RELEASED, 7),
        ([HELD, UnknownEvent(*BASE, "teleported")], Fate.HELD, 7),
    ],
)
def test_the_last_event_about_a_copy_counts(events: list[Event], fate: Fate, held: int | None) -> None:
    """Events about the message as a whole change no fate."""
    assert fates([A], events) == (CopyFate(A, fate, held),)


def test_each_recipient_has_a_fate_of_its_own() -> None:
    """In the order of the envelope, whatever the letters' case; one known from events alone comes behind."""
    copies = fates([B, A.upper()], [HELD, CopyAccepted(*BASE, "carol@acme.example", "250")])
    assert [(copy.recipient, copy.fate) for copy in copies] == [
        (B, Fate.UNDECIDED),
        (A, Fate.HELD),
        ("carol@acme.example", Fate.DELIVERED),
    ]


def test_a_deletion_counts_for_the_copies_that_were_held_together() -> None:
    """And for no others."""
    other = CopyHeld(*BASE, B, 8, "infected", "550")
    assert [copy.fate for copy in fates([A, B], [HELD, other, DELETED])] == [Fate.DELETED, Fate.HELD]
