"""Writing a file so that a power cut leaves all of it or nothing."""

import errno
import os
from pathlib import Path

import pytest

from tenants.storage.blobs.durable_file import create_durably, make_folder, write_durably
from tests.contracts.watched_system import WatchedSystem


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """Readers see the old octets or the new ones."""
    target = tmp_path / "file"
    write_durably(target, [b"old"])
    write_durably(target, [b"n", b"e", b"w"])
    assert target.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["file"]


def test_the_name_is_synced_after_the_octets(tmp_path: Path) -> None:
    """Octets, rename, folder: in any other order a power cut could leave an empty file, or none."""
    system = WatchedSystem(tmp_path)
    write_durably(tmp_path / "file", [b"x"], system)
    assert system.durable_steps() == ["write PARTIAL", "fsync PARTIAL", "rename PARTIAL to file", "fsync ."]


def test_a_disk_that_takes_less_than_given_is_asked_again(tmp_path: Path) -> None:
    """write(2) may be short."""

    class Reluctant(WatchedSystem):
        def write(self, descriptor: int, octets: bytes) -> int:
            return super().write(descriptor, octets[:3])

    write_durably(tmp_path / "file", [b"abcdefgh"], Reluctant(tmp_path))
    assert (tmp_path / "file").read_bytes() == b"abcdefgh"


def test_only_one_of_two_creates_a_file(tmp_path: Path) -> None:
    """The second is told so, and the first one's octets stay."""
    target = tmp_path / "key"
    assert create_durably(target, b"first")
    assert not create_durably(target, b"second")
    assert target.read_bytes() == b"first"
    assert os.listdir(tmp_path) == ["key"]
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_failure_leaves_no_temporary_file(tmp_path: Path) -> None:
    """Neither of the sync nor of the rename."""
    for step in range(5):
        with pytest.raises(OSError, match="injected") as raised:
            write_durably(tmp_path / "file", [b"x"], WatchedSystem(tmp_path, fail_at=step))
        assert raised.value.errno == errno.EIO
        assert [name for name in os.listdir(tmp_path) if name.endswith(".part")] == []


def test_new_folders_are_synced_into_those_above(tmp_path: Path) -> None:
    """One that is there costs nothing."""
    system = WatchedSystem(tmp_path)
    make_folder(tmp_path / "a" / "b", system)
    assert system.durable_steps() == ["mkdir a", "fsync .", "mkdir a/b", "fsync a"]
    system.calls.clear()
    make_folder(tmp_path / "a" / "b", system)
    assert system.calls == []
