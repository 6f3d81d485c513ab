"""What passes between a pool and its nursery: orders there, notices back. Pure.

An order of `FORK` carries one end of a socket pair beside its octets: it is what the new cell will speak through. A
cell has a number that the pool gave it; process ids are the nursery's, so that nobody can kill a stranger by an id
that has been given away again.

Failure: both sides are ours, and neither has opened hostile octets. An order or a notice that makes no sense is a bug
and raises ValueError; the side that meets it ends.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from mx.cell.opening import PAGE_OCTETS, Opening, opening_of

_ORDER = struct.Struct(">BI")
_NOTICE = struct.Struct(f">BIi{PAGE_OCTETS}s")
ORDER_OCTETS = _ORDER.size


class Order(IntEnum):
    """What a pool wants."""

    FORK = 1
    """A cell of this number, on the socket that comes with the order."""
    BURY = 2
    """Kill this cell if it lives, reap it, and say how it ended."""
    DEEPEN = 3
    """Import what deep cells need; cells forked from then on are deep."""


class _Word(IntEnum):
    FORKED = 1
    BURIED = 2


@dataclass(frozen=True, slots=True)
class Forked:
    """A cell has been forked; `pid` is 0 when the system allowed no process."""

    number: int
    pid: int


@dataclass(frozen=True, slots=True)
class Buried:
    """A cell is gone; nothing of it is left."""

    number: int
    exit_code: int
    """Its exit status; a negative number is the signal that ended it."""
    opening: Opening | None
    """What it was opening at its end, as far as can be known."""


Notice = Forked | Buried


def order_octets(order: Order, number: int = 0) -> bytes:
    """An order as octets."""
    return _ORDER.pack(order, number)


def read_order(raw: bytes) -> tuple[Order, int]:
    """An order, and the number of the cell."""
    word, number = _ORDER.unpack(raw)
    return Order(word), number


def forked_octets(number: int, pid: int) -> bytes:
    """The notice of a fork as octets."""
    return _NOTICE.pack(_Word.FORKED, number, pid, b"")


def buried_octets(number: int, exit_code: int, page: bytes) -> bytes:
    """The notice of a burial as octets."""
    return _NOTICE.pack(_Word.BURIED, number, exit_code, page)


class NoticeReader:
    """Notices out of octets that arrive in any pieces."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, octets: bytes) -> Iterator[Notice]:
        """The notices that are complete now."""
        self._buffer += octets
        while len(self._buffer) >= _NOTICE.size:
            raw, self._buffer = self._buffer[: _NOTICE.size], self._buffer[_NOTICE.size :]
            yield _notice(*_NOTICE.unpack(raw))


def _notice(word: int, number: int, value: int, page: bytes) -> Notice:
    match _Word(word):
        case _Word.FORKED:
            return Forked(number, value)
        case _Word.BURIED:
            return Buried(number, value, opening_of(page))
