"""Whether there is room on the disks."""

import shutil
import tempfile
from pathlib import Path

import pytest
from twisted.internet.task import Clock

from pratique.compose.room import RESERVE_SHARE, ROOM_SECONDS, Room, room_of
from pratique.settings.settings import Settings


def test_room_is_asked_for_once_in_a_while(tmp_path: Path) -> None:
    """Less than the reserve is none; so is a disk that cannot be asked."""
    clock = Clock()
    free = shutil.disk_usage(tmp_path).free
    assert Room((tmp_path,), 1, clock.seconds).is_left()
    assert not Room((tmp_path,), free * 2, clock.seconds).is_left()
    assert not Room((tmp_path, tmp_path / "absent"), 1, clock.seconds).is_left()
    later = tmp_path / "later"
    room = Room((later,), 1, clock.seconds)
    assert not room.is_left()
    later.mkdir()
    assert not room.is_left()
    clock.advance(ROOM_SECONDS)
    assert room.is_left()


def test_a_disk_that_takes_nothing_has_no_room() -> None:
    """However much is free on it: here the kernel's own tables, where nobody can make a file."""
    folder = Path("/proc/self")
    if not folder.is_dir():
        pytest.skip("no /proc here")
    assert not Room((folder,), 0, Clock().seconds).is_left()


def test_one_file_is_tried_for_each_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many folders are on it: the reactor waits meanwhile."""
    tried: list[object] = []
    make = tempfile.TemporaryFile

    def counted(dir: Path, buffering: int) -> object:
        tried.append(dir)
        return make(dir=dir, buffering=buffering)

    monkeypatch.setattr(tempfile, "TemporaryFile", counted)
    blobs = tmp_path / "blobs"
    blobs.mkdir()
    assert Room((tmp_path, blobs), 1, Clock().seconds).is_left()
    assert len(tried) == 1


def test_the_reserve_is_more_than_the_largest_message(tmp_path: Path) -> None:
    """And both folders count."""
    folder = tmp_path / "data"
    blobs = tmp_path / "blobs"
    folder.mkdir()
    settings = Settings(data=folder, blobs=blobs, size=65536)
    assert RESERVE_SHARE == 1.5
    assert not room_of(settings).is_left()
    blobs.mkdir()
    assert room_of(settings).is_left()
