"""Migrating: an empty database becomes a current one, once, whoever starts at the same moment."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from tenants.customers.book import OPERATOR, list_tenants
from tenants.storage import database as database_module
from tenants.storage.database import Database, DatabaseUnavailable
from tenants.storage.migration import OLDEST_THAT_RUNS, SchemaState, migrate, revisions, state
from tenants.storage.viewpoint import Reader
from tests.servers.postgres_server import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty %40.sqlite'}"
    postgres: PostgresServer = request.getfixturevalue("postgres")
    return postgres.new_database()


@pytest.fixture
def open_database(empty_url: str) -> Iterator[Callable[[], Database]]:
    opened: list[Database] = []

    def make() -> Database:
        opened.append(Database(empty_url))
        return opened[-1]

    yield make
    for database in opened:
        database.close()


def test_an_empty_database_becomes_current(open_database: Callable[[], Database]) -> None:
    """With the built-in tenant in it; migrating a current one changes nothing."""
    database = open_database()
    assert state(database) is SchemaState.EMPTY
    migrate(database)
    assert state(database) is SchemaState.CURRENT
    migrate(database)
    with database.read(Reader.OPERATOR) as session:
        assert [tenant.name for tenant in list_tenants(session)] == [OPERATOR]


def test_several_may_start_at_the_same_moment(
    open_database: Callable[[], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One migrates, the others wait, as long as a busy machine may take, and find it done."""
    monkeypatch.setattr(database_module, "_PRAGMAS", ("PRAGMA busy_timeout=60000", *database_module._PRAGMAS[1:]))
    databases = [open_database() for _ in range(4)]
    barrier = threading.Barrier(len(databases))
    errors: list[BaseException] = []

    def start(database: Database) -> None:
        barrier.wait()
        try:
            migrate(database)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=start, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with databases[0].read(Reader.OPERATOR) as session:
        assert len(list_tenants(session)) == 1


@pytest.mark.parametrize(
    ("revision", "found"), [("000", SchemaState.NEWER), ("999", SchemaState.NEWER), (None, SchemaState.EMPTY)]
)
def test_the_revision_tells_the_state(
    open_database: Callable[[], Database], revision: str | None, found: SchemaState
) -> None:
    """One that this release does not know was written by a newer one."""
    database = open_database()
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        if revision:
            connection.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": revision})
    assert state(database) is found


@pytest.mark.parametrize(
    ("oldest", "found"),
    [
        (revisions()[-1], SchemaState.AHEAD),
        (OLDEST_THAT_RUNS, SchemaState.AHEAD),
        ("999", SchemaState.NEWER),
        ("", SchemaState.NEWER),
        (None, SchemaState.NEWER),
    ],
)
def test_a_newer_database_says_whether_this_release_runs_on_it(
    open_database: Callable[[], Database], oldest: str | None, found: SchemaState
) -> None:
    """So that a release can be taken back."""
    database = open_database()
    migrate(database)
    with database.engine.begin() as connection:
        newer = text("UPDATE alembic_version SET version_num = '999', oldest = :oldest")
        connection.execute(newer, {"oldest": oldest})
    assert state(database) is found


def test_tables_without_a_revision_are_not_called_empty(open_database: Callable[[], Database]) -> None:
    """Somebody made them by other means: `migrate` will say so rather than `up`."""
    database = open_database()
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE tenant (id INTEGER)"))
    assert state(database) is SchemaState.OLDER


def test_an_older_revision_is_older(open_database: Callable[[], Database], monkeypatch: pytest.MonkeyPatch) -> None:
    """As soon as a release brings a new one."""
    database = open_database()
    migrate(database)
    monkeypatch.setattr("tenants.storage.migration.revisions", lambda: (*revisions(), "900"))
    assert state(database) is SchemaState.OLDER


def test_a_database_that_is_away_is_unavailable() -> None:
    """For both questions."""
    database = Database("postgresql://127.0.0.1:1/none")
    with pytest.raises(DatabaseUnavailable):
        state(database)
    with pytest.raises(DatabaseUnavailable):
        migrate(database)
    database.close()


def test_asking_for_the_state_does_not_load_alembic(empty_url: str) -> None:
    """Its import would cost every start 0.2 s."""
    program = (
        "import sys\nfrom tenants.storage.database import Database\nfrom tenants.storage.migration import state\n"
        "state(Database(sys.argv[1]))\nassert 'alembic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program, empty_url], check=True)


def test_revisions_are_numbered_without_a_gap() -> None:
    """001, 002, ...: the order of the numbers is the order of time."""
    assert revisions() == tuple(f"{number:03d}" for number in range(1, len(revisions()) + 1))
