"""The blob store's contract: what every implementation must do. A test class inherits it and gives `store`."""

import threading
from collections.abc import Iterator

import pytest

from tenants.storage.blobs.contract import BlobMissing, BlobStore, new_name

CONTENTS = [b"", b"x", bytes(range(256)) * 1024]


class BlobStoreContract:
    """Inherit, and give a fixture `store` with an empty store."""

    @pytest.mark.parametrize("content", CONTENTS, ids=["empty", "one octet", "256 KiB"])
    def test_what_was_put_can_be_got(self, store: BlobStore, content: bytes) -> None:
        """Octet by octet, and as often as wanted."""
        name = new_name()
        store.put(name, [content[:100], content[100:]])
        assert b"".join(store.get(name)) == content
        assert b"".join(store.get(name)) == content

    def test_pieces_are_at_most_64_kib(self, store: BlobStore) -> None:
        """However large the pieces were that came in, so that memory stays flat."""
        name = new_name()
        store.put(name, [bytes(1_000_000)])
        assert max(len(piece) for piece in store.get(name)) <= 64 * 1024

    def test_a_name_that_is_not_there_is_missing(self, store: BlobStore) -> None:
        """Said at the first piece at the latest."""
        with pytest.raises(BlobMissing):
            list(store.get(new_name()))

    def test_a_deleted_blob_is_missing_and_can_be_deleted_again(self, store: BlobStore) -> None:
        """A sweep that was interrupted is run again."""
        name = new_name()
        store.put(name, [b"x"])
        store.delete(name)
        store.delete(name)
        with pytest.raises(BlobMissing):
            list(store.get(name))

    def test_names_are_those_that_are_there(self, store: BlobStore) -> None:
        """In no order; an empty store has none."""
        assert list(store.names()) == []
        names = {new_name() for _ in range(5)}
        for name in names:
            store.put(name, [b"x"])
        store.delete(gone := names.pop())
        assert gone not in names
        assert sorted(store.names()) == sorted(names)

    def test_content_that_fails_half_way_leaves_nothing(self, store: BlobStore) -> None:
        """A client that goes away while its message is stored leaves no half message."""

        def broken() -> Iterator[bytes]:
            yield bytes(100_000)
            raise ConnectionError("gone")

        name = new_name()
        with pytest.raises(ConnectionError):
            store.put(name, broken())
        with pytest.raises(BlobMissing):
            list(store.get(name))
        assert list(store.names()) == []

    @pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 32, "0" * 31, "0" * 32 + "\n"])
    def test_a_name_of_another_form_is_refused(self, store: BlobStore, name: str) -> None:
        """Before anything is read or written."""
        with pytest.raises(ValueError, match="is not the name of a blob"):
            store.put(name, [b"x"])
        with pytest.raises(ValueError, match="is not the name of a blob"):
            list(store.get(name))

    def test_several_threads_may_put_at_once(self, store: BlobStore) -> None:
        """Each gets its own octets back."""
        names = [new_name() for _ in range(8)]
        threads = [threading.Thread(target=store.put, args=(name, [name.encode() * 1000])) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(b"".join(store.get(name)) == name.encode() * 1000 for name in names)

    def test_the_room_left_is_told_or_unknown(self, store: BlobStore) -> None:
        """Also before the first blob was put."""
        free = store.free_octets()
        assert free is None or free > 0
