"""A rar archive's own headers, of both generations: what they say is within, whoever unpacks it.

`archive.py` asks libarchive for the content, and these headers for what libarchive does not tell: that headers or files
are encrypted, and what these files are called, that there are files it passed over, and named streams, which other
programs write beside a file.

Standards: none; the published descriptions of the RAR 4 and RAR 5 archive formats.
Failure: headers that make no sense end the walk; nothing is raised.
Limits: MOST_BLOCKS.
"""

import struct
import zlib
from dataclasses import dataclass, field

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Stretch
from mx.anatomy.containers.rar.names import names_4, names_5, number_at

MOST_BLOCKS = 20_000
_MARK_4, _MARK_5 = b"Rar!\x1a\x07\x00", b"Rar!\x1a\x07\x01\x00"
_BLOCK_4 = struct.Struct("<HBHH")
_ARCHIVE_4, _FILE_4, _SERVICE_4, _END_4 = 0x73, 0x74, 0x7A, 0x7B
_FILE_5, _SERVICE_5, _ENCRYPTION_5, _END_5 = 2, 3, 4, 5
_STREAM = b"STM"


@dataclass(slots=True)
class Walk:
    """What the headers say."""

    is_valid: bool = False
    """The first header's checksum is right: this is a rar archive."""
    has_encrypted_headers: bool = False
    has_streams: bool = False
    has_parts: bool = False
    """A file continues in another volume, or comes from one."""
    files: int = 0
    """Files with packed content."""
    encrypted_files: list[tuple[str, ...]] = field(default_factory=list)
    """Every name of each file that is encrypted."""


def walk_headers(content: Stretch, budget: Budget) -> Walk:
    """Read the headers of the archive that begins here."""
    if content.base.startswith(_MARK_5, content.start, content.end):
        return _walk_5(content, content.start + len(_MARK_5), budget)
    if content.base.startswith(_MARK_4, content.start, content.end):
        return _walk_4(content, content.start + len(_MARK_4), budget)
    return Walk()


def _walk_4(content: Stretch, place: int, budget: Budget) -> Walk:
    base, seen = content.base, Walk()
    for number in range(MOST_BLOCKS):
        if place + _BLOCK_4.size > content.end:
            break
        budget.check_time()
        checksum, kind, flags, size = _BLOCK_4.unpack_from(base, place)
        if size < _BLOCK_4.size or place + size > content.end or kind == _END_4:
            break
        block = base[place : place + size]
        if number == 0:
            seen.is_valid = kind == _ARCHIVE_4 and zlib.crc32(block[2:]) & 0xFFFF == checksum
        packed = _packed_octets_4(block, flags)
        if kind == _ARCHIVE_4 and flags & 0x80:
            seen.has_encrypted_headers = True
            break
        if kind == _FILE_4:
            if flags & 4:
                seen.encrypted_files.append(names_4(block, flags))
            seen.has_parts |= bool(flags & 3)
            seen.files += packed > 0
        elif kind == _SERVICE_4:
            seen.has_streams |= block[32 : 32 + len(_STREAM)] == _STREAM
        place += size + packed
    return seen


def _packed_octets_4(block: bytes, flags: int) -> int:
    """How much follows a block of the fourth generation."""
    if not flags & 0x8000 and block[2] not in (_FILE_4, _SERVICE_4):
        return 0
    low = int.from_bytes(block[7:11], "little")
    is_large = block[2] in (_FILE_4, _SERVICE_4) and flags & 0x100
    return low + (int.from_bytes(block[32:36], "little") << 32 if is_large else 0)


def _walk_5(content: Stretch, place: int, budget: Budget) -> Walk:
    base, seen = content.base, Walk()
    for number in range(MOST_BLOCKS):
        budget.check_time()
        size, start = number_at(base, place + 4, content.end)
        end = start + size
        if size == 0 or end > content.end:
            break
        if number == 0:
            seen.is_valid = zlib.crc32(base[place + 4 : end]) == int.from_bytes(base[place : place + 4], "little")
        kind, position = number_at(base, start, end)
        flags, position = number_at(base, position, end)
        extra, position = number_at(base, position, end) if flags & 1 else (0, position)
        packed, position = number_at(base, position, end) if flags & 2 else (0, position)
        if kind == _ENCRYPTION_5:
            seen.has_encrypted_headers = True
            break
        if kind == _FILE_5:
            if _has_encryption_record(base, max(position, end - extra), end):
                seen.encrypted_files.append(names_5(base[position:end]))
            seen.has_parts |= bool(flags & 0x18)
            seen.files += packed > 0
        elif kind == _SERVICE_5:
            seen.has_streams |= base.find(b"\x03" + _STREAM, position, end - extra) >= 0
        elif kind == _END_5:
            break
        place = end + packed
    return seen


def _has_encryption_record(base: bytes, place: int, end: int) -> bool:
    """Whether the extra area of a file of the fifth generation says that the file is encrypted."""
    while place < end:
        size, place = number_at(base, place, end)
        kind, _ = number_at(base, place, end)
        if kind == 1 and size > 0:
            return True
        place += max(size, 1)
    return False
