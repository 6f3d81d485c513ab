"""The worker's question has an index of its own."""

import pytest
from sqlalchemy import text

from tenants.storage.database import Database
from tenants.storage.viewpoint import Reader


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_due_is_found_by_an_index(database: Database) -> None:
    """Only notices that wait are in it: what is done costs nothing."""
    question = "SELECT id FROM notice WHERE done_at IS NULL AND due_at <= 5 ORDER BY due_at LIMIT 10"
    with database.read(Reader.OPERATOR) as session:
        plan = "\n".join(str(row) for row in session.execute(text(f"EXPLAIN QUERY PLAN {question}")))
    assert "ix_notice_due_at" in plan and "TEMP B-TREE" not in plan
