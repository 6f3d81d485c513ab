"""Compound files (OLE2): the directory and the streams of one, read as far as they can be read.

Comes in: a stretch that begins with the magic. Goes out: a `CompoundFile` with every entry that the directory holds,
those included that no storage leads to, and each entry's octets when asked for. A stream that lies in one piece is a
stretch of the file, not copied. Used by `document.py`; written here rather than with olefile because a file whose table
or directory is damaged must still give what Office would get out of it, and no stream may cost more than its octets.

Standards: MS-CFB.
Failure: none. Whatever does not fit together sets `is_broken`; a chain of sectors that ends too early is read as if the
stream lay in one piece, as a second reading. `is_cut` says that the file asks for more work than its size allows.
Limits: following chains costs at most WORK_FACTOR steps for each sector of the file, all streams together.
"""

import struct
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Stretch, whole

MAGICS = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x0e\x11\xfc\x0d\xd0\xcf\x11\x0e")
"""The second is a beta's, which Windows still opens."""
WORK_FACTOR = 8
_HEADER = struct.Struct("<30xH12xII4xII4xII")
_HEADER_OCTETS = 512
_ENTRY = struct.Struct("<64sHBxIII16s20xIII")
_ENTRY_OCTETS = 128
_LAST_SECTOR = 0xFFFF_FFFA
_NO_ENTRY = _FREE = 0xFFFF_FFFF
_MINI_CUTOFF = 4096
_ROOT_NAME = "Root Entry".encode("utf-16-le")
_SECTOR_SHIFTS = (9, 12)
_MOST_LEVELS = 32
"""Names kept of a path, so that storages within storages do not make paths that grow with their number."""
_MINI_SHIFT = 6


