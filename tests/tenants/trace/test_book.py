"""Finding what became of a message: by Message-ID, recipient and time, in order, one's own tenant's alone."""

from dataclasses import replace
from typing import Any

import pytest

from tenants.quarantine.book import hold
from tenants.storage.viewpoint import Reader
from tenants.trace.book import events_of, find, forget_steps, record_events
from tenants.trace.events import CopyAccepted, CopyHeld, Event, Examined, MessageReceived, Stepped
from tenants.trace.messages import get_message
from tests.contracts.customer_world import NOW, CustomerWorld, later


def received(world: CustomerWorld, number: int, **more: Any) -> MessageReceived:
    fields = {
        "tenant_id": world.acme.id,
        "reverse_path": "author@supplier.example",
        "recipients": ("Anna@acme.example", "bo@acme.example"),
        "message_id": f"<{number}@supplier.example>",
        "subject": "Invoice",
        "octets": 10,
        "client_address": "203.0.113.9",
    }
    return MessageReceived(transaction=f"t{number}", at=later(seconds=number), **(fields | more))


def accepted(event: MessageReceived, after: float = 2) -> CopyAccepted:
    at = event.at + (later(seconds=after) - NOW)
    return CopyAccepted(event.transaction, event.tenant_id, at, event.recipients[0], "250 Ok")


def examined(event: MessageReceived, verdict: str = "clean") -> Examined:
    return Examined(event.transaction, event.tenant_id, event.at + (later(seconds=1) - NOW), verdict, ("a", "b"))


def test_a_messages_events_are_found_in_order(world: CustomerWorld) -> None:
    """Written in one batch or in several, in whatever order."""
    first, second = received(world, 1), received(world, 2)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        record_events(session, [first, second, examined(first)])
        record_events(session, [accepted(second), accepted(first), examined(second, "infected")])
    with world.database.read(Reader.OPERATOR) as session:
        traces = find(session, tenant_id=world.acme.id)
    assert [trace.facts.transaction for trace in traces] == ["t1", "t2"]
    assert traces[0].events == (first, examined(first), accepted(first))
    assert traces[1].events == (second, examined(second, "infected"), accepted(second))
    assert [trace.facts.verdict for trace in traces] == ["clean", "infected"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["t1", "t2", "t3"]),
        ({"message_id": "2@supplier.example"}, ["t2"]),
        ({"message_id": "<2@supplier.example>"}, ["t2"]),
        ({"message_id": "2@supplier"}, []),
        ({"recipient": "anna@ACME.example"}, ["t1", "t2"]),
        ({"recipient": "cy@acme.example"}, ["t3"]),
        ({"since": later(seconds=2)}, ["t2", "t3"]),
        ({"recipient": "anna@acme.example", "since": later(seconds=2)}, ["t2"]),
        ({"transaction": "t1"}, ["t1"]),
        ({"limit": 2}, ["t2", "t3"]),
    ],
)
def test_what_is_asked_for_is_found(world: CustomerWorld, asked: dict[str, Any], found: list[str]) -> None:
    """Every condition must fit; of too many the newest."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        record_events(session, [received(world, 1), received(world, 2)])
        record_events(session, [received(world, 3, recipients=("cy@acme.example",))])
        assert [trace.facts.transaction for trace in find(session, tenant_id=world.acme.id, **asked)] == found
        assert find(session, tenant_id=world.blue_harbour.id, **asked) == ()


def test_a_held_messages_row_and_its_trace_agree_whichever_comes_first(world: CustomerWorld) -> None:
    """The hold commits before the reply, the trace up to a second after."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        new = world.new_held(session)
        number = hold(session, new, NOW)
        facts = new.facts
        own = received(
            world,
            0,
            message_id=facts.message_id,
            subject=facts.subject,
            recipients=facts.recipients,
        )
        event = replace(own, transaction=facts.transaction)
        held = CopyHeld(
            facts.transaction, world.acme.id, later(seconds=3), facts.recipients[0], number, "infected", "550"
        )
        record_events(session, [event, examined(event, "infected"), held])
        (trace,) = find(session, tenant_id=None, message_id=facts.message_id)
        assert get_message(session, tenant_id=None, transaction=facts.transaction).verdict == "infected"
    assert trace.events[-1] == held


def test_events_before_their_message_are_kept(world: CustomerWorld) -> None:
    """The runner may settle before the trace was written."""
    own = received(world, 1)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        record_events(session, [accepted(own)])
        assert find(session, tenant_id=None) == ()
        record_events(session, [own])
        (trace,) = find(session, tenant_id=None)
    assert trace.events == (own, accepted(own))


def test_no_events_and_no_transactions_are_no_harm(world: CustomerWorld) -> None:
    """Nothing is written, nothing found."""
    nothing: list[Event] = []
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        record_events(session, nothing)
        assert events_of(session, []) == {}


def test_hostile_text_in_events_is_stored(world: CustomerWorld) -> None:
    """Events keep it as it was; in columns, what PostgreSQL cannot store becomes a visible mark."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        record_events(session, [received(world, 1, subject="\0\ud800", recipients=("a\0@acme.example",))])
        (trace,) = find(session, tenant_id=None)
    (event,) = trace.events
    assert isinstance(event, MessageReceived)
    assert (event.subject, event.recipients) == ("\0\ud800", ("a\0@acme.example",))
    assert trace.facts.subject == "\ufffd?"


def test_steps_of_snapshots_are_shown_and_forgotten(world: CustomerWorld) -> None:
    """Each at its own time; what else happened stays."""
    first = received(world, 1)
    steps = [
        Stepped("t1", world.acme.id, first.at, name, "", 0.0, ("+ x",), later(hours=hours))
        for name, hours in (("header", 1), ("decision", 2))
    ]
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        record_events(session, [first, *steps, accepted(first)])
    with world.database.read(Reader.OPERATOR) as session:
        [trace] = find(session, tenant_id=world.acme.id)
        assert trace.events == (*steps, first, accepted(first))
        assert events_of(session, ["t1"])["t1"] == (first, accepted(first))
    with world.database.unit_of_work(Reader.SWEEPER) as session:
        assert forget_steps(session, later(hours=1)) == 1
    with world.database.read(Reader.OPERATOR) as session:
        [trace] = find(session, tenant_id=world.acme.id)
        assert trace.events == (steps[1], first, accepted(first))
