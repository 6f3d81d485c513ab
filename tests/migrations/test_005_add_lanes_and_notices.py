"""Revision 005 over a full queue: every copy is leased afterwards, and the release before still queues copies."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from tenants.queue.lanes import Lane, due_lanes
from tenants.storage.database import Database
from tenants.storage.migration import migrate
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW
from tests.servers.postgres_server import PostgresServer

ROWS = 10_000
_MESSAGE = (
    "INSERT INTO message (transaction_id, tenant_id, received_at, client_address, reverse_path, message_id, subject,"
    " octets, is_eight_bit, is_smtputf8, verdict, search_text)"
    " VALUES ('t', 1, 0, '', '', '', '', 0, false, false, '', '')"
)
_DELIVERY = (
    "INSERT INTO delivery (tenant_id, transaction_id, domain, recipient, body, headers_on_top, queued_at,"
    " next_attempt_at, expires_at, attempts, last_reply, state, lease_owner, lease_until, fence)"
    " VALUES (:tenant, 't', :domain, :recipient, 'b', '', 0, 0, 9000000000000000, 3, '451', 'queued', '', 0, 2)"
)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_full_queue_goes_on_where_it_was(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Rows of before, and rows that the release before still writes."""
    if kind == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'before.sqlite'}")
    else:
        postgres: PostgresServer = request.getfixturevalue("postgres")
        database = Database(postgres.new_database())
    with database.engine.begin() as connection:
        settings = Config()
        settings.set_main_option("script_location", str(Path(__file__).parents[2] / "migrations"))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "004")
        tenant = connection.scalar(text("SELECT id FROM tenant WHERE name = 'operator'"))
        connection.execute(text(_MESSAGE.replace("('t', 1,", f"('t', {tenant},")))
        rows = [
            {"tenant": tenant, "domain": f"{number % 7}.example", "recipient": f"{number}@x.example"}
            for number in range(ROWS)
        ]
        connection.execute(text(_DELIVERY), rows)
    migrate(database)
    with database.engine.begin() as connection:
        connection.execute(text(_DELIVERY), [{"tenant": tenant, "domain": "new.example", "recipient": "x@y.example"}])
    with database.read(Reader.OPERATOR) as session:
        lanes = {each.lane for each in due_lanes(session, NOW)}
        assert lanes == {Lane(tenant, f"{number}.example") for number in range(7)} | {Lane(tenant, "new.example")}
        waiting = session.execute(text("SELECT count(*) FROM delivery WHERE state = 'queued' AND notice IS NULL"))
        assert waiting.scalar_one() == ROWS + 1
    database.close()
