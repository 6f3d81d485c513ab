"""settle(): one reply, true for every recipient."""

import pytest

from mx.envelope import Recipient
from mx.outcome import (
    Accepted,
    Deferred,
    Discarded,
    Held,
    MixedOutcomesError,
    Outcome,
    Queued,
    Refused,
    RefusedAndHeld,
    settle,
)
from mx.reply import Reply

TAKEN, LATER, NEVER = Reply(250, "2.0.0", "ok"), Reply(451, "4.3.0", "later"), Reply(550, "5.7.1", "no")
A, B = Recipient("a@acme.example"), Recipient("b@acme.example")

TABLE: list[tuple[str, list[Outcome], Reply]] = [
    ("accepted", [Accepted(A, "250 ok")], TAKEN),
    ("queued", [Queued(A, 1, "away")], TAKEN),
    ("held", [Held(A, 1, "infected")], TAKEN),
    ("discarded", [Discarded(A, "spam")], TAKEN),
    ("refused", [Refused(A, NEVER, "infected")], NEVER),
    ("refused and kept", [RefusedAndHeld(A, NEVER, 1, "infected")], NEVER),
    ("deferred", [Deferred(A, LATER, "away")], LATER),
    ("taken in two ways", [Accepted(A, "250 ok"), Queued(B, 1, "away")], TAKEN),
    ("not taken, one for now", [Refused(A, NEVER, "infected"), Deferred(B, LATER, "away")], LATER),
]


@pytest.mark.parametrize(("title", "outcomes", "reply"), TABLE, ids=[row[0] for row in TABLE])
def test_the_reply_of_each_row(title: str, outcomes: list[Outcome], reply: Reply) -> None:
    """The table above, row by row."""
    assert settle(outcomes, TAKEN) == reply


@pytest.mark.parametrize(
    "outcomes",
    [[], [Accepted(A, "250 ok"), Refused(B, NEVER, "infected")], [Held(A, 1, "spam"), Deferred(B, LATER, "away")]],
)
def test_outcomes_without_a_true_reply_are_a_bug(outcomes: list[Outcome]) -> None:
    """Neither 250 nor a refusal may be told for these, so none is."""
    with pytest.raises(MixedOutcomesError):
        settle(outcomes, TAKEN)
