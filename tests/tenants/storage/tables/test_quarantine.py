"""The quarantine's lists and the worker's question each have their index."""

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from tenants.storage.database import Database
from tenants.storage.tables import quarantine
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import CustomerWorld


@pytest.mark.parametrize(
    ("question", "index"),
    [
        ("tenant_id = 1 AND state = 'held' ORDER BY id DESC LIMIT 50", "ix_held_tenant_id_state_id"),
        ("state IN ('release-requested', 'releasing') ORDER BY id", "ix_held_waiting"),
        ("body = 'a'", "ix_held_body"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_held_messages_are_found_by_an_index(database: Database, question: str, index: str) -> None:
    """The list never sorts, and the worker, which asks every second, looks at waiting rows alone."""
    with database.read(Reader.OPERATOR) as session:
        plan = "\n".join(
            str(row) for row in session.execute(text(f"EXPLAIN QUERY PLAN SELECT * FROM held WHERE {question}"))
        )
    assert index in plan and "TEMP B-TREE" not in plan


def test_a_recipient_belongs_to_a_held_message(world: CustomerWorld) -> None:
    """References are enforced."""
    with pytest.raises(IntegrityError), world.database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(insert(quarantine.held_recipient).values(held_id=4711, address="a", reply=""))
