"""One deflate stream, unpacked within the budget; the sizes that a container claims are never believed.

Comes in: where a stream begins and the latest place where it can end. Goes out: what came out of it, where it really
ended, and whether it did. Shared by `zip/archive.py` and `gzip.py`.

Standards: RFC 1951.
Failure: a broken stream gives what came out before the break, and `is_complete` False.
Limits: output is taken 64 KiB at a time, each piece charged to the budget; input is fed 64 KiB at a time, because zlib
copies what it has not used yet.
"""

import zlib
from dataclasses import dataclass

from mx.anatomy.budget import Budget

FEWEST_OF_SCRAP, MOST_OF_SCRAP = 16, 4096
"""Fewer octets come out of what was never a stream as well; more would say no more of it."""
_PIECE_OCTETS = 1 << 16


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What came out of one stream."""

    octets: bytes
    end: int
    """Where the stream ended in its base; the last place fed when it broke."""
    is_complete: bool
    is_scrap: bool = False
    """The first of what the library kept back when it raised: nothing else came out, and it may be nothing."""


def inflate_scrap(base: bytes, start: int, end: int, budget: Budget) -> bytes:
    """The first of what comes out of a broken stream before the break, octet by octet. Raises LimitReached."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    left, out = base[start : min(end, start + _PIECE_OCTETS)], bytearray()
    budget.check_time()
    try:
        while len(out) < MOST_OF_SCRAP and (octet := stream.decompress(left, 1)):
            out += octet
            left = stream.unconsumed_tail
    except zlib.error:
        pass
    budget.charge_octets(len(out))
    return bytes(out)


def inflate(base: bytes, start: int, end: int, budget: Budget) -> Unpacked:
    """Unpack the raw deflate stream that begins at `start`. Raises LimitReached."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    pieces: list[bytes] = []
    octets = 0
    for position in range(start, end, _PIECE_OCTETS):
        fed_to = min(end, position + _PIECE_OCTETS)
        left, is_full = base[position:fed_to], True
        while left or is_full:
            budget.check_time()
            try:
                out = stream.decompress(left, _PIECE_OCTETS)
            except zlib.error:
                return Unpacked(b"".join(pieces), fed_to, False)
            left, is_full = stream.unconsumed_tail, len(out) == _PIECE_OCTETS
            pieces.append(out)
            octets += len(out)
            budget.charge_octets(len(out))
            budget.check_ratio(fed_to - start, octets)
            if stream.eof:
                return Unpacked(b"".join(pieces), fed_to - len(stream.unused_data), True)
    return Unpacked(b"".join(pieces), end, False)
