"""The spool: memory, then an encrypted unnamed file."""

import errno
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx import spool as spool_module
from mx.spool import CHUNK_OCTETS, MEMORY_OCTETS, Spool, SpoolFull


def _filled(*pieces: bytes) -> Spool:
    spool = Spool()
    for piece in pieces:
        spool.write(piece)
    spool.freeze()
    return spool


@pytest.mark.parametrize("size", [0, 1, 4096, MEMORY_OCTETS, MEMORY_OCTETS + 1, 3 * MEMORY_OCTETS + 17])
def test_gives_back_what_was_written(size: int) -> None:
    """Octets come back the same, whole and in pieces, on both sides of the limit of memory."""
    octets = os.urandom(size)
    spool = _filled(octets[:1000], octets[1000:])
    assert spool.octets == size
    assert b"".join(spool.chunks()) == octets == b"".join(spool.chunks())
    assert spool.read(0, size) == octets
    assert spool.is_in_memory == (size <= MEMORY_OCTETS)
    spool.close()


def test_a_large_spool_gives_pieces_of_64_kib() -> None:
    """No piece from the file is larger than 64 KiB."""
    spool = _filled(bytes(2 * MEMORY_OCTETS + 5))
    assert {len(piece) for piece in spool.chunks()} == {CHUNK_OCTETS, 5}
    spool.close()


@given(offset=st.integers(0, MEMORY_OCTETS + 300), length=st.integers(0, 5000))
def test_any_slice_can_be_read(offset: int, length: int) -> None:
    """`read` is a slice, wherever it begins."""
    octets = bytes(range(256)) * (MEMORY_OCTETS // 256 + 1)
    for spool in (_filled(octets), _filled(octets[:5000])):
        assert spool.read(offset, length) == octets[: spool.octets][offset : offset + length]
        spool.close()


def test_the_file_holds_no_plain_text() -> None:
    """What stands on the disk is cipher text."""
    spool = _filled(b"secret words " * 100_000)
    held = spool._file
    assert held is not None
    on_disk = os.pread(held._file.fileno(), 2 * MEMORY_OCTETS, 0)
    assert len(on_disk) == spool.octets
    assert b"secret" not in on_disk
    assert os.fstat(held._file.fileno()).st_nlink == 0
    spool.close()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_an_error_of_its_own(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """A write that finds no room raises SpoolFull, so that SMTP can answer 452."""

    def refuse(descriptor: int, octets: bytes) -> int:
        raise OSError(number, "no room")

    monkeypatch.setattr(spool_module.os, "write", refuse)
    spool = Spool()
    with pytest.raises(SpoolFull):
        spool.write(bytes(MEMORY_OCTETS + 1))
    spool.close()


def test_other_disk_errors_stay_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken disk is not a full one."""

    def refuse(descriptor: int, octets: bytes) -> int:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(spool_module.os, "write", refuse)
    spool = Spool()
    with pytest.raises(OSError, match="broken") as caught:
        spool.write(bytes(MEMORY_OCTETS + 1))
    assert not isinstance(caught.value, SpoolFull)
    spool.close()


def test_a_missing_folder_is_no_full_disk(tmp_path: object) -> None:
    """The file cannot be made: an OSError says so."""
    spool = Spool(tmp_path / "missing")  # type: ignore[operator]
    with pytest.raises(FileNotFoundError):
        spool.write(bytes(MEMORY_OCTETS + 1))


def test_is_read_only_between_freezing_and_closing() -> None:
    """Each use at the wrong time raises ValueError."""
    spool = Spool()
    spool.write(b"abc")
    with pytest.raises(ValueError, match="freezing"):
        spool.read(0, 1)
    spool.freeze()
    spool.freeze()
    with pytest.raises(ValueError, match="no more"):
        spool.write(b"d")
    with pytest.raises(ValueError, match="never negative"):
        spool.read(-1, 1)
    spool.close()
    spool.close()
    with pytest.raises(ValueError, match="closing"):
        list(spool.chunks())
