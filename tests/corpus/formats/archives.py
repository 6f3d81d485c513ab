"""Archives of one stored member in formats that the standard library cannot write: enough for every unpacker to open.

Sources of the layouts: the formats' published technical notes (RAR technote, Microsoft's [MS-CAB], lha's header levels,
ECMA-119, 7zFormat.txt).
"""

import binascii
import struct
import zlib


def rar4(content: bytes, name: bytes = b"file.com", flags: int = 0) -> bytes:
    """RAR 1.5 to 4: marker, archive header, one stored file."""
    archive = _rar4_block(0x73, 0, b"\0" * 6)
    fields = struct.pack("<IIBIIBBHI", len(content), len(content), 0, zlib.crc32(content), 0x5B780000, 20, 0x30,
                         len(name), 32) + name  # fmt: skip
    return (
        b"Rar!\x1a\7\0" + archive + _rar4_block(0x74, 0x8000 | flags, fields) + content + _rar4_block(0x7B, 0x4000, b"")
    )


def _rar4_block(kind: int, flags: int, fields: bytes) -> bytes:
    head = struct.pack("<BHH", kind, flags, len(fields) + 7) + fields
    return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head


def rar5(content: bytes, name: bytes = b"file.com", encrypted: bool = False) -> bytes:
    """RAR 5: the same; `encrypted` puts an encryption header first, so that not even names can be read."""
    start = b"Rar!\x1a\7\1\0"
    if encrypted:
        return start + _rar5_block(_vints(4, 0, 0, 0) + bytes([15]) + b"s" * 16) + b"\xaa" * 64
    file = _vints(2, 2, len(content), 0, len(content), 0x20, 0, 1, len(name)) + name
    return start + _rar5_block(_vints(1, 0, 0)) + _rar5_block(file) + content + _rar5_block(_vints(5, 0, 0))


def _vints(*numbers: int) -> bytes:
    out = bytearray()
    for number in numbers:
        left = number
        while left > 0x7F:
            out.append(left & 0x7F | 0x80)
            left >>= 7
        out.append(left)
    return bytes(out)


def _rar5_block(fields: bytes) -> bytes:
    sized = _vints(len(fields)) + fields
    return struct.pack("<I", zlib.crc32(sized)) + sized


