"""Events are values."""

import dataclasses
from typing import get_args

import pytest

from mx.envelope import Recipient, ReversePath
from mx.smtp import events
from mx.smtp.extensions import MailParameters


def test_every_question_is_an_event() -> None:
    """Whoever handles all events handles all questions."""
    assert set(get_args(events.Question)) < set(get_args(events.Event))


@pytest.mark.parametrize(
    "event",
    [
        events.MailGiven(ReversePath("a@b.example"), MailParameters()),
        events.RecipientGiven(Recipient("a@b.example")),
        events.ContentOctets(b"x"),
        events.MessageEnded(),
    ],
)
def test_an_event_equals_its_copy_and_cannot_be_changed(event: events.Event) -> None:
    """So that they can be compared in tests, and kept."""
    assert dataclasses.replace(event) == event
    with pytest.raises((dataclasses.FrozenInstanceError, TypeError)):
        event.note = "x"  # type: ignore[union-attr]
