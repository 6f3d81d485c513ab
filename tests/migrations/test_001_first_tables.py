"""The first migration makes the tables that the code declares, on both databases; the audit is only added to."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from tenants.customers.audit import list_actions, record_action
from tenants.storage.database import Database
from tenants.storage.migration import migrate
from tenants.storage.tables import people
from tenants.storage.tables.schema import whole_schema
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW
from tests.servers.postgres_server import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'first.sqlite'}")
    else:
        postgres: PostgresServer = request.getfixturevalue("postgres")
        database = Database(postgres.new_database())
    migrate(database)
    yield database
    database.close()


def test_the_migrated_database_is_the_declared_one(migrated: Database) -> None:
    """Tables, columns, types, indexes and unique constraints."""
    with migrated.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, whole_schema()) == []


@pytest.mark.parametrize("change", [update(people.audit).values(who="nobody"), delete(people.audit)])
def test_the_audit_is_only_added_to(migrated: Database, change: object) -> None:
    """The database itself refuses anything else."""
    with migrated.unit_of_work(Reader.OPERATOR) as session:
        record_action(session, at=NOW, tenant_id=None, who="rita", action="quarantine.delete", subject="1")
    with pytest.raises(DBAPIError, match="only added to"), migrated.engine.begin() as connection:
        connection.execute(change)  # type: ignore[call-overload]
    with migrated.read(Reader.OPERATOR) as session:
        assert len(list_actions(session, tenant_id=None)) == 1
