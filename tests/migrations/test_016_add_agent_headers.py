"""Revision 016: what was held before has no header lines of agents; the release before runs on."""

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import select

from tenants.storage.database import Database
from tenants.storage.migration import migrate
from tenants.storage.tables import quarantine
from tenants.storage.viewpoint import Reader

_WRITTEN = "INSERT INTO held_recipient (held_id, address, reply) VALUES (1, ?, '')"


def test_what_was_held_is_as_it_was(tmp_path: Path) -> None:
    """The release before goes on writing rows as it did."""
    path = tmp_path / "before.sqlite"
    database = Database(f"sqlite:///{path}")
    with database.engine.begin() as connection:
        settings = Config()
        settings.set_main_option("script_location", str(Path(__file__).parents[2] / "migrations"))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "015")
    _write(path, "before@acme.example")
    migrate(database)
    _write(path, "after@acme.example")
    with database.read(Reader.OPERATOR) as session:
        table = quarantine.held_recipient
        assert session.scalars(select(table.c.agent_headers)).all() == [None, None]
    database.close()


def _write(path: Path, address: str) -> None:
    """By a connection that asks for no parent rows."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(_WRITTEN, (address,))
    connection.close()
