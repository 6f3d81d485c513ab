"""UDF images: every file of every folder, and the streams that files have beside their content.

Windows shows this file system where an image has it, whatever ISO 9660 tree stands beside it; that one is read by
libarchive (`archive.py`), so both are.

Standards: ECMA-167 part 4 (file identifiers, 14.4; file entries, 14.9 and 14.17); UDF 2.60 section 2.1.1 (names).
Failure: what leads nowhere, and what is kept in a way that is not read (`volume.py`), is `udf-broken`: unscannable.
What is marked as deleted no program shows; it is in the image, which is scanned as a whole.
Limits: the budget's; every entry is read once.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Obstacle, Step, Stretch
from mx.anatomy.containers.udf.volume import Broken, Entry, Place, Volume, read_volume

_BROKEN = Obstacle("udf-broken")
_FOLDER, _STREAM_FOLDER = 4, 13
_NO_FILES = frozenset({0, 1, 2, 3, 10, 11, 12, 250, 251, 252})
_IDENTIFIER = 257
_DELETED, _PARENT = 4, 8
_LONG = struct.Struct("<IIH6x")


@dataclass(slots=True)
class _Walk:
    """What is still to be read, and what has been."""

    volume: Volume
    folders: list[tuple[str, Place]]
    seen: set[tuple[int, int]] = field(default_factory=set)


def open_udf(content: Stretch, budget: Budget) -> Iterator[Step]:
    """Every file of the image."""
    try:
        found = read_volume(content, budget)
    except (Broken, struct.error):
        found = None
    if found is None:
        yield _BROKEN
        return
    volume, root = found
    walk = _Walk(volume, [("", root)])
    while walk.folders:
        budget.check_time()
        try:
            yield from _read_folder(walk, *walk.folders.pop())
        except (Broken, struct.error):
            yield _BROKEN


def _read_folder(walk: _Walk, path: str, place: Place) -> Iterator[Step]:
    if (place.partition, place.block) in walk.seen:
        return
    walk.seen.add((place.partition, place.block))
    folder = walk.volume.entry(place)
    if folder.kind not in (_FOLDER, _STREAM_FOLDER):
        raise Broken
    for name, where in _identifiers(folder):
        try:
            yield from _read_entry(walk, f"{path}{name}", where)
        except (Broken, struct.error):
            yield _BROKEN


def _read_entry(walk: _Walk, name: str, place: Place) -> Iterator[Step]:
    """A file is a member under each of its names; a folder is read later, once."""
    walk.volume.budget.check_time()
    entry = walk.volume.entry(place)
    if entry.kind in (_FOLDER, _STREAM_FOLDER):
        walk.folders.append((f"{name}/", place))
    elif entry.kind not in _NO_FILES:
        yield Member(name, "", "udf-file", entry.content)
    if entry.streams is not None and (entry.streams.partition, entry.streams.block) not in walk.seen:
        walk.folders.append((f"{name}:", entry.streams))


def _identifiers(folder: Entry) -> Iterator[tuple[str, Place]]:
    """Names and places of what the folder holds. Raises Broken."""
    raw, position = folder.content.raw, 0
    while position + 38 <= len(raw):
        if int.from_bytes(raw[position : position + 2], "little") != _IDENTIFIER:
            raise Broken
        characteristics, name_octets = raw[position + 18], raw[position + 19]
        length, block, partition = _LONG.unpack_from(raw, position + 20)
        begin = position + 38 + int.from_bytes(raw[position + 36 : position + 38], "little")
        if not characteristics & (_DELETED | _PARENT):
            yield _name(raw[begin : begin + name_octets]), Place(partition, block, length & 0x3FFFFFFF)
        position += (begin + name_octets - position + 3) & ~3


def _name(raw: bytes) -> str:
    """By the octet before it: one octet or two for each character."""
    if raw[:1] in (b"\x10", b"\xff"):
        return raw[1:].decode("utf-16-be", "replace")
    return raw[1:].decode("latin-1")
