"""Revision 008: a PostgreSQL of before is older until it has roles and policies.

The release before goes on working, as the owner: `tests/tenants/storage/test_row_security.py`.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from tenants.customers.book import OPERATOR, get_tenant
from tenants.storage.database import Database
from tenants.storage.migration import SchemaState, migrate, state
from tenants.storage.viewpoint import OfTenant
from tests.servers.postgres_server import PostgresServer


def test_a_database_of_before_is_older_and_then_has_viewpoints(postgres: PostgresServer) -> None:
    """The built-in tenant was there before the roles were."""
    database = Database(postgres.new_database())
    with database.engine.begin() as connection:
        settings = Config()
        settings.set_main_option("script_location", str(Path(__file__).parents[2] / "migrations"))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "007")
    assert state(database) is SchemaState.OLDER
    migrate(database)
    assert state(database) is SchemaState.CURRENT
    with database.engine.connect() as plain:
        number = plain.scalar(text("SELECT id FROM tenant"))
    with database.read(OfTenant(number)) as session:
        assert get_tenant(session, number).name == OPERATOR
    database.close()
