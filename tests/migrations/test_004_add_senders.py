"""Revision 004: nobody is on a list after it, and a policy of before has no blocklists."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from tenants.policies.book import tenant_policy
from tenants.senders.lists import Listing, count_senders
from tenants.storage.database import Database
from tenants.storage.migration import migrate
from tenants.storage.viewpoint import Reader


def test_what_was_there_is_as_it_was(tmp_path: Path) -> None:
    """A tenant's policy of before is read whole."""
    database = Database(f"sqlite:///{tmp_path / 'before.sqlite'}")
    with database.engine.begin() as connection:
        settings = Config()
        settings.set_main_option("script_location", str(Path(__file__).parents[2] / "migrations"))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "003")
        connection.execute(
            text('INSERT INTO policy (tenant_id, entries, changed_at) VALUES (1, \'{"agents": ["x"]}\', 0)')
        )
    migrate(database)
    with database.read(Reader.OPERATOR) as session:
        policy = tenant_policy(session, tenant_id=1).policy
        assert (policy.agents, policy.dns_blocklists) == (("x",), ())
        assert count_senders(session, tenant_id=1) == {Listing.ALLOW: 0, Listing.BLOCK: 0}
    database.close()
