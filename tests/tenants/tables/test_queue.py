"""The runner's question has an index of its own."""

import pytest
from sqlalchemy import text

from tenants.database import Database


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_due_is_found_by_an_index(database: Database) -> None:
    """Only queued rows are in it, in the order in which they are due: a million delivered ones cost nothing."""
    question = (
        "SELECT id FROM delivery WHERE state = 'queued' AND next_attempt_at <= 5 AND lease_until < 5 "
        "ORDER BY next_attempt_at LIMIT 10"
    )
    with database.read() as session:
        plan = "\n".join(str(row) for row in session.execute(text(f"EXPLAIN QUERY PLAN {question}")))
    assert "ix_delivery_due" in plan and "TEMP B-TREE" not in plan
