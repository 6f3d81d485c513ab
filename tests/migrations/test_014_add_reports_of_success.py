"""Revision 014: notices of before are written, and those of the release before name no blob."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from tenants.queue.notices import lease_notices
from tenants.storage.database import Database
from tenants.storage.migration import migrate
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW

_NOTICE = (
    "INSERT INTO notice (tenant_id, kind, recipient, about, details, asked_from, asked_at, due_at, attempts,"
    " lease_owner, lease_until, fence)"
    " VALUES (1, 'report', 'a@x.example', :about, '{\"held\": 3, \"copies\": []}', '', 0, 0, 0, '', 0, 0)"
)


def test_reports_of_before_are_there(tmp_path: Path) -> None:
    """Rows of before, and rows of the release before."""
    database = Database(f"sqlite:///{tmp_path / 'before.sqlite'}")
    with database.engine.begin() as connection:
        settings = Config()
        settings.set_main_option("script_location", str(Path(__file__).parents[2] / "migrations"))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "013")
        connection.execute(text(_NOTICE), {"about": "t1"})
    migrate(database)
    with database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(text(_NOTICE), {"about": "t2"})
        found = lease_notices(session, now=NOW, limit=9, owner="one", lease_seconds=60)
    assert [(each.about, each.held, each.body, each.passed_on) for each in found] == [
        ("t1", 3, None, ()),
        ("t2", 3, None, ()),
    ]
    database.close()
