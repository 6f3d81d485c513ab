"""The runner's questions have indexes of their own, that hold queued rows alone: delivered ones cost nothing."""

import pytest
from sqlalchemy import event

from tenants.queue.book import lease_due
from tenants.storage.database import Database
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_lease_walks_no_table_and_no_lane(database: Database) -> None:
    """Every step of its statements is a search in an index, but for what was found by such a search."""
    statements: list[tuple[str, object]] = []
    event.listen(
        database.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, parameters, *_more: statements.append((statement, parameters)),
    )
    with database.unit_of_work(Reader.OPERATOR) as session:
        lease_due(session, now=NOW, limit=5, owner="one", lease_seconds=60)
    connection = database.engine.raw_connection()
    plans = [
        str(row[3])
        for statement, parameters in statements
        if "delivery" in statement
        for row in connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
    ]
    connection.close()
    small = ("SCAN head", "SCAN CONSTANT", "SCAN due", "SCAN (subquery")
    walks = [plan for plan in plans if plan.startswith("SCAN") and not plan.startswith(small)]
    assert walks == ["SCAN row USING INDEX ix_delivery_lane"]
    assert any("row USING INDEX ix_delivery_lane (tenant_id=? AND domain>?)" in plan for plan in plans)
    assert any("delivery USING INDEX ix_delivery_expires_at" in plan for plan in plans)
