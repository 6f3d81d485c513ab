"""Revision 013: who was on a list is on it after it; the order is that of code points, whatever PostgreSQL's locale."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from tenants.senders.lists import list_senders
from tenants.storage.database import Database
from tenants.storage.migration import migrate
from tenants.storage.viewpoint import Reader
from tests.servers.postgres_server import PostgresServer

_ENTRIES = ("a.example", "a-b.example", "ab@x.example", "ab.example", "a@z.example", "b.example")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without tables; on PostgreSQL with an order in which punctuation hardly counts."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'before.sqlite'}")
    else:
        postgres: PostgresServer = request.getfixturevalue("postgres")
        database = Database(postgres.new_database())
    yield database
    database.close()


def test_entries_of_before_are_listed_in_the_order_of_code_points(empty: Database) -> None:
    """So that those that begin alike stand together."""
    with empty.engine.begin() as connection:
        settings = Config()
        settings.set_main_option("script_location", str(Path(__file__).parents[2] / "migrations"))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "012")
        if not empty.is_sqlite:
            connection.execute(text('ALTER TABLE listed_sender ALTER COLUMN entry TYPE text COLLATE "und-x-icu"'))
        for entry in _ENTRIES:
            values = {"entry": entry}
            connection.execute(text("INSERT INTO listed_sender VALUES (1, :entry, 'block', '', 0, 'ann')"), values)
    migrate(empty)
    with empty.read(Reader.OPERATOR) as session:
        assert [each.entry for each in list_senders(session, tenant_id=1)] == sorted(_ENTRIES)
        begins = [each.entry for each in list_senders(session, tenant_id=1, begins="a@")]
    assert begins == ["a@z.example"]
