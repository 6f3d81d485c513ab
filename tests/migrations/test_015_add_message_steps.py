"""Revision 015: what was traced before is there, and a policy of before asks for no snapshots."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from tenants.policies.book import tenant_policy
from tenants.storage.database import Database
from tenants.storage.migration import migrate
from tenants.storage.viewpoint import Reader
from tenants.trace.book import forget_steps
from tests.contracts.customer_world import NOW


def test_what_was_there_is_as_it_was(tmp_path: Path) -> None:
    """The release before runs on beside the new table."""
    database = Database(f"sqlite:///{tmp_path / 'before.sqlite'}")
    with database.engine.begin() as connection:
        settings = Config()
        settings.set_main_option("script_location", str(Path(__file__).parents[2] / "migrations"))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "014")
        connection.execute(
            text('INSERT INTO policy (tenant_id, entries, changed_at) VALUES (1, \'{"agents": ["x"]}\', 0)')
        )
    migrate(database)
    with database.unit_of_work(Reader.OPERATOR) as session:
        policy = tenant_policy(session, tenant_id=1).policy
        assert (policy.agents, policy.snapshot_hours) == (("x",), 0)
        assert forget_steps(session, NOW) == 0
    database.close()
