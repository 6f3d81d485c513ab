"""Compressed streams of other kinds than deflate, unpacked within the budget; `inflate.py` has deflate.

Comes in: a decompressor, where its stream begins and the latest place where it can end. Goes out: what came out, where
the stream really ended, and whether it did. Shared by `compressed.py` and `zip/members.py`.

Failure: a broken stream gives what came out before the break, and `is_complete` False; what the library kept back with
its error is `is_scrap`. A dictionary that does not fit
into the cell's memory is a broken stream.
Limits: output is taken 64 KiB at a time, each piece charged to the budget.
"""

import bz2
import lzma
from collections.abc import Callable
from typing import Protocol

from mx.anatomy.budget import Budget
from mx.anatomy.containers.inflate import MOST_OF_SCRAP, Unpacked

PIECE_OCTETS = 1 << 16
_MOST_MEMORY_OCTETS = 256 << 20
_LZMA_PROPERTIES_OCTETS = 5
_ZIP_LZMA_HEADER_OCTETS = 4
_LZIP_HEADER_OCTETS, _LZIP_TRAILER_OCTETS = 6, 20


class Decompressor(Protocol):
    """What the decompressors of the standard library have in common."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...


def unpack(
    make: Callable[[], Decompressor],
    base: bytes,
    start: int,
    end: int,
    budget: Budget,
    broken: type[Exception] = lzma.LZMAError,
) -> Unpacked:
    """Unpack the one stream that begins at `start`; `broken` is what its library raises. Raises LimitReached."""
    pieces: list[bytes] = []
    octets, fed_to = 0, start
    try:
        stream = make()
        while fed_to < end:
            piece = base[fed_to : min(end, fed_to + PIECE_OCTETS)]
            fed_to += len(piece)
            while piece or not stream.needs_input:
                budget.check_time()
                out = stream.decompress(piece, PIECE_OCTETS)
                piece = b""
                pieces.append(out)
                octets += len(out)
                budget.charge_octets(len(out))
                budget.check_ratio(fed_to - start, octets)
                if stream.eof:
                    return Unpacked(b"".join(pieces), fed_to - len(stream.unused_data), True)
    except (broken, OSError, ValueError, EOFError, MemoryError):
        if octets:
            return Unpacked(b"".join(pieces), fed_to, False)
        scrap = _scrap(make, base[start : min(end, start + PIECE_OCTETS)], budget, broken)
        return Unpacked(scrap, fed_to, False, is_scrap=True)
    return Unpacked(b"".join(pieces), end, False)


def _scrap(make: Callable[[], Decompressor], piece: bytes, budget: Budget, broken: type[Exception]) -> bytes:
    """The first of what comes out before the break, octet by octet: with the error the library keeps back what it had.

    A checksum that does not fit is such a break, and there are unpackers that go on, or leave the file there.
    """
    out = bytearray()
    budget.check_time()
    try:
        stream = make()
        while len(out) < MOST_OF_SCRAP and not stream.eof and (octet := stream.decompress(piece, 1)):
            piece = b""
            out += octet
    except (broken, OSError, ValueError, EOFError, MemoryError):
        pass
    budget.charge_octets(len(out))
    return bytes(out)


def unpack_bzip2(base: bytes, start: int, end: int, budget: Budget) -> Unpacked:
    """One bzip2 stream."""
    return unpack(bz2.BZ2Decompressor, base, start, end, budget)


def unpack_xz(base: bytes, start: int, end: int, budget: Budget) -> Unpacked:
    """One xz stream."""
    return unpack(lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _MOST_MEMORY_OCTETS), base, start, end, budget)


def unpack_lzma(base: bytes, start: int, end: int, budget: Budget) -> Unpacked:
    """One stream of the older LZMA format, with its header of 13 octets."""
    return unpack(lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, _MOST_MEMORY_OCTETS), base, start, end, budget)


def unpack_lzip(base: bytes, start: int, end: int, budget: Budget) -> Unpacked:
    """One lzip member: a coded dictionary size, an LZMA stream with an end mark, a trailer that is not believed."""
    if end - start < _LZIP_HEADER_OCTETS:
        return Unpacked(b"", end, False)
    coded = base[start + 5]
    size = 1 << (coded & 31)
    unpacked = unpack(
        lambda: _raw_lzma(93, size - (size >> 4) * (coded >> 5)), base, start + _LZIP_HEADER_OCTETS, end, budget
    )
    trailer = _LZIP_TRAILER_OCTETS if unpacked.is_complete else 0
    return Unpacked(unpacked.octets, min(end, unpacked.end + trailer), unpacked.is_complete)


def unpack_zip_lzma(base: bytes, start: int, end: int, budget: Budget) -> Unpacked:
    """The LZMA stream of a zip's member: version, length of the properties, properties, stream. APPNOTE 5.8.8."""
    place = start + _ZIP_LZMA_HEADER_OCTETS
    data = place + _LZMA_PROPERTIES_OCTETS
    if data > end:
        return Unpacked(b"", end, False)
    size = int.from_bytes(base[place + 1 : data], "little")
    return unpack(lambda: _raw_lzma(base[place], size), base, data, end, budget)


def _raw_lzma(coded: int, dictionary_octets: int) -> lzma.LZMADecompressor:
    """A decompressor for a stream without a header. Raises ValueError for properties that cannot be."""
    if coded >= 9 * 5 * 5 or dictionary_octets > _MOST_MEMORY_OCTETS:
        raise ValueError
    rest, context = divmod(coded, 9)
    position, literal = divmod(rest, 5)
    chain = {
        "id": lzma.FILTER_LZMA1, "dict_size": max(dictionary_octets, 4096),
        "lc": context, "lp": literal, "pb": position,
    }  # fmt: skip
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[chain])
