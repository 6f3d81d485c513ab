"""libarchive, as much of it as the readers of archives ask for: one archive in memory, entry by entry, block by block.

Comes in: a stretch that may be an archive, and the formats and filters that it may be. Goes out: its entries, each
with the names and the octets that were read, and each failure where it happened. The library is asked for by name
through ctypes: twenty functions, no callbacks, nothing that opens a file. Formats and filters are switched on one by
one, never "all": some filters of libarchive run other programs.

It is loaded once, by `load`, before a cell is confined. No size that an archive states is believed: octets are taken
as the library unpacks them, block by block, and charged to the budget; `entries` raises LimitReached between blocks.

Failure: what the library cannot read is a `Failure`, with what was read before it. A crash or a hang within the library
ends the cell: the message is unscannable.
Limits: the budget's; MOST_FAILURES of one archive, after which it is given up.
"""

import ctypes
import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Stretch

MOST_FAILURES = 100
_LIBRARIES = (
    "libarchive.so.13",
    "libarchive.13.dylib",
    "/opt/homebrew/opt/libarchive/lib/libarchive.13.dylib",
    "/usr/local/opt/libarchive/lib/libarchive.13.dylib",
)
_OK, _END, _RETRY, _WARN, _FAILED = 0, 1, -10, -20, -25
_FILE_TYPE_MASK, _REGULAR = 0o170000, 0o100000
_POINTER, _TEXT, _INT = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
_FUNCTIONS = (
    ("read_new", _POINTER, ()),
    ("read_free", _INT, (_POINTER,)),
    ("read_set_options", _INT, (_POINTER, _TEXT)),
    ("read_add_passphrase", _INT, (_POINTER, _TEXT)),
    ("read_open_memory", _INT, (_POINTER, _POINTER, ctypes.c_size_t)),
    ("read_next_header", _INT, (_POINTER, ctypes.POINTER(_POINTER))),
    (
        "read_data_block",
        _INT,
        (_POINTER, ctypes.POINTER(_POINTER), ctypes.POINTER(ctypes.c_size_t), ctypes.POINTER(ctypes.c_int64)),
    ),
    ("errno", _INT, (_POINTER,)),
    ("error_string", _TEXT, (_POINTER,)),
    ("entry_pathname", _TEXT, (_POINTER,)),
    ("entry_pathname_utf8", _TEXT, (_POINTER,)),
    ("entry_filetype", _INT, (_POINTER,)),
    ("entry_is_encrypted", _INT, (_POINTER,)),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an archive, with everything of it that could be read."""

    names: tuple[str, ...]
    octets: bytes
    is_file: bool
    """False for folders, links and devices."""
    is_encrypted: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """The library could not go on, or not read all of the entry before it."""

    reason: str
    is_at_start: bool
    """It came before the first entry: the octets may be no such archive at all."""
    lacks_memory: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What the library shall take the octets for."""

    formats: tuple[str, ...]
    filters: tuple[str, ...] = ()
    options: str = ""
    passphrase: bytes = b""


class LibArchive:
    """The loaded library."""

    __slots__ = ("_functions", "_library")

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self._functions = {name: _declare(library, name, result, taken) for name, result, taken in _FUNCTIONS}

    def entries(self, content: Stretch, asked: Asked, budget: Budget) -> Iterator[Entry | Failure]:
        """Everything that can be read of this archive. Raises LimitReached."""
        if not content.octets:
            return
        with self._opened(content, asked) as archive:
            if isinstance(archive, Failure):
                yield archive
            else:
                yield from self._read(archive, content.octets, budget)

    @contextmanager
    def _opened(self, content: Stretch, asked: Asked) -> Iterator[int | Failure]:
        call = self._functions
        archive = call["read_new"]()
        if not archive:
            yield Failure("no memory", is_at_start=True, lacks_memory=True)
            return
        try:
            for name in _switches(asked):
                switch_on = getattr(self._library, name)
                switch_on.argtypes, switch_on.restype = (_POINTER,), _INT
                switch_on(archive)
            if asked.options:
                call["read_set_options"](archive, asked.options.encode())
            if asked.passphrase:
                call["read_add_passphrase"](archive, asked.passphrase)
            # The pointer is into the octets themselves: nothing is copied, and `content` keeps them alive.
            address = ctypes.cast(ctypes.c_char_p(content.base), _POINTER).value or 0
            if call["read_open_memory"](archive, address + content.start, content.octets) == _OK:
                yield archive
            else:
                yield self._failure(archive, is_at_start=True)
        finally:
            call["read_free"](archive)

    def _read(self, archive: int, octets_in: int, budget: Budget) -> Iterator[Entry | Failure]:
        call = self._functions
        entry = _POINTER()
        failures, is_at_start = 0, True
        while failures < MOST_FAILURES:
            budget.check_time()
            result = call["read_next_header"](archive, ctypes.byref(entry))
            if result == _END:
                return
            if result not in (_OK, _WARN):
                failures += 1
                yield self._failure(archive, is_at_start)
                if result not in (_RETRY, _FAILED):
                    return
                continue
            # What the entry says of itself is read before its data, which may end the library's patience with it.
            names, is_file = self._names(entry), call["entry_filetype"](entry) & _FILE_TYPE_MASK == _REGULAR
            is_encrypted = call["entry_is_encrypted"](entry) > 0
            octets, failure = self._content(archive, octets_in, budget)
            is_at_start = False
            yield Entry(names, octets, is_file, is_encrypted)
            if failure is not None:
                failures += 1
                yield failure

    def _content(self, archive: int, octets_in: int, budget: Budget) -> tuple[bytes, Failure | None]:
        """The octets of the entry whose header was read last, and what stood in the way of the rest."""
        pieces: list[bytes] = []
        octets = 0
        while True:
            budget.check_time()
            place, size, offset = _POINTER(), ctypes.c_size_t(), ctypes.c_int64(octets)
            told = ctypes.byref(place), ctypes.byref(size), ctypes.byref(offset)
            result = self._functions["read_data_block"](archive, *told)
            if result not in (_OK, _RETRY, _WARN, _FAILED):
                return b"".join(pieces), None if result == _END else self._failure(archive, is_at_start=False)
            # A failed checksum comes together with the last octets, which are what they are. Holes are zeros.
            taken, hole = size.value if place.value is not None else 0, max(0, offset.value - octets)
            budget.charge_octets(hole + taken)
            budget.check_ratio(octets_in, octets + hole + taken)
            if taken:
                pieces.append(bytes(hole))
                pieces.append(ctypes.string_at(place, taken))
                octets += hole + taken
            if result == _FAILED:
                return b"".join(pieces), self._failure(archive, is_at_start=False)

    def _names(self, entry: ctypes.c_void_p) -> tuple[str, ...]:
        """The name, in UTF-8 where the library can say it so, and as its octets stand."""
        told = (self._functions["entry_pathname_utf8"](entry), self._functions["entry_pathname"](entry))
        return tuple(dict.fromkeys(raw.decode("utf-8", "replace") for raw in told if raw))

    def _failure(self, archive: int, is_at_start: bool) -> Failure:
        reason = (self._functions["error_string"](archive) or b"").decode("utf-8", "replace")
        return Failure(reason, is_at_start, self._functions["errno"](archive) == errno.ENOMEM)


def load(names: Sequence[str] = _LIBRARIES) -> LibArchive | None:
    """The library, or None on a machine that has none that can be used."""
    for name in names:
        try:
            return LibArchive(ctypes.CDLL(name))
        except (OSError, AttributeError):
            continue
    return None


def _declare(library: ctypes.CDLL, name: str, result: type, taken: tuple[type, ...]) -> "ctypes._NamedFuncPointer":
    """The function with its types; AttributeError where this build lacks it."""
    function = getattr(library, f"archive_{name}")
    function.restype, function.argtypes = result, taken
    return function  # type: ignore[no-any-return]


def _switches(asked: Asked) -> list[str]:
    formats = [f"archive_read_support_format_{name}" for name in asked.formats]
    return formats + [f"archive_read_support_filter_{name}" for name in asked.filters]
