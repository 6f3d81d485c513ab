"""The list of messages: newest first, searched, each tenant's own."""

from dataclasses import replace

import pytest

from tenants.refusals import NotFound
from tenants.storage.viewpoint import Reader
from tenants.trace.messages import get_message, list_messages, recipients_dsn, remember_messages
from tests.contracts.customer_world import CustomerWorld


def test_messages_are_listed_newest_first_and_page_by_page(world: CustomerWorld) -> None:
    """With their recipients, in lower case."""
    facts = [world.facts() for _ in range(3)]
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        remember_messages(session, [*facts, world.facts(world.blue_harbour)])
        first = list_messages(session, tenant_id=world.acme.id, limit=2)
        second = list_messages(session, tenant_id=world.acme.id, before=first[-1].transaction)
        assert [each.transaction for each in (*first, *second)] == [each.transaction for each in facts[::-1]]
        assert first[0].recipients == ("anna@acme.example",)
        assert len(list_messages(session, tenant_id=None)) == 4


@pytest.mark.parametrize(
    ("search", "count"),
    [
        ("", 1),
        ("straße", 1),
        ("STRASSE", 1),
        ("größe straße", 1),
        ("größe weg", 0),
        ("Anna@", 1),
        ("a%e", 0),
        ("\\", 0),
    ],
)
def test_a_search_finds_all_words_in_any_case(world: CustomerWorld, search: str, count: int) -> None:
    """In subject and addresses; LIKE's own signs stand for themselves."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        remember_messages(session, [world.facts(subject="Größe der Straße")])
        assert len(list_messages(session, tenant_id=world.acme.id, search=search)) == count


def test_another_tenants_message_is_not_there(world: CustomerWorld) -> None:
    """Nor one that nobody has."""
    facts = world.facts()
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        remember_messages(session, [facts])
        assert get_message(session, tenant_id=world.acme.id, transaction=facts.transaction).subject == facts.subject
        for tenant_id, transaction in ((world.blue_harbour.id, facts.transaction), (None, "nobody's")):
            with pytest.raises(NotFound):
                get_message(session, tenant_id=tenant_id, transaction=transaction)


def test_what_the_sender_asks_for_is_kept_with_the_message_and_each_recipient(world: CustomerWorld) -> None:
    """Under the address in lower case; who asked for nothing is not in it."""
    facts = replace(world.facts(), recipients=("A@acme.example", "b@acme.example"), requires_tls=True, dsn="RET=HDRS")
    facts = replace(facts, is_stamp_forged=True)
    asked = (("a@acme.example", "NOTIFY=NEVER"),)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        remember_messages(session, [replace(facts, recipients_dsn=asked)])
    with world.database.read(Reader.OPERATOR) as session:
        assert recipients_dsn(session, [facts.transaction]) == {facts.transaction: asked}
        kept = get_message(session, tenant_id=None, transaction=facts.transaction)
    assert (kept.requires_tls, kept.dsn, kept.is_stamp_forged) == (True, "RET=HDRS", True)
