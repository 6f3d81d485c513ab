"""PostgreSQL tells the time; SQLite does not."""

from datetime import UTC, datetime, timedelta

from tenants.storage.database import Database
from tenants.storage.database_clock import database_time
from tenants.storage.viewpoint import Reader


def test_the_time_of_the_database(database: Database) -> None:
    """Here both are one machine's."""
    before = datetime.now(UTC)
    with database.read(Reader.OPERATOR) as session:
        told = database_time(session)
    if database.is_sqlite:
        assert told is None
    else:
        assert told is not None and before - timedelta(seconds=1) <= told <= datetime.now(UTC) + timedelta(seconds=1)
