"""Zips made piece by piece, so that the two headers of a member may disagree and anything may stand between them.

The format: PKWARE's APPNOTE sections 4.3 and 4.4; ZipCrypto: its section 6.1.
"""

import struct
import zlib
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Member:
    """One member; what is None is as it should be."""

    content: bytes
    name: bytes = b"file.com"
    central_name: bytes | None = None
    method: int = 8
    central_method: int | None = None
    flags: int = 0
    central_flags: int | None = None
    crc: int | None = None
    packed: bytes | None = None
    local_sizes: tuple[int, int] | None = None
    central_sizes: tuple[int, int] | None = None
    extra: bytes = b""
    has_descriptor: bool = False
    descriptor_signature: bytes = b"PK\7\x08"
    offset: int | None = None
    is_listed: bool = True
    gap: bytes = field(default=b"")
    """What stands before its local header."""


def deflate(content: bytes) -> bytes:
    """Raw deflate."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def zip_of(*members: Member, before: bytes = b"", comment: bytes = b"", count: int | None = None, shift: int = 0,
           zip64: bool = False, tail: bytes = b"") -> bytes:  # fmt: skip
    """A zip of these members; `shift` is added to every offset, `count` replaces the number of entries."""
    body, directory, listed = bytearray(before), bytearray(), 0
    for member in members:
        body += member.gap
        offset = len(body) + shift if member.offset is None else member.offset
        packed = _packed(member)
        local, central = _headers(member, len(packed), offset)
        body += local + packed
        if member.has_descriptor:
            sizes = (zlib.crc32(member.content), len(packed), len(member.content))
            body += member.descriptor_signature + struct.pack("<III", *sizes)
        if member.is_listed:
            directory += central
            listed += 1
    start = len(body) + shift
    number = listed if count is None else count
    record = b""
    if zip64:
        record = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, listed, listed, len(directory), start)
        record += b"PK\6\7" + struct.pack("<IQI", 0, start + len(directory), 1)
        number, start = 0xFFFF, 0xFFFFFFFF
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, number, number, len(directory), start, len(comment))
    return bytes(body + directory) + record + end + comment + tail


def _packed(member: Member) -> bytes:
    if member.packed is not None:
        return member.packed
    return deflate(member.content) if member.method == 8 else member.content


def _headers(member: Member, packed: int, offset: int) -> tuple[bytes, bytes]:
    crc = zlib.crc32(member.content) if member.crc is None else member.crc
    true_sizes = (packed, len(member.content))
    flags = member.flags | (8 if member.has_descriptor else 0)
    sizes = (0, 0) if member.has_descriptor else true_sizes
    sizes = member.local_sizes or sizes
    time = (0, 0x5B78)
    local = b"PK\3\4" + struct.pack("<HHHHHI", 20, flags, member.method, *time, 0 if member.has_descriptor else crc)
    local += struct.pack("<IIHH", *sizes, len(member.name), len(member.extra)) + member.name + member.extra
    name = member.name if member.central_name is None else member.central_name
    method = member.method if member.central_method is None else member.central_method
    central_flags = flags if member.central_flags is None else member.central_flags
    central = b"PK\1\2" + struct.pack("<HHHHHHI", 20, 20, central_flags, method, *time, crc)
    central += struct.pack("<II", *(member.central_sizes or true_sizes))
    return local, central + struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, offset) + name


def overlapping_zip(kernel: bytes, count: int) -> bytes:
    """So many members around one kernel, each of which holds the next one's header in a stored block of its own data.

    The members overlap though each has a header and a place of its own: nothing stands twice, and yet whoever unpacks
    it gets the kernel for each member.
    """
    data, unpacked, pieces = deflate(kernel), len(kernel), (kernel,)
    locals_, entries = [], []
    for number in reversed(range(count)):
        crc = 0
        for piece in pieces:
            crc = zlib.crc32(piece, crc)
        sizes = (len(data), unpacked)
        member = Member(b"", b"%04d" % number, crc=crc, local_sizes=sizes, central_sizes=sizes)
        local, _ = _headers(member, 0, 0)
        entries.insert(0, member)
        locals_.insert(0, local)
        data = struct.pack("<BHH", 0, len(local), len(local) ^ 0xFFFF) + local + data
        unpacked += len(local)
        pieces = (local, *pieces)
    body = data[5:]
    step = len(locals_[0]) + 5
    directory = b"".join(_headers(member, 0, number * step)[1] for number, member in enumerate(entries))
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + b"PK\5\6" + end


def zip_crypto(content: bytes, password: bytes, name: bytes = b"file.com") -> Member:
    """A member under the old cipher, which any unzip program opens with the password."""
    keys = [0x12345678, 0x23456789, 0x34567890]
    for octet in password:
        _turn(keys, octet)
    plain = b"\x11" * 11 + bytes([zlib.crc32(content) >> 24]) + deflate(content)
    packed = bytearray()
    for octet in plain:
        mask = keys[2] | 2
        packed.append(octet ^ ((mask * (mask ^ 1) >> 8) & 0xFF))
        _turn(keys, octet)
    return Member(content, name, flags=1, packed=bytes(packed))


def _turn(keys: list[int], octet: int) -> None:
    keys[0] = _crc32(keys[0], octet)
    keys[1] = (keys[1] + (keys[0] & 0xFF)) * 134775813 + 1 & 0xFFFFFFFF
    keys[2] = _crc32(keys[2], keys[1] >> 24)


def _crc32(value: int, octet: int) -> int:
    """One step of the CRC without its inversions."""
    return zlib.crc32(bytes([octet]), value ^ 0xFFFFFFFF) ^ 0xFFFFFFFF


def zipped(content: bytes, name: str = "file.bin") -> bytes:
    """A plain zip of one member; unlike the standard library's, without today's date."""
    return zip_of(Member(content, name.encode()))
