"""A migrated database of its own for each test: once on SQLite, once on PostgreSQL."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tenants.storage.database import Database
from tenants.storage.migration import migrate
from tests.contracts.customer_world import CustomerWorld, customer_world
from tests.servers.postgres_server import PostgresServer


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a migrated SQLite database that nobody has open."""
    path = tmp_path_factory.mktemp("migrated") / "pratique.sqlite"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated database that only this test uses."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "pratique.sqlite")
        yield f"sqlite:///{tmp_path / 'pratique.sqlite'}"
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    with postgres.copy_of(request.getfixturevalue("migrated_postgresql")) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated database that only this test uses."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def world(database: Database, tmp_path: Path) -> CustomerWorld:
    """Two tenants in it, and a folder for their blobs."""
    return customer_world(database, tmp_path)
