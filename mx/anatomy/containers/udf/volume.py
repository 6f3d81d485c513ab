"""A UDF volume: where its blocks are, by its anchor, its descriptors and its partition maps.

Comes in: an image. Goes out: a `Volume`, which reads extents of its partitions, and where the root folder is.

Standards: ECMA-167 (third edition) parts 3 and 4; OSTA UDF 2.60 sections 2.2 (the maps: physical, and metadata of 2.50
and later). Checksums are not believed and not checked: programs that do not check them would read on.
Failure: `Broken` for a structure that leads nowhere, for virtual and sparable partitions, and for a volume on several
discs. Limits: the budget's octets and time.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Stretch

BLOCK_SIZES = (2048, 512, 4096, 1024)
_ANCHOR_BLOCK = 256
_MOST_DESCRIPTORS, _MOST_MAPS = 256, 16
_PRIMARY_ANCHOR, _POINTER, _PARTITION, _LOGICAL, _TERMINATOR, _FILE_SET = 2, 3, 5, 6, 8, 256
_LONG = struct.Struct("<IIH6x")
_LENGTH_MASK = 0x3FFFFFFF
FILE_ENTRY, EXTENDED_FILE_ENTRY = 261, 266


class Broken(Exception):
    """The structure leads nowhere."""


@dataclass(frozen=True, slots=True)
class Place:
    """Octets of a partition: so many from this block on."""

    partition: int
    block: int
    octets: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or a folder as its entry has it."""

    kind: int
    content: Stretch
    streams: Place | None
    """The folder of what it has beside its content; where there is one."""


@dataclass(slots=True)
class Volume:
    """What is known of one."""

    image: Stretch
    block_octets: int
    budget: Budget
    partitions: dict[int, int] = field(default_factory=dict)
    """By number: the block of the image where each begins."""
    maps: list[int | Stretch] = field(default_factory=list)
    """What a reference number means: a partition's first block, or the content of a metadata file."""

    def read(self, place: Place) -> Stretch:
        """These octets as a stretch of what holds them. Raises Broken."""
        if place.partition >= len(self.maps):
            raise Broken
        mapped = self.maps[place.partition]
        if isinstance(mapped, Stretch):
            base, start, end = mapped.base, mapped.start + place.block * self.block_octets, mapped.end
        else:
            base, end = self.image.base, self.image.end
            start = self.image.start + (mapped + place.block) * self.block_octets
        if start + place.octets > end:
            raise Broken
        return Stretch(base, start, start + place.octets)

    def entry(self, place: Place) -> Entry:
        """The file entry at this place, with its content. Raises Broken, LimitReached."""
        raw = self.read(Place(place.partition, place.block, self.block_octets)).raw
        kind = int.from_bytes(raw[:2], "little")
        if kind not in (FILE_ENTRY, EXTENDED_FILE_ENTRY) or raw[20:22] != b"\4\0":
            raise Broken
        head = 176 if kind == FILE_ENTRY else 216
        attributes, descriptors = struct.unpack_from("<II", raw, head - 8)
        begin = head + attributes
        octets = int.from_bytes(raw[56:64], "little")
        if begin + descriptors > len(raw):
            raise Broken
        listed, form = raw[begin : begin + descriptors], raw[34] & 7
        if form == 3:
            content = Stretch(listed, 0, len(listed))
        else:
            content = self._joined(list(self._extents(listed, form, place.partition)), octets)
        if content.octets < octets:
            raise Broken
        return Entry(raw[27], Stretch(content.base, content.start, content.start + octets), _streams(raw, kind))

    def _extents(self, listed: bytes, form: int, partition: int) -> Iterator[Place | int]:
        """Where the content lies; a number for so many zeros."""
        size = {0: 8, 1: 16}.get(form)
        if size is None:
            raise Broken
        position, lists = 0, 0
        while position + size <= len(listed):
            length, block = struct.unpack_from("<II", listed, position)
            where = int.from_bytes(listed[position + 8 : position + 10], "little") if form else partition
            kind, octets = length >> 30, length & _LENGTH_MASK
            position += size
            if not octets:
                return
            if kind == 3:
                lists += 1
                self.budget.check_time()
                following = self.read(Place(where, block, min(octets, self.block_octets))).raw
                count = int.from_bytes(following[20:24], "little")
                listed, position = following[24 : 24 + count], 0
                if lists > _MOST_DESCRIPTORS:
                    raise Broken
            else:
                yield Place(where, block, octets) if kind == 0 else octets

    def _joined(self, extents: list[Place | int], octets: int) -> Stretch:
        """The content; a stretch of the image where it lies in one piece."""
        if len(extents) == 1 and isinstance(extents[0], Place):
            place = extents[0]
            return self.read(Place(place.partition, place.block, min(place.octets, octets)))
        pieces, total = [], 0
        for extent in extents:
            wanted = octets - total
            if wanted <= 0:
                break
            count = min(wanted, extent.octets if isinstance(extent, Place) else extent)
            self.budget.charge_octets(count)
            self.budget.check_time()
            whole = isinstance(extent, Place)
            pieces.append(self.read(Place(extent.partition, extent.block, count)).raw if whole else bytes(count))  # type: ignore[union-attr]
            total += count
        joined = b"".join(pieces)
        return Stretch(joined, 0, len(joined))


