"""Disk images made in code: FAT12 and FAT16 volumes, tables of partitions, and the trailer of a fixed VHD."""

import struct
from collections.abc import Mapping, Sequence

SECTOR, ROOT_ENTRIES = 512, 224
_FOLDER = 0x10


def fat_image(
    files: Mapping[str, bytes],
    *,
    clusters: int = 2000,
    is_scattered: bool = False,
    label: bytes | None = None,
    folder: Mapping[str, bytes] | None = None,
) -> bytes:
    """A volume with these files by short name (`EICAR.COM`), and a folder `DIR`; from 4,085 clusters on it is FAT16.

    `is_scattered`: no two clusters of a file lie side by side.
    """
    volume = _Volume(clusters, 2 if is_scattered else 1)
    root = b"".join(volume.entry(name, content) for name, content in files.items())
    if folder is not None:
        inner = b"".join(volume.entry(name, content) for name, content in folder.items())
        root += volume.entry("DIR", inner.ljust(SECTOR, b"\0"), attributes=_FOLDER)
    return volume.image(root, label)


def entry_of(name: str, first: int, octets: int, attributes: int = 0x20) -> bytes:
    """A directory entry."""
    base, _, extension = name.encode("cp437").partition(b".")
    return struct.pack("<8s3sB14xHI", base.ljust(8), extension.ljust(3), attributes, first, octets)


class _Volume:
    """Clusters that are given out one after the other."""

    def __init__(self, clusters: int, step: int) -> None:
        self.clusters, self.step, self.bits = clusters, step, 12 if clusters < 4085 else 16
        self.next, self.links, self.data = 2, {0: 0xFFF8, 1: 0xFFFF}, bytearray(clusters * SECTOR)

    def entry(self, name: str, content: bytes, attributes: int = 0x20) -> bytes:
        """Store these octets; what names them."""
        pieces = [content[place : place + SECTOR] for place in range(0, len(content), SECTOR)]
        numbers = [self.next + index * self.step for index in range(len(pieces))]
        for number, after, piece in zip(numbers, [*numbers[1:], 0xFFFF], pieces, strict=False):
            self.links[number] = after
            self.data[(number - 2) * SECTOR : (number - 2) * SECTOR + len(piece)] = piece
        self.next += len(pieces) * self.step
        octets = 0 if attributes & _FOLDER else len(content)
        return entry_of(name, numbers[0] if numbers else 0, octets, attributes)

    def image(self, root: bytes, label: bytes | None = None) -> bytes:
        """The whole of it."""
        return volume_of(self.bits, self.clusters, self.links, root, bytes(self.data), label)


def volume_of(
    bits: int, clusters: int, links: Mapping[int, int], root: bytes, data: bytes, label: bytes | None = None
) -> bytes:
    """A volume with this table, this root directory and these clusters."""
    table = _table(bits, clusters, links)
    fat_sectors = len(table) // SECTOR
    sectors = 1 + 2 * fat_sectors + ROOT_ENTRIES * 32 // SECTOR + clusters
    sizes = (SECTOR, 1, 1, 2, ROOT_ENTRIES, 0, 0xF8, fat_sectors, 0, 0, 0)
    boot = b"\xeb\x3c\x90MSDOS5.0" + struct.pack("<HBHBHHBHHHI", *sizes)
    boot += struct.pack("<I", sectors) + b"\x80\0\x29\1\2\3\4NO NAME    " + (label or b"FAT%d   " % bits)
    boot = boot.ljust(510, b"\0") + b"\x55\xaa"
    return boot + table * 2 + root.ljust(ROOT_ENTRIES * 32, b"\0") + data


def _table(bits: int, clusters: int, links: Mapping[int, int]) -> bytes:
    numbers = [links.get(number, 0) & ((1 << bits) - 1) for number in range(clusters + 2)]
    if bits == 16:
        table = struct.pack(f"<{len(numbers)}H", *numbers)
    else:
        numbers += [0] * (len(numbers) % 2)
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        table = b"".join((low | high << 12).to_bytes(3, "little") for low, high in pairs)
    return table.ljust(-(-len(table) // SECTOR) * SECTOR, b"\0")


def disk_of(partitions: Sequence[tuple[int, bytes]]) -> bytes:
    """A disk with a table of these partitions: kind and octets."""
    table, body = b"", b""
    for kind, octets in partitions:
        first, sectors = 1 + len(body) // SECTOR, -(-len(octets) // SECTOR)
        table += struct.pack("<B3xB3xII", 0x80, kind, first, sectors)
        body += octets.ljust(sectors * SECTOR, b"\0")
    return bytes(446) + table.ljust(64, b"\0") + b"\x55\xaa" + body


def fixed_vhd(disk: bytes) -> bytes:
    """The disk, and the trailer that makes it a fixed VHD."""
    return disk + b"conectix" + bytes(504)
