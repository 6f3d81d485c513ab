"""UDF images made block by block: what programs that burn discs write, and what they could.

The format: ECMA-167 parts 3 and 4, UDF 2.60.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

BLOCK = 2048
_FIRST = 300
"""The partition's first block."""
_METADATA_AT = 40


@dataclass(slots=True)
class _Disc:
    """The partition's blocks as they are laid out; within a metadata file where there is one."""

    block: int
    form: int
    blocks: dict[int, bytes] = field(default_factory=dict)
    next_block: int = 1
    data: dict[int, bytes] = field(default_factory=dict)
    next_data: int = 200

    def put(self, octets: bytes) -> int:
        """Where these octets lie, among the structures."""
        place = self.next_block
        self.next_block += self._lay(self.blocks, place, octets)
        return place

    def put_data(self, octets: bytes) -> int:
        """Where these octets lie, among the contents."""
        place = self.next_data
        # A block stays free behind each, so that two extents do not lie in a row.
        self.next_data += self._lay(self.data, place, octets) + 1
        return place

    def _lay(self, blocks: dict[int, bytes], place: int, octets: bytes) -> int:
        count = max(-(-len(octets) // self.block), 1)
        for number in range(count):
            blocks[place + number] = octets[number * self.block : (number + 1) * self.block].ljust(self.block, b"\0")
        return count


def _tag(kind: int, body: bytes, place: int = 0) -> bytes:
    return struct.pack("<HHBxHHHI", kind, 3, 0, 1, 0, 0, place) + body


def _long(octets: int, block: int, partition: int = 0) -> bytes:
    return struct.pack("<IIH6x", octets, block, partition)


def file_entry(kind: int, content: bytes, listed: bytes, form: int, streams: bytes = b"") -> bytes:
    """A file entry; an extended one where it has streams."""
    icb = struct.pack("<IHHHBB6xH", 0, 4, 0, 1, 0, kind, form)
    middle = bytes(20) + struct.pack("<Q", len(content))
    if streams:
        return _tag(266, icb + middle + bytes(88) + streams + bytes(40) + struct.pack("<II", 0, len(listed)) + listed)
    return _tag(261, icb + middle + bytes(104) + struct.pack("<II", 0, len(listed)) + listed)


def udf_image(
    files: Mapping[str, bytes], *, block: int = BLOCK, form: int = 0, has_metadata: bool = False, cuts: int = 1,
    hole: int = 0, streams: Mapping[str, bytes] | None = None,
) -> bytes:  # fmt: skip
    """An image with these files; `form` is how contents are listed (3: within the entry), each in so many pieces.

    `hole` puts so many zeros before each content. A name may have folders. `streams` lie beside the first file.
    """
    disc = _Disc(block, form)
    reference = 1 if has_metadata else 0
    disc.next_block = 2
    root = _folder(disc, _tree(files), cuts, hole, dict(streams or {}), reference)
    file_set = _tag(256, bytes(384) + _long(block, root, reference) + bytes(96))
    disc.blocks[0] = file_set.ljust(block, b"\0")
    return _laid_out(disc, has_metadata)


def _tree(files: Mapping[str, bytes]) -> dict[str, object]:
    tree: dict[str, object] = {}
    for path, content in files.items():
        *folders, name = path.split("/")
        at = tree
        for folder in folders:
            at = at.setdefault(folder, {})  # type: ignore[assignment]
        at[name] = content
    return tree


def _folder(disc: _Disc, tree: Mapping[str, object], cuts: int, hole: int, streams: dict[str, bytes], at: int) -> int:
    listed = _identifier("", 0, 10, at)
    for name, inner in tree.items():
        if isinstance(inner, Mapping):
            listed += _identifier(name, _folder(disc, inner, cuts, hole, {}, at), 2, at)
            continue
        beside = b""
        if streams:
            beside = _long(disc.block, _folder(disc, streams, 1, 0, {}, at), at)
            streams = {}
        assert isinstance(inner, bytes)
        listed += _identifier(name, _file(disc, inner, cuts, hole, beside), 0, at)
    if len(listed) <= disc.block - 176:
        return disc.put(file_entry(4, listed, listed, 3))
    return disc.put(file_entry(4, listed, struct.pack("<II", len(listed), disc.put(listed)), 0))


def _identifier(name: str, block: int, characteristics: int, partition: int) -> bytes:
    raw = (b"\x08" + name.encode("latin-1") if name.isascii() else b"\x10" + name.encode("utf-16-be")) if name else b""
    head = struct.pack("<HBB", 1, characteristics, len(raw)) + _long(BLOCK, block, partition) + b"\0\0"
    whole = _tag(257, head + raw)
    return whole + bytes(-len(whole) % 4)


def _file(disc: _Disc, content: bytes, cuts: int, hole: int, streams: bytes) -> int:
    shown = bytes(hole) + content
    if disc.form == 3:
        return disc.put(file_entry(5, shown, shown, 3, streams))
    size = -(-len(content) // cuts // disc.block) * disc.block or disc.block
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    extents = [(len(piece), disc.put_data(piece), 0) for piece in pieces]
    if hole:
        extents.insert(0, (hole | 2 << 30, 0, 0))
    width = "<II" if disc.form == 0 else "<IIH6x"
    listed = b"".join(struct.pack(width, *extent[: 2 if disc.form == 0 else 3]) for extent in extents)
    return disc.put(file_entry(5, shown, listed, disc.form, streams))


def _laid_out(disc: _Disc, has_metadata: bool) -> bytes:
    block = disc.block
    octets = bytearray(16 * 2048) + b"".join(
        (b"\0" + mark + b"\1").ljust(2048, b"\0") for mark in (b"BEA01", b"NSR03", b"TEA01")
    )
    maps = b"\1\6" + struct.pack("<HH", 1, 0)
    partition_blocks = dict(disc.data)
    if has_metadata:
        maps += b"\2\x40\0\0" + b"\0*UDF Metadata Partition".ljust(32, b"\0") + struct.pack("<HH", 1, 0)
        maps += struct.pack("<IIIIHBx4x", 0, 0, 0xFFFFFFFF, 32, 1, 0)
        count = max(disc.blocks) + 1
        content = bytes(count * block)
        partition_blocks[0] = file_entry(250, content, struct.pack("<II", count * block, _METADATA_AT), 0)
        partition_blocks |= {_METADATA_AT + number: raw for number, raw in disc.blocks.items()}
    else:
        partition_blocks |= disc.blocks
    logical = _tag(6, bytes(196) + struct.pack("<I", block) + bytes(32) + _long(block, 0, 1 if has_metadata else 0))
    logical += struct.pack("<II", len(maps), 2 if has_metadata else 1) + bytes(168) + maps
    partition = _tag(5, struct.pack("<IHH", 0, 1, 0) + bytes(164) + struct.pack("<II", _FIRST, 4096))
    whole = {
        256: _tag(2, struct.pack("<IIII", 4 * block, 260, 4 * block, 260), 256),
        260: partition,
        261: logical,
        262: _tag(8, b""),
        **{_FIRST + number: raw for number, raw in partition_blocks.items()},
    }
    octets += bytes((max(whole) + 1) * block - len(octets))
    for number, raw in whole.items():
        octets[number * block : number * block + len(raw)] = raw
    return bytes(octets)
