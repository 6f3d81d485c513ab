"""The pages are tried twice: on SQLite, and on PostgreSQL, where row-level security decides what they see."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.portal_world import BASE_URL, PortalWorld, portal_world
from tests.servers.postgres_server import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PortalWorld]:
    """Two customers, their people, and the portal; no mail yet."""
    url = ""
    if request.param == "postgresql":
        postgres: PostgresServer = request.getfixturevalue("postgres")
        url = postgres.new_copy(request.getfixturevalue("migrated_postgresql"))
    with portal_world(tmp_path, BASE_URL, url) as made:
        yield made
