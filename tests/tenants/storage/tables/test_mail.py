"""What the database itself refuses of messages, and which indexes the lists have."""

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from tenants.storage.database import Database
from tenants.storage.tables import mail
from tenants.storage.viewpoint import Reader
from tenants.trace.messages import remember_messages
from tests.contracts.customer_world import NOW, CustomerWorld


def test_a_message_belongs_to_a_tenant(world: CustomerWorld) -> None:
    """One that exists."""
    with pytest.raises(IntegrityError), world.database.unit_of_work(Reader.OPERATOR) as session:
        remember_messages(session, [world.facts(tenant_id=4711)])


def test_events_may_come_before_their_message(world: CustomerWorld) -> None:
    """There is no reference to break."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        values = {"transaction_id": "not yet", "tenant_id": world.acme.id, "at": NOW, "events": []}
        session.execute(insert(mail.message_event).values(**values))


@pytest.mark.parametrize(
    ("question", "index"),
    [
        ("SELECT * FROM message WHERE message_id IN ('a', 'b')", "ix_message_message_id"),
        ("SELECT * FROM message_recipient WHERE address = 'a'", "ix_message_recipient_address"),
        ("SELECT * FROM message_event WHERE transaction_id = 'a'", "ix_message_event_transaction_id"),
        (
            "SELECT * FROM message WHERE tenant_id = 1 ORDER BY transaction_id DESC LIMIT 50",
            "ix_message_tenant_id_transaction_id",
        ),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_trace_is_found_by_an_index(database: Database, question: str, index: str) -> None:
    """Never by reading every message."""
    with database.read(Reader.OPERATOR) as session:
        plan = "\n".join(str(row) for row in session.execute(text(f"EXPLAIN QUERY PLAN {question}")))
    assert index in plan and "SCAN" not in plan
