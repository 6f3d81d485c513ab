"""A node whose clock is not that of the database does not begin."""

import time
from contextlib import closing
from pathlib import Path

import pytest

from pratique.clock.agreement import require_agreement
from pratique.clock.service_clock import open_clock, since_boot
from pratique.opening import CannotOpen
from pratique.settings.settings import Settings
from tests.servers.postgres_server import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'pratique.sqlite'}"
    postgres: PostgresServer = request.getfixturevalue("postgres")
    return postgres.new_database(request.getfixturevalue("migrated_postgresql"))


@pytest.mark.parametrize(
    ("ahead", "said"),
    [(0.0, ""), (50.0, ""), (-50.0, ""), (86400.0, "clock is 8[0-9]{4} s ahead of"), (-86400.0, "8[0-9]{4} s behind")],
)
def test_the_clocks_are_compared(tmp_path: Path, database_url: str, ahead: float, said: str) -> None:
    """SQLite has none to compare with; who joins others goes by theirs and is not asked."""
    settings = Settings(data=tmp_path, database_url=database_url)
    with closing(open_clock(tmp_path, lambda: time.time() + ahead, since_boot)) as clock:
        if said and database_url.startswith("postgresql"):
            with pytest.raises(CannotOpen, match=said):
                require_agreement(settings, clock)
        else:
            require_agreement(settings, clock)
        with closing(open_clock(tmp_path)) as joined:
            require_agreement(settings, joined)
