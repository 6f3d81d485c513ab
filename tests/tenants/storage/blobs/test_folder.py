"""The blob store in a folder: the contract, and what is on the disk."""

from pathlib import Path

import pytest

from tenants.storage.blobs.contract import new_name
from tenants.storage.blobs.folder import FolderBlobStore
from tests.contracts.blob_store import BlobStoreContract
from tests.contracts.watched_system import WatchedSystem


class TestFolderBlobStore(BlobStoreContract):
    """The contract, fulfilled in a folder that is not there yet."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> FolderBlobStore:
        return FolderBlobStore(tmp_path / "var" / "blobs")


def test_a_put_syncs_the_file_then_its_name_then_says_so(tmp_path: Path) -> None:
    """Every folder that is new is synced into the one above it, then the file, then the file's folder."""
    system = WatchedSystem(tmp_path)
    FolderBlobStore(tmp_path / "blobs", system).put("ab" * 16, [b"one", b"two"])
    assert system.durable_steps() == [
        "mkdir blobs",
        "fsync .",
        "mkdir blobs/ab",
        "fsync blobs",
        "fsync blobs",
        "write PARTIAL",
        "write PARTIAL",
        "fsync PARTIAL",
        f"rename PARTIAL to blobs/ab/{'ab' * 16}",
        "fsync blobs/ab",
    ]


def test_a_sub_folder_is_synced_once(tmp_path: Path) -> None:
    """Later blobs in it cost two syncs: the file's and its name's."""
    system = WatchedSystem(tmp_path)
    store = FolderBlobStore(tmp_path / "blobs", system)
    store.put("ab" + "0" * 30, [b"x"])
    system.calls.clear()
    store.put("ab" + "1" * 30, [b"x"])
    assert [step.split()[0] for step in system.durable_steps()] == ["write", "fsync", "rename", "fsync"]


def test_a_sub_folder_from_an_interrupted_run_is_synced_again(tmp_path: Path) -> None:
    """It is there, but perhaps not durably so."""
    (tmp_path / "blobs" / "ab").mkdir(parents=True)
    system = WatchedSystem(tmp_path)
    FolderBlobStore(tmp_path / "blobs", system).put("ab" * 16, [b"x"])
    assert system.durable_steps()[0] == "fsync blobs"


def test_any_call_that_fails_makes_the_put_fail(tmp_path: Path) -> None:
    """Whichever it is, once: the caller never takes a blob for stored that is not, and no half one is listed."""
    counting = WatchedSystem(tmp_path / "counting")
    (tmp_path / "counting").mkdir()
    FolderBlobStore(tmp_path / "counting" / "blobs", counting).put(new_name(), [b"x" * 100])
    failing_calls = [step for step, call in enumerate(counting.calls) if not call.startswith("close")]
    for step in failing_calls:
        folder = tmp_path / str(step)
        folder.mkdir()
        store = FolderBlobStore(folder / "blobs", WatchedSystem(folder, fail_at=step))
        name = new_name()
        with pytest.raises(OSError, match="injected"):
            store.put(name, [b"x" * 100])
        # After the rename the blob may be there: the caller was told that it is not safe, and nothing points to it.
        assert set(store.names()) <= {name}
        assert not list(folder.rglob("*.part"))


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    """Sealed though they are."""
    store = FolderBlobStore(tmp_path / "blobs")
    store.put("ab" * 16, [b"x"])
    path = tmp_path / "blobs" / "ab" / ("ab" * 16)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
