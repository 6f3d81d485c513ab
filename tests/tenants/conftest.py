"""A migrated database of its own for each test: once on SQLite, once on PostgreSQL."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tenants.database import Database
from tenants.migration import migrate
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


@pytest.fixture(scope="session")
def migrated_postgresql(postgres: PostgresServer) -> str:
    """The URL of a migrated PostgreSQL database that nobody is connected to."""
    url = postgres.new_database()
    database = Database(url)
    migrate(database)
    database.close()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a migrated database that only this test uses."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "pratique.sqlite")
        return f"sqlite:///{tmp_path / 'pratique.sqlite'}"
    postgres: PostgresServer = request.getfixturevalue("postgres")
    template = request.getfixturevalue("migrated_postgresql").rpartition("/")[2]
    url = postgres.new_database()
    name = url.rpartition("/")[2]
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(copy.format(sql.Identifier(name), sql.Identifier(template)))
    return url


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
