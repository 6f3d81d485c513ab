"""What stores."""

from datetime import timedelta
from pathlib import Path

import pytest
from twisted.internet import reactor

from pratique.compose.storage import compose_storage, queue_times
from pratique.opening import CannotOpen
from pratique.settings.settings import Settings


def test_an_empty_folder_is_made_ready(tmp_path: Path) -> None:
    """Folders for their owner alone, and room in them."""
    storage = compose_storage(Settings(data=tmp_path / "data", size=65536), reactor)
    assert storage.scratch == tmp_path / "data" / "scratch"
    for folder in (tmp_path / "data" / "scratch", tmp_path / "data" / "blobs"):
        assert folder.stat().st_mode & 0o777 == 0o700
    assert storage.has_room()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """In the words of the commands."""
    (tmp_path / "file").touch()
    with pytest.raises(CannotOpen, match="cannot be made"):
        compose_storage(Settings(data=tmp_path / "file" / "data"), reactor)


def test_the_queue_begins_with_the_first_wait(tmp_path: Path) -> None:
    """And ends with its lifetime."""
    settings = Settings(data=tmp_path, retry=(2.0, 5.0), queue_lifetime=60.0)
    assert queue_times(settings) == (timedelta(seconds=2), timedelta(minutes=1))
