"""Column types behave alike on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, insert, select
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from tenants.storage.database import Database
from tenants.storage.tables.column_types import START_OF_TIME, Document, Moment, Words, numbered
from tests.servers.postgres_server import PostgresServer

SAMPLE = Table("sample", MetaData(), numbered(), Column("at", Moment), Column("words", Words), Column("json", Document))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def sample_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder: Path = tmp_path_factory.mktemp("types")
    if request.param == "sqlite":
        database = Database(f"sqlite:///{folder / 'types.sqlite'}")
    else:
        postgres: PostgresServer = request.getfixturevalue("postgres")
        database = Database(postgres.new_database())
    SAMPLE.metadata.create_all(database.engine)
    yield database
    database.close()


def through(database: Database, **values: object) -> tuple[object, object, object]:
    """What comes back of values that were stored; nothing is kept."""
    with Session(database.engine) as session:
        session.execute(insert(SAMPLE).values(**values))
        row = session.execute(select(SAMPLE)).one()
    return row.at, row.words, row.json


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.datetimes(timezones=st.just(UTC)), st.text(), st.recursive(st.none() | st.text() | st.integers(), st.lists))
def test_values_come_back_as_they_were(sample_database: Database, at: datetime, words: str, json: object) -> None:
    """To the microsecond, in every script; only what cannot be stored as text is marked."""
    stored = through(sample_database, at=at, words=words, json=json)
    marked = words.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    assert stored == (at, marked, json)


def test_times_of_other_zones_are_the_same_moment_in_utc(sample_database: Database) -> None:
    """And before 1970 too."""
    zone = timezone(timedelta(hours=5, minutes=45))
    for at in (datetime(2026, 11, 24, 3, tzinfo=zone), datetime(1901, 1, 1, tzinfo=zone), START_OF_TIME):
        stored = through(sample_database, at=at)[0]
        assert isinstance(stored, datetime) and stored == at and stored.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(sample_database: Database) -> None:
    """It would be an hour's error unseen."""
    with pytest.raises(StatementError, match="has no time zone"):
        through(sample_database, at=datetime(2026, 11, 24))  # noqa: DTZ001


def test_nothing_stays_nothing(sample_database: Database) -> None:
    """NULL is not the text `null`."""
    assert through(sample_database, at=None, words=None, json=None) == (None, None, None)