def cab(content: bytes, name: bytes = b"file.com", is_packed: bool = True) -> bytes:
    """A cabinet of one folder and one file, stored or MSZIP."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = b"CK" + packer.compress(content) + packer.flush() if is_packed else content
    block = struct.pack("<HH", len(data), len(content))
    block = struct.pack("<I", _cab_sum(block, _cab_sum(data, 0))) + block + data
    file = struct.pack("<IIHHHH", len(content), 0, 0, 0x5B78, 0, 0x20) + name + b"\0"
    first_data = 36 + 8 + len(file)
    header = b"MSCF" + struct.pack("<IIIIIBBHHHHH", 0, first_data + len(block), 0, 44, 0, 3, 1, 1, 1, 0, 0, 0)
    return header + struct.pack("<IHH", first_data, 1, 1 if is_packed else 0) + file + block


def _cab_sum(octets: bytes, start: int) -> int:
    total = start
    whole = len(octets) // 4 * 4
    for (word,) in struct.iter_unpack("<I", octets[:whole]):
        total ^= word
    rest = octets[whole:]
    return total ^ int.from_bytes(rest, "big")


def lha(content: bytes, name: bytes = b"file.com") -> bytes:
    """LHA, method lh0 (stored), header level 0."""
    body = b"-lh0-" + struct.pack("<IIIBB", len(content), len(content), 0x5B780000, 0x20, 0)
    body += bytes([len(name)]) + name + struct.pack("<H", _crc16(content))
    return bytes([len(body), sum(body) & 0xFF]) + body + content + b"\0"


def _crc16(octets: bytes) -> int:
    crc = 0
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def arj(content: bytes, name: bytes = b"file.com") -> bytes:
    """ARJ: archive header, one stored file."""

    def header(kind: int, text: bytes, sizes: tuple[int, int, int]) -> bytes:
        first = struct.pack("<BBBBBBBBIIIIHHH", 30, 11, 1, 0, 0, 0, kind, 0, 0x5B780000, *sizes, 0, 0x20, 0)
        head = first + text + b"\0\0"
        return b"\x60\xea" + struct.pack("<H", len(head)) + head + struct.pack("<I", zlib.crc32(head)) + b"\0\0"

    member = header(0, name, (len(content), len(content), zlib.crc32(content)))
    return header(2, b"a.arj", (0, 0, 0)) + member + content + b"\x60\xea\0\0"


def ace(content: bytes) -> bytes:
    """As much of an ACE as any reader looks at first."""
    head = struct.pack("<BH", 0, 0x9000) + b"**ACE**" + b"\x14\x14\2\0" + b"\0" * 16
    return struct.pack("<HH", binascii.crc32(head) & 0xFFFF, len(head)) + head + content


def seven_zip(content: bytes, name: str = "file.com", coder: bytes = b"\1\0", packed: bytes | None = None,
              folder_size: int | None = None) -> bytes:  # fmt: skip
    """A 7z of one file with a plain header; the coder is Copy unless another one is given with what it packed."""
    stream = content if packed is None else packed
    size = len(content) if folder_size is None else folder_size
    pack = b"\6" + _number7(0) + _number7(1) + b"\x09" + _number7(len(stream)) + b"\0"
    folder = b"\7\x0b" + _number7(1) + b"\0" + _number7(1) + coder + b"\x0c" + _number7(size) + b"\0"
    digests = b"\x08\x0a\1" + struct.pack("<I", zlib.crc32(content)) + b"\0"
    names = b"\0" + name.encode("utf-16-le") + b"\0\0"
    files = b"\5" + _number7(1) + b"\x11" + _number7(len(names)) + names + b"\0"
    header = b"\1\4" + pack + folder + digests + b"\0" + files + b"\0"
    start = struct.pack("<QQI", len(stream), len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(start)) + start + stream + header


def _number7(number: int) -> bytes:
    """7z's numbers: the first octet's leading ones say how many follow."""
    if number < 0x80:
        return bytes([number])
    if number < 0x4000:
        return bytes([0x80 | number >> 8, number & 0xFF])
    return b"\xff" + struct.pack("<Q", number)


def iso(content: bytes, name: bytes = b"FILE.COM;1") -> bytes:
    """ISO 9660 with one file in its root."""
    sector = 2048

    def both(number: int) -> bytes:
        return struct.pack("<I", number) + struct.pack(">I", number)

    def record(label: bytes, where: int, size: int, flags: int) -> bytes:
        fields = b"\0" + both(where) + both(size) + b"\x7e\1\1\0\0\0\0" + bytes([flags]) + b"\0\0"
        fields += b"\1\0\0\1" + bytes([len(label)]) + label
        fields += b"\0" * (len(fields) % 2 == 0)
        return bytes([len(fields) + 1]) + fields

    root = record(b"\0", 20, sector, 2)
    volume = b"\1CD001\1\0" + b" " * 32 + b"DISK".ljust(32) + b"\0" * 8 + both(22) + b"\0" * 32
    volume += b"\1\0\0\1\1\0\0\1" + struct.pack("<H", sector) + struct.pack(">H", sector) + both(10)
    volume += struct.pack("<II", 18, 0) + struct.pack(">II", 19, 0) + root + b" " * 623 + b"0" * 68 + b"\1"
    table = b"\1\0" + struct.pack("<I", 20) + b"\1\0\0\0"
    directory = root + record(b"\1", 20, sector, 2) + record(name, 21, len(content), 0)
    sectors = [volume, b"\xffCD001\1", table, table, directory, content]
    return b"\0" * 16 * sector + b"".join(each.ljust(sector, b"\0") for each in sectors)


def cpio(content: bytes, name: bytes = b"file.com") -> bytes:
    """cpio, new ASCII form."""

    def entry(label: bytes, octets: bytes, mode: int) -> bytes:
        numbers = (1, mode, 0, 0, 1, 0, len(octets), 0, 0, 0, 0, len(label) + 1, 0)
        head = b"070701" + b"".join(b"%08X" % number for number in numbers) + label + b"\0"
        return head + b"\0" * (-len(head) % 4) + octets + b"\0" * (-len(octets) % 4)

    return entry(name, content, 0o100644) + entry(b"TRAILER!!!", b"", 0)


def unix_archive(content: bytes, name: bytes = b"file.com/") -> bytes:
    """ar, as of .deb and .lib files."""
    fields = (name.ljust(16), b"0".ljust(12), b"0".ljust(6), b"0".ljust(6), b"100644".ljust(8))
    return (
        b"!<arch>\n"
        + b"".join(fields)
        + (b"%d" % len(content)).ljust(10)
        + b"`\n"
        + content
        + b"\n" * (len(content) % 2)
    )


def apple_single(entries: dict[int, bytes]) -> bytes:
    """An AppleSingle file with these entries by their numbers: 1 is the data fork, 2 the resource fork."""
    place = 26 + 12 * len(entries)
    table = b""
    for number, octets in entries.items():
        table += struct.pack(">III", number, place, len(octets))
        place += len(octets)
    return b"\0\5\x16\0\0\2\0\0" + bytes(16) + struct.pack(">H", len(entries)) + table + b"".join(entries.values())


def macbinary(data: bytes, resource: bytes, name: bytes = b"file.com") -> bytes:
    """A MacBinary II file with these forks."""
    head = bytearray(128)
    head[1 : 2 + len(name)] = bytes([len(name)]) + name
    head[65:73] = b"????????"
    head[83:91] = struct.pack(">II", len(data), len(resource))
    head[122:124] = b"\x81\x81"
    return bytes(head) + b"".join(fork + bytes(-len(fork) % 128) for fork in (data, resource))