class EntryKind(IntEnum):
    """What a directory entry is."""

    STORAGE = 1
    STREAM = 2
    ROOT = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the directory."""

    path: tuple[str, ...]
    """The names of the storages above it, and its own."""
    kind: EntryKind
    class_id: bytes
    first_sector: int
    octets: int

    @property
    def name(self) -> str:
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class _Raw:
    """One entry as it stands, with its neighbours by number."""

    name: str
    kind: EntryKind
    neighbours: tuple[int, int]
    child: int
    class_id: bytes
    first_sector: int
    octets: int


class CompoundFile:
    """One compound file, opened."""

    __slots__ = (
        "_budget", "_content", "_fat", "_mini_fat", "_shift", "_steps", "entries", "is_broken", "is_cut", "mini_stream",
    )  # fmt: skip

    def __init__(self, content: Stretch, budget: Budget) -> None:
        self._content = content
        self._budget = budget
        self.is_cut = False
        header = content.base[content.start : content.start + _HEADER_OCTETS].ljust(_HEADER_OCTETS, b"\xff")
        shift, fat_sectors, directory, cutoff, mini_fat, more, _ = _HEADER.unpack_from(header)
        self.is_broken = cutoff != _MINI_CUTOFF
        if shift not in _SECTOR_SHIFTS:
            self.is_broken, shift = True, _SECTOR_SHIFTS[0]
        self._shift: int = shift
        self._steps = WORK_FACTOR * (content.octets >> shift) + 1024
        self._fat = self._read_fat(header[76:], more, fat_sectors)
        self._mini_fat: array[int] = array("I")
        self.mini_stream: Stretch | None = None
        """Where the streams lie that are smaller than a few sectors."""
        raw = self._read_directory(directory)
        self.entries: tuple[Entry, ...] = tuple(self._entries(raw))
        root = next((entry for entry in raw if entry and entry.kind is EntryKind.ROOT), None)
        if root is not None and root.octets:
            table = self._join(self._chain(mini_fat, self._fat, None), content, shift, -1)
            self._mini_fat = _numbers(table.raw)
            self.mini_stream = next(iter(self._gather(root.first_sector, root.octets)), None)

    def read(self, entry: Entry) -> list[Stretch]:
        """The octets of a stream, in every reading, the likeliest first; empty for what has none."""
        if entry.kind is not EntryKind.STREAM or not entry.octets:
            return []
        self._budget.check_time()
        if entry.octets >= _MINI_CUTOFF or self.mini_stream is None:
            return self._gather(entry.first_sector, entry.octets)
        chain = self._chain(entry.first_sector, self._mini_fat, _count(entry.octets, _MINI_SHIFT))
        reading = self._join(chain, self.mini_stream, _MINI_SHIFT, entry.octets)
        if reading.octets == entry.octets:
            return [reading]
        self.is_broken = True
        return [one for one in (reading, *self._gather(entry.first_sector, entry.octets)) if one.octets]

    @property
    def behind(self) -> Stretch:
        """The octets behind the last sector that the table says is in use; none where the table is in doubt."""
        content = self._content
        used = next((number for number in range(len(self._fat) - 1, -1, -1) if self._fat[number] != _FREE), -1)
        end = content.end if self.is_broken or used < 0 else content.start + ((used + 2) << self._shift)
        return Stretch(content.base, min(end, content.end), content.end)

    def _gather(self, first: int, octets: int) -> list[Stretch]:
        """A stream of ordinary sectors; where its chain ends early, also what follows its first sector."""
        available = self._content.octets
        if octets > available:
            self.is_broken, octets = True, available
        count = _count(octets, self._shift)
        chain = self._chain(first, self._fat, count)
        readings = [self._join(chain, self._content, self._shift, octets)]
        if len(chain) < count and not self.is_cut:
            self.is_broken = True
            straight = range(first, min(first + count, available >> self._shift))
            readings.append(self._join(straight, self._content, self._shift, octets))
        return [reading for reading in readings if reading.octets]

    def _chain(self, first: int, table: "array[int]", most: int | None) -> Sequence[int]:
        """The sectors of a chain, in order: at most `most`; a chain that returns to itself is cut there."""
        chain: list[int] = []
        limit = len(table) if most is None else min(most, len(table))
        sector = first
        while sector < len(table) and len(chain) < min(limit, self._steps):
            chain.append(sector)
            sector = table[sector]
        self._steps -= len(chain)
        if self._steps <= 0:
            self.is_cut = self.is_broken = True
            return ()
        return chain

    def _join(self, chain: Sequence[int], container: Stretch, shift: int, octets: int) -> Stretch:
        """The sectors' octets; those of the mini stream have no header before them."""
        header = 0 if shift == _MINI_SHIFT else 1
        base, start, end = container.base, container.start, container.end
        wanted = len(chain) << shift if octets < 0 else min(octets, len(chain) << shift)
        if not chain:
            return Stretch(b"", 0, 0)
        if isinstance(chain, range) or chain == list(range(chain[0], chain[0] + len(chain))):
            first = start + ((chain[0] + header) << shift)
            return Stretch(base, min(first, end), min(first + wanted, end))
        self._budget.charge_octets(wanted)
        view = memoryview(base)[start:end]
        size = 1 << shift
        pieces = [view[(number + header) << shift : ((number + header) << shift) + size] for number in chain]
        return whole(b"".join(pieces)[:wanted])

    def _read_fat(self, listed: bytes, more: int, count: int) -> "array[int]":
        """The allocation table: the sectors listed in the header, then those that chained sectors list."""
        sectors = list(_numbers(listed))
        per_sector = 1 << (self._shift - 2)
        most = (self._content.octets >> self._shift) // per_sector + 2
        seen: set[int] = set()
        while more < _LAST_SECTOR and more not in seen and len(sectors) < most + 109:
            seen.add(more)
            further = _numbers(self._sector(more))
            if len(further) < per_sector:
                break
            sectors.extend(further[:-1])
            more = further[-1]
        used = [sector for sector in sectors if sector < _LAST_SECTOR][:most]
        self.is_broken |= len(used) < min(count, most - 2)
        table = array("I")
        for sector in used:
            octets = self._sector(sector)
            table.extend(_numbers(octets.ljust(1 << self._shift, b"\xff")))
        return table[: (self._content.octets >> self._shift) + 1]

    def _sector(self, number: int) -> bytes:
        first = self._content.start + ((number + 1) << self._shift)
        return self._content.base[first : min(first + (1 << self._shift), self._content.end)]

    def _read_directory(self, first: int) -> list[_Raw | None]:
        """All entries, by number; looked for in the whole file where the header does not lead to them."""
        directory = self._join(self._chain(first, self._fat, None), self._content, self._shift, -1)
        if not directory.base.startswith(_ROOT_NAME, directory.start, directory.end):
            self.is_broken = True
            found = self._content.base.find(_ROOT_NAME, self._content.start, self._content.end)
            if found >= 0:
                directory = Stretch(self._content.base, found, self._content.end)
        entries: list[_Raw | None] = []
        for place in range(directory.start, directory.end - _ENTRY_OCTETS + 1, _ENTRY_OCTETS):
            entry = _read_entry(directory.base, place)
            if entry is None and self.is_broken and any(directory.base[place : place + 64]):
                break
            entries.append(entry)
        return entries

    def _entries(self, raw: list[_Raw | None]) -> Iterator[Entry]:
        """Every entry with its path, storages before what they hold; then those that nothing leads to."""
        reached: set[int] = set()
        waiting: list[tuple[int, tuple[str, ...]]] = []
        roots = [number for number, entry in enumerate(raw) if entry and entry.kind is EntryKind.ROOT][:1]
        orphans = [number for number, entry in enumerate(raw) if entry]
        for number in (*roots, *orphans):
            if number in reached:
                continue
            self.is_broken |= number not in roots
            waiting.append((number, ()))
            while waiting:
                current, above = waiting.pop()
                entry = raw[current] if current < len(raw) else None
                if entry is None or current in reached:
                    continue
                reached.add(current)
                path = (*above, entry.name)[-_MOST_LEVELS:]
                yield Entry(path, entry.kind, entry.class_id, entry.first_sector, entry.octets)
                within = () if entry.kind is EntryKind.ROOT else path
                waiting.extend((other, above) for other in reversed(entry.neighbours) if other != _NO_ENTRY)
                if entry.child != _NO_ENTRY:
                    waiting.append((entry.child, within))


def _read_entry(base: bytes, place: int) -> _Raw | None:
    """The entry at this place, or None where there is none."""
    raw_name, name_octets, kind, left, right, child, class_id, first, octets, _ = _ENTRY.unpack_from(base, place)
    if kind not in (EntryKind.STORAGE, EntryKind.STREAM, EntryKind.ROOT):
        return None
    name = raw_name[: max(0, min(name_octets, 64) - 2)].decode("utf-16-le", "replace")
    return _Raw(name, EntryKind(kind), (left, right), child, class_id, first, octets)


def _count(octets: int, shift: int) -> int:
    """How many sectors hold so many octets."""
    return (octets + (1 << shift) - 1) >> shift


def _numbers(octets: bytes) -> "array[int]":
    """Little-endian numbers of four octets."""
    return array("I", struct.unpack(f"<{len(octets) // 4}I", octets[: len(octets) // 4 * 4]))