def _streams(raw: bytes, kind: int) -> Place | None:
    if kind != EXTENDED_FILE_ENTRY:
        return None
    length, block, partition = _LONG.unpack_from(raw, 152)
    return Place(partition, block, length & _LENGTH_MASK) if length & _LENGTH_MASK else None


def read_volume(image: Stretch, budget: Budget) -> tuple[Volume, Place] | None:
    """The volume and its root folder's entry; None where there is no anchor. Raises Broken, LimitReached."""
    for block_octets in BLOCK_SIZES:
        for block in _anchors(image, block_octets):
            place = image.start + block * block_octets
            anchor = image.base[place : min(place + 32, image.end)]
            if len(anchor) == 32 and anchor[:2] == b"\2\0" and anchor[12:16] == block.to_bytes(4, "little"):
                return _read_from(Volume(image, block_octets, budget), anchor)
    return None


def _anchors(image: Stretch, block_octets: int) -> tuple[int, ...]:
    last = image.octets // block_octets - 1
    return _ANCHOR_BLOCK, max(last - _ANCHOR_BLOCK, 0), max(last, 0), 512


def _read_from(volume: Volume, anchor: bytes) -> tuple[Volume, Place]:
    """What the sequence of descriptors says, or its copy."""
    for at in (16, 24):
        octets, block = struct.unpack_from("<II", anchor, at)
        logical = _read_sequence(volume, block, octets)
        if logical is not None:
            return volume, _read_logical(volume, logical)
    raise Broken


def _read_sequence(volume: Volume, block: int, octets: int) -> bytes | None:
    """The logical volume's descriptor, the latest one; the partitions are noted."""
    found: bytes | None = None
    count = min(octets // volume.block_octets, _MOST_DESCRIPTORS)
    for number in range(block, block + count):
        place = volume.image.start + number * volume.block_octets
        raw = volume.image.base[place : min(place + volume.block_octets, volume.image.end)]
        kind = int.from_bytes(raw[:2], "little")
        if kind == _TERMINATOR or len(raw) < volume.block_octets:
            break
        if kind == _PARTITION:
            partition, first = int.from_bytes(raw[22:24], "little"), int.from_bytes(raw[188:192], "little")
            volume.partitions[partition] = first
        elif kind == _LOGICAL:
            found = raw
    return found


def _read_logical(volume: Volume, raw: bytes) -> Place:
    """The root folder's place; the maps are noted. Raises Broken."""
    if int.from_bytes(raw[212:216], "little") != volume.block_octets:
        raise Broken
    position = 440
    for _ in range(min(int.from_bytes(raw[268:272], "little"), _MOST_MAPS)):
        length = raw[position + 1] if position + 1 < len(raw) else 0
        if length < 6:
            raise Broken
        _read_map(volume, raw[position : position + length])
        position += length
    length, block, partition = _LONG.unpack_from(raw, 248)
    file_set = volume.read(Place(partition, block, max(length & _LENGTH_MASK, 512))).raw
    if int.from_bytes(file_set[:2], "little") != _FILE_SET:
        raise Broken
    length, block, partition = _LONG.unpack_from(file_set, 400)
    return Place(partition, block, length & _LENGTH_MASK)


def _read_map(volume: Volume, raw: bytes) -> None:
    """One partition map. Raises Broken."""
    if raw[0] == 1 and len(raw) == 6:
        first = volume.partitions.get(int.from_bytes(raw[4:6], "little"))
    elif raw[0] == 2 and len(raw) == 64 and raw[5:28].startswith(b"*UDF Metadata Partition"):
        first = volume.partitions.get(int.from_bytes(raw[38:40], "little"))
        if first is not None:
            _read_metadata(volume, first, int.from_bytes(raw[40:44], "little"))
            return
    else:
        first = None
    if first is None:
        raise Broken
    volume.maps.append(first)


def _read_metadata(volume: Volume, first: int, block: int) -> None:
    """The metadata file, which holds the blocks of its partition."""
    # Its extents are blocks of the physical partition, so for this once that one stands in its place.
    volume.maps.append(first)
    entry = volume.entry(Place(len(volume.maps) - 1, block, volume.block_octets))
    volume.maps[-1] = entry.content
