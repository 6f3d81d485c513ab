"""FAT file systems (FAT12, FAT16, FAT32): what the image of a diskette, stick or disk holds, as programs show it.

A file whose clusters lie in a row is a stretch of the image; others are put together. Long names stand beside short
ones. What was deleted, and what no directory names, no program shows: it is in the image, which is scanned as a whole.

Standards: Microsoft's FAT specification (2000): which FAT it is, is told by the number of clusters, never by its label.
Failure: a table, a directory or a chain that leads nowhere, in a ring, or into another file is `fat-broken`; two copies
of the table that differ, and a label that names another FAT than it is, are `fat-doubtful`: programs may then read
something else. All are unscannable.
Limits: the budget's; every cluster is read once.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Obstacle, Step, Stretch

_BOOT = struct.Struct("<11xHBHBHH1xH8xI")
_BOOT_OCTETS, _ENTRY_OCTETS = 512, 32
_SECTORS, _CLUSTERS = frozenset({512, 1024, 2048, 4096}), frozenset(1 << power for power in range(8))
_MOST_FAT12, _MOST_FAT16 = 4085, 65525
_LONG_NAME, _VOLUME, _FOLDER = 0x0F, 0x08, 0x10
_DELETED, _END_OF_FOLDER, _SPELLED_E5 = 0xE5, 0x00, 0x05
_LABELS = {12: b"FAT12   ", 16: b"FAT16   ", 32: b"FAT32   "}
_NAMED = re.compile(rb".{54}FAT1[26] |.{82}FAT32 ", re.DOTALL)
_BROKEN, _DOUBTFUL = Obstacle("fat-broken"), Obstacle("fat-doubtful")


@dataclass(frozen=True, slots=True)
class _Volume:
    """Where everything is; places are within the base of the image."""

    image: Stretch
    bits: int
    cluster_octets: int
    clusters: int
    table: bytes
    root: Stretch | int
    """A stretch of its own, or the first cluster of it."""
    data: int
    is_doubtful: bool
    used: bytearray
    """Of each cluster, whether it has been read."""


@dataclass(slots=True)
class _Folder:
    """A folder that is still to be read."""

    path: str
    raw: bytes
    long_name: list[bytes] = field(default_factory=list)


class _Broken(Exception):
    """The structure leads nowhere."""


def open_fat(content: Stretch, budget: Budget) -> Iterator[Step]:
    """Every file of the volume."""
    volume = _volume_of(content)
    if volume is None:
        # Without the name a few octets were like those of a volume, and that was all.
        if _NAMED.match(content.base, content.start, content.end):
            yield _BROKEN
        return
    if volume.is_doubtful:
        yield _DOUBTFUL
    try:
        raw = volume.root.raw if isinstance(volume.root, Stretch) else _joined(volume, volume.root, budget).raw
    except _Broken:
        yield _BROKEN
        return
    folders = [_Folder("", raw)]
    while folders:
        yield from _read_folder(volume, folders.pop(), folders, budget)


def _volume_of(image: Stretch) -> _Volume | None:
    boot = image.base[image.start : image.start + _BOOT_OCTETS]
    if len(boot) < _BOOT_OCTETS:
        return None
    sector, per_cluster, reserved, copies, root_entries, small, fat_small, large = _BOOT.unpack_from(boot)
    fat_sectors, sectors = fat_small or int.from_bytes(boot[36:40], "little"), small or large
    if sector not in _SECTORS or per_cluster not in _CLUSTERS or not (reserved and copies and fat_sectors and sectors):
        return None
    table_at = image.start + reserved * sector
    root_at = table_at + copies * fat_sectors * sector
    data = root_at + -(-root_entries * _ENTRY_OCTETS // sector) * sector
    clusters = (sectors - (data - image.start) // sector) // per_cluster
    bits = 12 if clusters < _MOST_FAT12 else 16 if clusters < _MOST_FAT16 else 32
    fat_octets = fat_sectors * sector
    table = image.base[table_at : min(table_at + fat_octets, image.end)]
    if clusters < 1 or data > image.end or len(table) * 8 < (clusters + 2) * bits:
        return None
    others = (
        image.base[table_at + number * fat_octets : table_at + (number + 1) * fat_octets] for number in range(1, copies)
    )
    root: Stretch | int = Stretch(image.base, root_at, min(root_at + root_entries * _ENTRY_OCTETS, image.end))
    if bits == 32:
        root = int.from_bytes(boot[44:48], "little")
    label = boot[82:90] if not fat_small else boot[54:62]
    is_doubtful = any(other != table for other in others) or (label in _LABELS.values() and label != _LABELS[bits])
    return _Volume(image, bits, per_cluster * sector, clusters, table, root, data, is_doubtful, bytearray(clusters + 2))


def _read_folder(volume: _Volume, folder: _Folder, folders: list[_Folder], budget: Budget) -> Iterator[Step]:
    for place in range(0, len(folder.raw) - _ENTRY_OCTETS + 1, _ENTRY_OCTETS):
        entry = folder.raw[place : place + _ENTRY_OCTETS]
        if entry[0] == _END_OF_FOLDER:
            return
        if not place % (1 << 16):
            budget.check_time()
        if entry[11] & 0x3F == _LONG_NAME and entry[0] != _DELETED:
            folder.long_name.append(entry)
            continue
        pieces, folder.long_name = folder.long_name, []
        if entry[0] == _DELETED or entry[11] & _VOLUME or entry[:2] in (b". ", b".."):
            continue
        try:
            yield from _read_entry(volume, folder.path, entry, pieces, folders, budget)
        except _Broken:
            yield _BROKEN


def _read_entry(
    volume: _Volume, path: str, entry: bytes, pieces: list[bytes], folders: list[_Folder], budget: Budget
) -> Iterator[Step]:
    short = _short_name(entry)
    name = _long_name(pieces, entry) or short
    size, first = int.from_bytes(entry[28:32], "little"), int.from_bytes(entry[26:28], "little")
    if volume.bits == 32:
        first |= int.from_bytes(entry[20:22], "little") << 16
    if entry[11] & _FOLDER:
        folders.append(_Folder(f"{path}{name}/", _joined(volume, first, budget).raw))
    elif size or first:
        content = _joined(volume, first, budget) if first else Stretch(b"", 0, 0)
        names = (f"{path}{short}",) if short != name else ()
        cut = Stretch(content.base, content.start, min(content.start + size, content.end))
        yield Member(f"{path}{name}", "", "fat-file", cut, names=names)
        if size > content.octets:
            raise _Broken


def _joined(volume: _Volume, first: int, budget: Budget) -> Stretch:
    """The octets of a chain of clusters. Raises _Broken."""
    chain = list(_chain(volume, first))
    if not chain:
        raise _Broken
    budget.check_time()
    places = [volume.data + (number - 2) * volume.cluster_octets for number in chain]
    if chain[-1] - chain[0] == len(chain) - 1 and sorted(chain) == chain:
        end = min(places[-1] + volume.cluster_octets, volume.image.end)
        return Stretch(volume.image.base, min(places[0], end), end)
    budget.charge_octets(len(chain) * volume.cluster_octets)
    pieces = [volume.image.base[place : min(place + volume.cluster_octets, volume.image.end)] for place in places]
    joined = b"".join(pieces)
    return Stretch(joined, 0, len(joined))


def _chain(volume: _Volume, number: int) -> Iterator[int]:
    """The clusters from this one on; none may have been read before. Raises _Broken."""
    last = {12: 0xFF8, 16: 0xFFF8, 32: 0x0FFFFFF8}[volume.bits]
    while number < last:
        if not 2 <= number < volume.clusters + 2 or volume.used[number]:
            raise _Broken
        volume.used[number] = 1
        yield number
        number = _next(volume, number)


def _next(volume: _Volume, number: int) -> int:
    if volume.bits == 12:
        pair = int.from_bytes(volume.table[number * 3 // 2 : number * 3 // 2 + 2], "little")
        return pair >> 4 if number & 1 else pair & 0xFFF
    octets = volume.bits // 8
    return int.from_bytes(volume.table[number * octets : (number + 1) * octets], "little") & 0x0FFFFFFF


def _short_name(entry: bytes) -> str:
    raw = bytes([_DELETED]) + entry[1:11] if entry[0] == _SPELLED_E5 else entry[:11]
    name, extension = (part.decode("cp437").rstrip() for part in (raw[:8], raw[8:11]))
    return f"{name}.{extension}" if extension else name


def _long_name(pieces: list[bytes], entry: bytes) -> str:
    """What the entries before it spell, the last piece first; empty where they belong to another."""
    total = 0
    for octet in entry[:11]:
        total = ((total & 1) << 7) + (total >> 1) + octet & 0xFF
    if not pieces or any(piece[13] != total for piece in pieces):
        return ""
    raw = b"".join(piece[1:11] + piece[14:26] + piece[28:32] for piece in reversed(pieces))
    return raw.decode("utf-16-le", "replace").partition("\0")[0]
