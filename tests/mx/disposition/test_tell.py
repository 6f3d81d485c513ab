"""events_of(): the trace is told of the message, of its examination, and of what became of each copy."""

from dataclasses import replace

import pytest

from mx import reply
from mx.artifact import Ambiguity
from mx.decision import Deliver
from mx.disposition.copies import Copy
from mx.disposition.tell import events_of
from mx.envelope import Recipient
from mx.examination import Examination
from mx.finding import EngineFailed
from mx.outcome import Accepted, Deferred, Discarded, Held, Outcome, Queued, Refused, RefusedAndHeld
from mx.own_headers import Pieces
from mx.verdict import Verdict, VerdictKind
from tenants.trace.events import (
    CopyAccepted,
    CopyDeferred,
    CopyDiscarded,
    CopyHeld,
    CopyQueued,
    CopyRefused,
    Event,
    Examined,
    FieldsTakenAway,
    MessageReceived,
)
from tests.contracts.customer_world import NOW, later
from tests.contracts.disposing import EICAR_FOUND, MESSAGE, examination, examined, standing

A = Recipient("a@acme.example")
HEAD = ("0" * 22, 7, later(seconds=1), "a@acme.example")
COPIES = [Copy(A, standing(tenant_id=7), Deliver())]
TAKEN = reply.message_taken("0" * 22)

TABLE: list[tuple[Outcome, reply.Reply, Event]] = [
    (Accepted(A, "250 ok"), TAKEN, CopyAccepted(*HEAD, "250 ok")),
    (Queued(A, 3, "refused"), TAKEN, CopyQueued(*HEAD, 3, "refused")),
    (Held(A, 4, "spam"), TAKEN, CopyHeld(*HEAD, 4, "spam", TAKEN.line)),
    (
        RefusedAndHeld(A, reply.INFECTED, 5, "infected"),
        reply.INFECTED,
        CopyHeld(*HEAD, 5, "infected", reply.INFECTED.line),
    ),
    (Refused(A, reply.SPAM, "spam"), reply.SPAM, CopyRefused(*HEAD, "spam", reply.SPAM.line)),
    (Discarded(A, "spam"), TAKEN, CopyDiscarded(*HEAD, "spam")),
    (Deferred(A, reply.OVERLOADED, "busy"), reply.OVERLOADED, CopyDeferred(*HEAD, "busy", reply.OVERLOADED.line)),
]


@pytest.mark.parametrize(("outcome", "answer", "event"), TABLE, ids=[type(row[0]).__name__ for row in TABLE])
def test_each_outcome_has_its_event(outcome: Outcome, answer: reply.Reply, event: Event) -> None:
    """With the proof, the private reason, and what the client was told."""
    assert events_of(examined("a@acme.example"), COPIES, [outcome], answer, later(seconds=1))[2:] == [event]


def test_the_message_and_its_examination_come_first() -> None:
    """Names of findings and ambiguities once each; engines that gave no answer with their reason."""
    ambiguities = (Ambiguity("two-boundaries", 0), Ambiguity("two-boundaries", 1))
    verdict = Verdict(VerdictKind.INFECTED, (EICAR_FOUND, EICAR_FOUND), ambiguities, (EngineFailed("clamd", "silent"),))
    message = examined(
        "a@acme.example", result=Examination(verdict, (), b"{}", "<1@x>", "Invoice", ("yara/1.0",), 0.123456)
    )
    received, judged, _ = events_of(message, COPIES, [Accepted(A, "250 ok")], TAKEN, later(seconds=1))
    assert isinstance(received, MessageReceived)
    assert (received.at, received.octets, received.tls, received.recipients) == (
        NOW,
        len(MESSAGE),
        "TLSv1.3",
        ("a@acme.example",),
    )
    assert judged == Examined(
        "0" * 22,
        7,
        later(seconds=1),
        "infected",
        ("EICAR-Test-File",),
        ("two-boundaries",),
        ("yara/1.0",),
        ("clamd: silent",),
        0.1235,
        ("yara: EICAR-Test-File",),
    )


def test_what_was_discarded_is_told_with_what_was_found() -> None:
    """Nothing else is left of it."""
    message = examined("a@acme.example", result=examination(VerdictKind.INFECTED, EICAR_FOUND))
    event = events_of(message, COPIES, [Discarded(A, "infected")], TAKEN, later(seconds=1))[-1]
    assert event == CopyDiscarded(*HEAD, "infected", ("EICAR-Test-File",))


def test_a_note_goes_along() -> None:
    """Parts that were taken out, or why they were not."""
    outcomes = [Accepted(A, "250", "n1"), Queued(A, 1, "away", "n2"), Held(A, 1, "infected", "n3")]
    events = events_of(examined("a@acme.example"), COPIES, outcomes, TAKEN, later(seconds=1))[2:]
    assert [getattr(event, "note", "") for event in events] == ["n1", "n2", "n3"]


def test_fields_that_were_taken_away_are_told() -> None:
    """Whatever a policy says: a forged stamp is an incident."""
    message = examined("a@acme.example")
    pieces = Pieces(message.spool, b"", 9, ("Pratique-Stamp", "Pratique-Scanned"))
    message = replace(message, content=pieces, is_stamp_forged=True)
    event = events_of(message, COPIES, [Accepted(A, "250")], TAKEN, later(seconds=1))[2]
    assert event == FieldsTakenAway(*HEAD[:3], ("Pratique-Stamp", "Pratique-Scanned"), True)
