"""The portal over two customers, fresh for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.portal_world import PortalWorld, portal_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[PortalWorld]:
    """Two customers, their people, and the portal; no mail yet."""
    with portal_world(tmp_path) as made:
        yield made
