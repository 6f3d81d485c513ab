"""The pages are tried twice: on SQLite, and on PostgreSQL, where row-level security decides what they see."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.portal_world import BASE_URL, PortalWorld, furnish, portal_world
from tests.servers.postgres_server import PostgresServer


@pytest.fixture(scope="session")
def furnished_postgresql(postgres: PostgresServer) -> str:
    """The URL of a PostgreSQL database with the two customers, that nobody is connected to."""
    url = postgres.new_database()
    furnish(url)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PortalWorld]:
    """Two customers, their people, and the portal; no mail yet."""
    if request.param == "sqlite":
        with portal_world(tmp_path) as made:
            yield made
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    with (
        postgres.copy_of(request.getfixturevalue("furnished_postgresql")) as url,
        portal_world(tmp_path, BASE_URL, url) as made,
    ):
        yield made
