"""What a cell is opening: one page of memory that it shares with its nursery, and what the page says after its end.

The nursery makes a page before it forks a cell; the cell notes there which artifact it opens as what, before it begins;
the nursery reads it when it buries the cell. So a cell that is killed in the middle of a reader still tells what killed
it, and it costs well under a microsecond a note.

Failure: a cell in hostile hands may write anything there. `opening_of` takes no word that is not on our own list.
"""

import mmap
import struct
from dataclasses import dataclass

from mx.anatomy.kinds import Kind

_PAGE = struct.Struct(">32s16s")
PAGE_OCTETS = _PAGE.size
_KINDS = frozenset({kind.value for kind in Kind} | {"record", "yara", "rules", "macros"})
"""What a cell does with an artifact: it opens it as one of our kinds, or an engine in the cell examines it."""


@dataclass(frozen=True, slots=True)
class Opening:
    """An artifact, and what it was being opened as."""

    sha256: str
    kind: str


class OpeningPage:
    """One cell's page; both sides have it since the fork."""

    __slots__ = ("_memory",)

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, mmap.PAGESIZE)

    def note(self, sha256: str, kind: str) -> None:
        """This artifact is opened as this kind now."""
        _PAGE.pack_into(self._memory, 0, bytes.fromhex(sha256), kind.encode("ascii"))

    def clear(self) -> None:
        """Nothing is being opened."""
        self._memory[:PAGE_OCTETS] = bytes(PAGE_OCTETS)

    def read(self) -> bytes:
        """The page as it is, for `opening_of`."""
        return self._memory[:PAGE_OCTETS]

    def close(self) -> None:
        """Give this process's side of the page back."""
        self._memory.close()


def opening_of(raw: bytes) -> Opening | None:
    """What a page says; None when it says nothing that we could have written."""
    digest, raw_kind = _PAGE.unpack(raw)
    kind = raw_kind.rstrip(b"\0").decode("ascii", "replace")
    return Opening(digest.hex(), kind) if kind in _KINDS else None
