"""Compound files (OLE): streams and storages in a file, as .doc, .xls, .msg and embedded objects are.

The layout: [MS-CFB]; macros: [MS-OVBA] sections 2.3.4 and 2.4.1.
"""

import itertools
import struct
from collections.abc import Callable, Mapping

_SECTOR = 512
_MINI = 64
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_CUTOFF = 4096
Tree = Mapping[str, "bytes | Tree"]


def compound(tree: Tree, class_id: bytes = b"\0" * 16) -> bytes:
    """A compound file of these streams (octets) and storages (mappings)."""
    entries: list[list[object]] = [["Root Entry", 5, _FREE, _FREE, _FREE, b""]]
    entries[0][4] = _add(entries, tree)
    streams = [bytes(entry[5]) if entry[1] == 2 else b"" for entry in entries]  # type: ignore[call-overload]
    small = [len(octets) < _CUTOFF for octets in streams]
    mini, mini_fat, starts = bytearray(), list[int](), [_END] * len(entries)
    for number, octets in enumerate(streams):
        if small[number] and octets:
            starts[number] = len(mini_fat)
            mini_fat += _chain(len(mini_fat), -(-len(octets) // _MINI))
            mini += octets + b"\0" * (-len(octets) % _MINI)
    table = struct.pack(f"<{len(mini_fat)}I", *mini_fat)
    table += b"\xff" * (-len(table) % _SECTOR)
    directory_sectors = -(-len(entries) * 128 // _SECTOR)
    large = [bytes(mini), *(octets if not small[number] else b"" for number, octets in enumerate(streams))]
    needed = directory_sectors + len(table) // _SECTOR + sum(-(-len(octets) // _SECTOR) for octets in large)
    fat_sectors = 1
    while fat_sectors * 128 < fat_sectors + needed:
        fat_sectors += 1
    fat = [_FAT] * fat_sectors + _chain(fat_sectors, directory_sectors)
    table_start = len(fat) if table else _END
    fat += _chain(len(fat), len(table) // _SECTOR)
    body = bytearray()
    for number, octets in enumerate(large):
        if octets:
            starts[max(number - 1, 0)] = len(fat)
            fat += _chain(len(fat), -(-len(octets) // _SECTOR))
            body += octets + b"\0" * (-len(octets) % _SECTOR)
    fat += [_FREE] * (fat_sectors * 128 - len(fat))
    sizes = [len(mini), *map(len, streams[1:])]
    directory = b"".join(
        _entry(entry, starts[number], sizes[number], class_id if number == 0 else b"\0" * 16)
        for number, entry in enumerate(entries)
    ).ljust(directory_sectors * _SECTOR, b"\0")
    places = [number if number < fat_sectors else _FREE for number in range(109)]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIII", 0, fat_sectors, fat_sectors, 0, _CUTOFF)
    header += struct.pack("<IIII", table_start, len(table) // _SECTOR, _END, 0) + struct.pack("<109I", *places)
    return header + struct.pack(f"<{len(fat)}I", *fat) + directory + table + bytes(body)


def _chain(start: int, count: int) -> list[int]:
    return [*range(start + 1, start + count), _END] if count else []


def _add(entries: list[list[object]], tree: Tree) -> int:
    """Adds the children of one storage as a chain to the right; the number of the first."""
    # Siblings are ordered by length, then by upper-case name.
    numbers = []
    for name in sorted(tree, key=lambda name: (len(name), name.upper())):
        content = tree[name]
        number = len(entries)
        numbers.append(number)
        if isinstance(content, bytes):
            entries.append([name, 2, _FREE, _FREE, _FREE, content])
        else:
            entries.append([name, 1, _FREE, _FREE, _FREE, b""])
            entries[number][4] = _add(entries, content)
    for number, following in itertools.pairwise(numbers):
        entries[number][3] = following
    return numbers[0] if numbers else _FREE


def _entry(entry: list[object], start: int, size: int, class_id: bytes) -> bytes:
    name = str(entry[0]).encode("utf-16-le")
    fields = name.ljust(64, b"\0") + struct.pack("<HBB", len(name) + 2, int(str(entry[1])), 1)
    fields += struct.pack("<III", *entry[2:5]) + class_id + b"\0" * 20
    return fields + struct.pack("<IQ", start, size)


def ole_package(content: bytes, name: bytes = b"file.com") -> bytes:
    """An Ole10Native stream: a file that a document carries."""
    path = b"C:\\" + name + b"\0"
    inner = struct.pack("<H", 2) + name + b"\0" + path + struct.pack("<HHI", 0, 3, len(path)) + path
    inner += struct.pack("<I", len(content)) + content
    return struct.pack("<I", len(inner)) + inner


def with_package(content: bytes) -> bytes:
    """A compound file that holds one packaged file, as an embedded object of a document does."""
    return compound({"\1Ole10Native": ole_package(content), "\1CompObj": b"\1\0\xfe\xff" + b"\0" * 60})


def squeeze(text: bytes) -> bytes:
    """[MS-OVBA] compression, with literals alone."""
    out = bytearray(b"\1")
    for start in range(0, len(text), 3600):
        piece = text[start : start + 3600]
        chunk = b"".join(b"\0" + piece[at : at + 8] for at in range(0, len(piece), 8))
        out += struct.pack("<H", 0xB000 | len(chunk) - 1) + chunk
    return bytes(out)


def macro_project(source: bytes) -> Tree:
    """The storage `VBA` and what belongs to it, with one module."""
    module = b"Module1"
    directory = b"".join(
        struct.pack("<HI", number, len(octets)) + octets
        for number, octets in (
            (1, struct.pack("<I", 1)), (2, struct.pack("<I", 0x409)), (0x14, struct.pack("<I", 0x409)),
            (3, struct.pack("<H", 1252)), (4, b"VBAProject"), (5, b""), (0x40, b""), (6, b""), (0x3D, b""),
            (7, struct.pack("<I", 0)), (8, struct.pack("<I", 0)),
        )
    )  # fmt: skip
    directory += struct.pack("<HIIH", 9, 4, 1, 1) + struct.pack("<HI", 0x0C, 0) + struct.pack("<HI", 0x3C, 0)
    directory += struct.pack("<HIH", 0x0F, 2, 1) + struct.pack("<HIH", 0x13, 2, 0xFFFF)
    wide = module.decode().encode("utf-16-le")
    for number, octets in (
        (0x19, module), (0x47, wide), (0x1A, module), (0x32, wide), (0x1C, b""), (0x48, b""),
        (0x31, struct.pack("<I", 0)), (0x1E, struct.pack("<I", 0)), (0x2C, struct.pack("<H", 0xFFFF)),
        (0x21, b""), (0x2B, b""),
    ):  # fmt: skip
        directory += struct.pack("<HI", number, len(octets)) + octets
    directory += struct.pack("<HI", 0x10, 0)
    project = b'ID="{00000000-0000-0000-0000-000000000000}"\r\nModule=Module1\r\nName="VBAProject"\r\n'
    streams = {"dir": squeeze(directory), "Module1": squeeze(b'Attribute VB_Name = "Module1"\r\n' + source)}
    return {"VBA": {**streams, "_VBA_PROJECT": b"\xcc\x61\xff\xff\0\0\0"}, "PROJECT": project}


def macro_file(source: bytes) -> bytes:
    """A vbaProject.bin."""
    return compound(macro_project(source))


def shuffled(file: bytes) -> bytes:
    """The same compound file with its sectors in the reverse order: every stream lies in pieces."""
    count = len(file) // _SECTOR - 1
    fat_count = struct.unpack_from("<I", file, 44)[0]
    table = b"".join(
        file[_SECTOR * (1 + place) :][:_SECTOR] for place in struct.unpack_from(f"<{fat_count}I", file, 76)
    )
    fat = struct.unpack(f"<{len(table) // 4}I", table)

    def moved(sector: int) -> int:
        return count - 1 - sector if sector < count else sector

    sectors = [file[_SECTOR * (1 + number) :][:_SECTOR] for number in range(count)]
    directory, mini_fat = (struct.unpack_from("<I", file, at)[0] for at in (48, 60))
    sector = directory
    while sector < count:
        sectors[sector] = b"".join(_moved_entry(sectors[sector][at : at + 128], moved) for at in range(0, _SECTOR, 128))
        sector = fat[sector]
    new_fat = [_FREE] * len(fat)
    for number, following in enumerate(fat[:count]):
        new_fat[moved(number)] = moved(following)
    packed = struct.pack(f"<{len(new_fat)}I", *new_fat)
    places = [moved(place) for place in struct.unpack_from(f"<{fat_count}I", file, 76)]
    header = bytearray(file[:_SECTOR])
    struct.pack_into("<I", header, 48, moved(directory))
    struct.pack_into("<I", header, 60, moved(mini_fat))
    struct.pack_into(f"<{fat_count}I", header, 76, *places)
    body = list(reversed(sectors))
    for number, place in enumerate(places):
        body[place] = packed[number * _SECTOR : (number + 1) * _SECTOR]
    return bytes(header) + b"".join(body)


def _moved_entry(entry: bytes, moved: Callable[[int], int]) -> bytes:
    first, octets = struct.unpack_from("<IQ", entry, 116)
    is_in_sectors = entry[66] == 5 or (entry[66] == 2 and octets >= _CUTOFF)
    return entry[:116] + struct.pack("<IQ", moved(first), octets) if is_in_sectors else entry
