"""Compressed streams within the budget."""

import bz2
import lzma

import pytest

from mx.anatomy.budget import Budget, LimitReached, Limits
from mx.anatomy.containers.streams import unpack_bzip2, unpack_lzip, unpack_xz, unpack_zip_lzma


def test_a_stream_ends_where_it_ends() -> None:
    """Whatever follows it, and wherever it begins."""
    packed = bz2.compress(b"content")
    unpacked = unpack_bzip2(b"xx" + packed + b"behind", 2, len(packed) + 8, Budget(lambda: 0.0))
    assert (unpacked.octets, unpacked.end, unpacked.is_complete) == (b"content", 2 + len(packed), True)


def test_output_is_charged_piece_by_piece() -> None:
    """A bomb is ended after some pieces, not after all of them."""
    packed = lzma.compress(bytes(64 << 20))
    budget = Budget(lambda: 0.0, Limits(unpacked_octets=1 << 20))
    with pytest.raises(LimitReached, match="octets"):
        unpack_xz(packed, 0, len(packed), budget)
    assert budget.octets_left > -(1 << 17)


@pytest.mark.parametrize(
    "octets", [b"", b"\xff" * 40, b"\1\4\5\0\xff" + bytes(40), b"\1\4\5\0\x5d\0\0\0\xff" + bytes(40)]
)
def test_nonsense_is_broken(octets: bytes) -> None:
    """Properties that cannot be, dictionaries that are too large, or nothing at all."""
    for unpack in (unpack_bzip2, unpack_xz, unpack_lzip, unpack_zip_lzma):
        assert not unpack(octets, 0, len(octets), Budget(lambda: 0.0)).is_complete


def test_what_the_library_keeps_back_is_scrap() -> None:
    """All but the last octet comes out one by one."""
    packed = bytearray(bz2.compress(b"content"))
    packed[-3] ^= 0x55
    unpacked = unpack_bzip2(bytes(packed), 0, len(packed), Budget(lambda: 0.0))
    assert (unpacked.octets, unpacked.is_complete, unpacked.is_scrap) == (b"conten", False, True)
