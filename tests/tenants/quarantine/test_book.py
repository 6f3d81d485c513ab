"""Holding messages, finding them again, deleting them; nobody sees another tenant's."""

import pytest

from tenants.accounted import accounted
from tenants.encryption.sealed import BlobKind
from tenants.quarantine.book import HeldFilter, HeldState, delete_held, get_held, held_blobs, hold, list_held
from tenants.refusals import NotFound, WrongState
from tenants.storage.viewpoint import Reader
from tenants.trace.book import find
from tenants.trace.events import Deleted
from tests.contracts.customer_world import EICAR, NOW, CustomerWorld, later


def test_a_held_message_comes_back_as_it_was_given(world: CustomerWorld) -> None:
    """Facts, findings, recipients, octets and record."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        new = world.new_held(session)
        number = hold(session, new, NOW)
    with world.database.read(Reader.OPERATOR) as session:
        held = get_held(session, number, tenant_id=world.acme.id)
        blobs = held_blobs(session, number, tenant_id=world.acme.id)
    assert (held.state, held.held_at, held.reason) == (HeldState.HELD, NOW, "infected")
    assert (held.facts.message_id, held.facts.subject) == (new.facts.message_id, new.facts.subject)
    assert held.facts.received_at == new.facts.received_at
    assert held.finding_names == ("pratique_EICAR",)
    assert [recipient.address for recipient in held.recipients] == ["Anna@acme.example"]
    assert b"".join(world.sealed.read(blobs.body)) == b"Subject: x\r\n\r\nbody\r\n"
    assert (blobs.body.kind, blobs.record) == (BlobKind.BODY, None)


def test_another_tenants_message_is_not_there(world: CustomerWorld) -> None:
    """Not listed, not shown, not deleted, its content not found."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        number = hold(session, world.new_held(session), NOW)
    other = world.blue_harbour.id
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        assert list_held(session, HeldFilter(), tenant_id=other) == ()
        for ask in (get_held, held_blobs):
            with pytest.raises(NotFound):
                ask(session, number, tenant_id=other)
        with pytest.raises(NotFound):
            delete_held(session, number, tenant_id=other, who="otto", now=NOW)
        assert len(list_held(session, HeldFilter(), tenant_id=None)) == 1


@pytest.mark.parametrize(
    ("wanted", "subjects"),
    [
        (HeldFilter(), ["Grüße aus Köln", "100% off_er", "Invoice"]),
        (HeldFilter(search="INVOICE"), ["Invoice"]),
        (HeldFilter(search="grÜSSE köln"), ["Grüße aus Köln"]),
        (HeldFilter(search="0%"), ["100% off_er"]),
        (HeldFilter(search="f_e"), ["100% off_er"]),
        (HeldFilter(search="anna@"), ["Grüße aus Köln", "100% off_er", "Invoice"]),
        (HeldFilter(search="author@supplier"), ["Grüße aus Köln", "100% off_er", "Invoice"]),
        (HeldFilter(search="nothing"), []),
        (HeldFilter(finding="pratique_EICAR"), ["Invoice"]),
        (HeldFilter(finding="pratique"), []),
        (HeldFilter(reason="encrypted"), ["100% off_er"]),
        (HeldFilter(since=later(seconds=1)), ["Grüße aus Köln", "100% off_er"]),
        (HeldFilter(limit=2), ["Grüße aus Köln", "100% off_er"]),
        (HeldFilter(states=(HeldState.RELEASED,)), []),
    ],
)
def test_a_list_holds_what_fits_the_filter(world: CustomerWorld, wanted: HeldFilter, subjects: list[str]) -> None:
    """Newest first; a search folds case in every script, and `%` and `_` stand for themselves."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        messages = [("Invoice", "infected", (EICAR,)), ("100% off_er", "encrypted", ()), ("Grüße aus Köln", "held", ())]
        for number, (subject, reason, findings) in enumerate(messages):
            facts = world.facts(subject=subject)
            new = world.new_held(session, facts=facts, reason=reason, findings=findings)
            hold(session, new, later(seconds=number))
    with world.database.read(Reader.OPERATOR) as session:
        found = list_held(session, wanted, tenant_id=world.acme.id)
    assert [message.facts.subject for message in found] == subjects


def test_pages_follow_each_other_without_gap_or_repeat(world: CustomerWorld) -> None:
    """Also when messages arrive in between."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        numbers = [hold(session, world.new_held(session), NOW) for _ in range(5)]
        first = list_held(session, HeldFilter(limit=2), tenant_id=world.acme.id)
        hold(session, world.new_held(session), NOW)
        second = list_held(session, HeldFilter(limit=9, before=first[-1].id), tenant_id=world.acme.id)
    assert [message.id for message in (*first, *second)] == numbers[::-1]


def test_a_deleted_message_is_gone_from_the_list_and_told_in_the_trace(world: CustomerWorld) -> None:
    """Its content cannot be had any more, and it cannot be deleted twice."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        new = world.new_held(session)
        number = hold(session, new, NOW)
        deleted = delete_held(session, number, tenant_id=world.acme.id, who="rita@acme.example", now=later(hours=1))
        assert (deleted.state, deleted.changed_at) == (HeldState.DELETED, later(hours=1))
        assert list_held(session, HeldFilter(), tenant_id=world.acme.id) == ()
        assert list(accounted(session)) == []
        with pytest.raises(NotFound):
            held_blobs(session, number, tenant_id=world.acme.id)
        with pytest.raises(WrongState, match="it is deleted already"):
            delete_held(session, number, tenant_id=world.acme.id, who="rita@acme.example", now=NOW)
        (trace,) = find(session, tenant_id=world.acme.id, transaction=new.facts.transaction)
    assert trace.events == (Deleted(new.facts.transaction, world.acme.id, later(hours=1), number, "rita@acme.example"),)


def test_hostile_text_is_stored_and_shown(world: CustomerWorld) -> None:
    """NUL and lone surrogates, which PostgreSQL cannot store, become a visible mark."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        facts = world.facts(subject="a\0b\ud800c\u202e'; DROP TABLE held;--", message_id="<\0>")
        number = hold(session, world.new_held(session, facts=facts), NOW)
        held = get_held(session, number, tenant_id=world.acme.id)
    assert held.facts.subject == "a\ufffdb?c\u202e'; DROP TABLE held;--"
    assert held.facts.message_id == "<\ufffd>"


def test_two_reasons_may_hold_one_message_with_one_body(world: CustomerWorld) -> None:
    """The blob's row is written once."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        new = world.new_held(session)
        first, second = hold(session, new, NOW), hold(session, new, NOW)
    assert first != second
