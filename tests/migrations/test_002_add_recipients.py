"""Revision 002 finds the data of 001 as it was, and a domain without a row asks its next hop."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import insert

from tenants.recipients.book import RecipientSource, source_of
from tenants.storage.database import Database
from tenants.storage.migration import migrate
from tenants.storage.tables import customers
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW


def test_domains_of_before_ask_their_next_hop(tmp_path: Path) -> None:
    """As every domain does by default."""
    database = Database(f"sqlite:///{tmp_path / 'before.sqlite'}")
    with database.engine.begin() as connection:
        settings = Config()
        settings.set_main_option("script_location", str(Path(__file__).parents[2] / "migrations"))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "001")
        connection.execute(
            insert(customers.domain).values(
                tenant_id=1, name="old.example", mx_name="x", verification_token="t", created_at=NOW
            )
        )
    migrate(database)
    with database.read(Reader.OPERATOR) as session:
        assert source_of(session, 1) == RecipientSource()
    database.close()
