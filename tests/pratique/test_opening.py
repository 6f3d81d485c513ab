"""Opening what a command needs."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from pratique.opening import CannotOpen, migrate_database, open_database, opened, reading, writing
from pratique.settings.settings import Settings
from tenants.customers.book import OPERATOR, list_tenants, tenant_named
from tenants.encryption.keys import current_key
from tenants.storage.viewpoint import Reader
from tests.servers.postgres_server import PostgresServer


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose data folder is not there yet."""
    return Settings(data=tmp_path / "new" / "data")


def test_an_empty_folder_is_made_and_migrated(settings: Settings) -> None:
    """The folder is its owner's alone, and the operator's own tenant is there, with a key."""
    with opened(settings) as parts, parts.database.read(Reader.OPERATOR) as session:
        operator = tenant_named(session, OPERATOR)
        assert current_key(session, operator.id)
    assert settings.data.stat().st_mode & 0o777 == 0o700
    assert (settings.data / "master.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("begin", [lambda settings: open_database(settings).close(), migrate_database])
def test_the_database_is_its_owner_s_alone_whoever_may_look_into_the_folder(
    settings: Settings, begin: Callable[[Settings], object]
) -> None:
    """With its log, whichever command comes first."""
    settings.data.mkdir(mode=0o755, parents=True)
    before = os.umask(0)
    try:
        begin(settings)
        with opened(settings), writing(settings) as session:
            session.execute(text("UPDATE tenant SET plan = 'x'"))
            files = sorted(settings.data.glob("*.sqlite*"))
            assert [file.stat().st_mode & 0o777 for file in files] == [0o600] * 3
    finally:
        os.umask(before)


def test_a_session_for_looking_changes_nothing(settings: Settings) -> None:
    """One for writing does."""
    with reading(settings) as session:
        session.execute(text("UPDATE tenant SET plan = 'x'"))
    with reading(settings) as session:
        assert list_tenants(session)[0].plan != "x"
    with writing(settings) as session:
        session.execute(text("UPDATE tenant SET plan = 'x'"))
    with reading(settings) as session:
        assert list_tenants(session)[0].plan == "x"


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("DROP TABLE alembic_version", "The database is of an older version of Pratique: run `pratique migrate`."),
        (
            "UPDATE alembic_version SET version_num = '999', oldest = '999'",
            "The database is of a newer version of Pratique: install that version.",
        ),
    ],
)
def test_a_database_of_another_version_is_left_alone(settings: Settings, statement: str, line: str) -> None:
    """The line says what to do."""
    with writing(settings) as session:
        session.execute(text(statement))
    with pytest.raises(CannotOpen) as refused:
        open_database(settings)
    assert str(refused.value) == line


def test_a_newer_database_that_this_version_can_use_is_used(settings: Settings) -> None:
    """And `migrate` leaves it as it is."""
    with writing(settings) as session:
        session.execute(text("UPDATE alembic_version SET version_num = '999'"))
    with reading(settings) as session:
        assert list_tenants(session)
    assert migrate_database(settings) is False


def test_a_data_folder_that_cannot_be_made_is_one_plain_line(tmp_path: Path) -> None:
    """It names the folder."""
    (tmp_path / "file").touch()
    with pytest.raises(CannotOpen, match=r"The data folder .*/file/data cannot be made: Not a directory\."):
        open_database(Settings(data=tmp_path / "file" / "data"))


def test_a_file_that_is_no_database_is_one_plain_line(settings: Settings) -> None:
    """It is not written over."""
    settings.data.mkdir(parents=True)
    file = settings.data / "pratique.sqlite"
    file.write_bytes(b"This is not a database. " * 100)
    with pytest.raises(CannotOpen, match="The database is damaged: file is not a database"):
        open_database(settings)
    assert file.read_bytes().startswith(b"This is not")


@pytest.fixture
def empty_postgres(postgres: PostgresServer, tmp_path: Path) -> Iterator[Settings]:
    """Settings for a new, empty PostgreSQL database."""
    yield Settings(data=tmp_path / "data", database_url=postgres.new_database())


def test_a_postgresql_that_is_not_migrated_is_left_to_migrate(empty_postgres: Settings) -> None:
    """Migrated once, every command works on it."""
    with pytest.raises(CannotOpen) as refused:
        open_database(empty_postgres)
    assert str(refused.value) == "The database has no tables yet: run `pratique migrate` once."
    assert migrate_database(empty_postgres) is True
    assert migrate_database(empty_postgres) is False
    with opened(empty_postgres) as parts, parts.database.read(Reader.OPERATOR) as session:
        assert [tenant.name for tenant in list_tenants(session)] == [OPERATOR]


def test_a_postgresql_that_is_away_is_one_plain_line(tmp_path: Path) -> None:
    """Without the statement, and without the password."""
    url = f"postgresql://u:opensesame@localhost/d?host={tmp_path}"
    with pytest.raises(CannotOpen) as refused:
        open_database(Settings(data=tmp_path / "data", database_url=url))
    assert str(refused.value).startswith("The database does not answer: ")
    assert "opensesame" not in str(refused.value)
