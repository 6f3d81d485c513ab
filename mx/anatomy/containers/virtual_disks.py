"""Virtual disks that grow, VHD and VHDX: their blocks put in order, and every partition of what that makes.

Windows mounts both like a disk that was plugged in. A fixed VHD is the disk itself, and opened as such.

Standards: Microsoft's VHD specification 1.0 (2006); MS-VHDX 6.0.
Failure: blocks that lie outside of the file, and structures that lead nowhere, are `virtual-disk-broken`. A disk that
needs another one, one whose log has not been played back, and a block whose map of sectors leaves out what it holds are
`virtual-disk-doubtful`: programs may read something else. A disk without a file system that can be known is
`virtual-disk-unknown`. All are unscannable; a disk that holds nothing but zeros is empty.
Limits: the budget's; what lies behind the last block that is kept is zeros, and left out.
"""

import struct
from collections.abc import Callable, Iterable, Iterator

from mx.anatomy.budget import Budget, LimitReached
from mx.anatomy.containers.contract import Member, Obstacle, Step, Stretch, whole
from mx.anatomy.containers.partitions import looks_like_fat, open_partitions

_BROKEN, _DOUBTFUL = Obstacle("virtual-disk-broken"), Obstacle("virtual-disk-doubtful")
_UNKNOWN = Obstacle("virtual-disk-unknown")
_SECTOR, _MEBIBYTE = 512, 1 << 20
_DYNAMIC = 3
_NOT_KEPT = 0xFFFFFFFF
_REGIONS_AT = (192 << 10, 256 << 10)
_HEADERS_AT = (64 << 10, 128 << 10)
_BLOCK_MAP = bytes.fromhex("6677c22d23f600429d64115e9bfd4a08")
_METADATA = bytes.fromhex("06a27c8b90479a4bb8fe575f050f886e")
_FILE_PARAMETERS = bytes.fromhex("3767a1ca36fa434db3b633f0aa44e76b")
_SECTOR_SIZE = bytes.fromhex("1dbf41816fa90947ba47f233a8faab5f")
_HAS_PARENT = 2
_KEPT, _PARTLY_KEPT = 6, 7
_SECTORS_IN_CHUNK = 1 << 23
_MOST_BLOCKS = 1 << 16


_Blocks = tuple[int, dict[int, int]]
"""How large a block is, and by number where each lies that is kept."""


class _Broken(Exception):
    """The structure leads nowhere."""


class _Doubtful(Exception):
    """Programs may read something else."""


def open_vhd(content: Stretch, budget: Budget) -> Iterator[Step]:
    """The disk, and its partitions."""
    yield from _open(content, budget, _vhd_blocks)


def open_vhdx(content: Stretch, budget: Budget) -> Iterator[Step]:
    """The disk, and its partitions."""
    yield from _open(content, budget, _vhdx_blocks)


def _open(content: Stretch, budget: Budget, blocks_of: Callable[[Stretch], _Blocks]) -> Iterator[Step]:
    try:
        block_octets, places = blocks_of(content)
        disk = _joined(content, block_octets, places, budget)
    except (_Broken, struct.error):
        yield _BROKEN
        return
    except _Doubtful:
        yield _DOUBTFUL
        return
    yield from _show(disk, budget)


def _show(disk: Stretch, budget: Budget) -> Iterator[Step]:
    raw = disk.raw
    if not raw.strip(b"\0"):
        return
    yield Member("disk", "", "virtual-disk", disk)
    if looks_like_fat(disk):
        return
    steps = list(open_partitions(disk, budget)) if raw[510:512] == b"\x55\xaa" else []
    yield from steps or [_UNKNOWN]


def _joined(content: Stretch, block_octets: int, places: dict[int, int], budget: Budget) -> Stretch:
    if not places:
        return whole(b"")
    octets = (max(places) + 1) * block_octets
    budget.charge_octets(octets)
    pieces: list[bytes] = []
    position = 0
    for number in sorted(places):
        budget.check_time()
        place = content.start + places[number]
        is_cut = place + block_octets > content.end
        # The last block may be cut where the disk ends within it.
        if is_cut and (place >= content.end or number != max(places)):
            raise _Broken
        pieces.append(bytes(number * block_octets - position))
        pieces.append(content.base[place : min(place + block_octets, content.end)])
        position = (number + 1) * block_octets
    return whole(b"".join(pieces))


def _vhd_blocks(content: Stretch) -> _Blocks:
    footer = _piece(content, 0, _SECTOR)
    header_at, kind = int.from_bytes(footer[16:24], "big"), int.from_bytes(footer[60:64], "big")
    if kind != _DYNAMIC:
        raise _Doubtful
    header = _piece(content, header_at, 1024)
    table_at, _, entries, block_octets = struct.unpack_from(">QIII", header, 16)
    if header[:8] != b"cxsparse" or not block_octets or block_octets % _SECTOR or block_octets > 256 * _MEBIBYTE:
        raise _Broken
    map_octets = -(-block_octets // _SECTOR // 8 // _SECTOR) * _SECTOR
    table = struct.iter_unpack(">I", _piece(content, table_at, 4 * entries))
    kept = _each_once((number, sector) for number, (sector,) in enumerate(table) if sector != _NOT_KEPT)
    for sector in kept.values():
        _check_map(content, sector * _SECTOR, map_octets, block_octets)
    return block_octets, {number: sector * _SECTOR + map_octets for number, sector in kept.items()}


def _check_map(content: Stretch, place: int, map_octets: int, block_octets: int) -> None:
    """Raises _Doubtful where the map leaves out a sector that holds something."""
    sectors = block_octets // _SECTOR
    mapped = _piece(content, place, map_octets)
    if mapped[: sectors // 8].count(0xFF) == sectors // 8:
        return
    data = content.start + place + map_octets
    for number in range(sectors):
        if not mapped[number >> 3] & (0x80 >> (number & 7)):
            begin = data + number * _SECTOR
            if content.base[begin : min(begin + _SECTOR, content.end)].strip(b"\0"):
                raise _Doubtful


def _vhdx_blocks(content: Stretch) -> _Blocks:
    headers = [_piece(content, at, 64) for at in _HEADERS_AT]
    current = max((each for each in headers if each[:4] == b"head"), key=lambda each: each[8:16][::-1], default=b"")
    if current[48:64].strip(b"\0"):
        raise _Doubtful
    regions = _regions(content)
    block_octets, sector_octets = _parameters(content, regions.get(_METADATA))
    place, octets = regions.get(_BLOCK_MAP, (0, 0))
    in_chunk = _SECTORS_IN_CHUNK * sector_octets // block_octets
    return block_octets, _each_once(_kept(_piece(content, place, octets // 8 * 8), in_chunk))


def _kept(table: bytes, in_chunk: int) -> Iterator[tuple[int, int]]:
    """Number and place of each block that is kept; behind so many of them stands what a map of sectors needs."""
    for number, (entry,) in enumerate(struct.iter_unpack("<Q", table)):
        chunk, within = divmod(number, in_chunk + 1)
        if within == in_chunk:
            continue
        if entry & 7 == _PARTLY_KEPT:
            raise _Doubtful
        if entry & 7 == _KEPT:
            yield chunk * in_chunk + within, entry >> 20 << 20


def _each_once(blocks: Iterable[tuple[int, int]]) -> dict[int, int]:
    """The blocks by number; none may stand for two. Raises _Doubtful, LimitReached."""
    places: dict[int, int] = {}
    for number, place in blocks:
        places[number] = place
        if len(places) > _MOST_BLOCKS:
            raise LimitReached("octets")
    if len(set(places.values())) < len(places):
        raise _Doubtful
    return places


def _regions(content: Stretch) -> dict[bytes, tuple[int, int]]:
    """Where each region lies, by the first table that can be read."""
    for at in _REGIONS_AT:
        table = _piece(content, at, 64 << 10)
        if table[:4] == b"regi":
            count = min(int.from_bytes(table[8:12], "little"), 2047)
            entries = (table[16 + 32 * number : 48 + 32 * number] for number in range(count))
            return {
                entry[:16]: (int.from_bytes(entry[16:24], "little"), int.from_bytes(entry[24:28], "little"))
                for entry in entries
            }
    raise _Broken


def _parameters(content: Stretch, region: tuple[int, int] | None) -> tuple[int, int]:
    """The sizes of a block and of a sector. Raises _Broken, _Doubtful."""
    if region is None:
        raise _Broken
    place, _ = region
    table = _piece(content, place, 64 << 10)
    count = min(int.from_bytes(table[10:12], "little"), 2047)
    items: dict[bytes, int] = {}
    for number in range(count):
        entry = table[32 + 32 * number : 64 + 32 * number]
        items[entry[:16]] = place + int.from_bytes(entry[16:20], "little")
    if _FILE_PARAMETERS not in items or _SECTOR_SIZE not in items:
        raise _Broken
    block_octets, flags = struct.unpack("<II", _piece(content, items[_FILE_PARAMETERS], 8))
    (sector_octets,) = struct.unpack("<I", _piece(content, items[_SECTOR_SIZE], 4))
    if flags & _HAS_PARENT:
        raise _Doubtful
    if sector_octets not in (512, 4096) or not _MEBIBYTE <= block_octets <= 256 * _MEBIBYTE or block_octets % _MEBIBYTE:
        raise _Broken
    return block_octets, sector_octets


def _piece(content: Stretch, place: int, octets: int) -> bytes:
    """So many octets from there. Raises _Broken where there are fewer."""
    begin = content.start + place
    if begin + octets > content.end:
        raise _Broken
    return content.base[begin : begin + octets]
