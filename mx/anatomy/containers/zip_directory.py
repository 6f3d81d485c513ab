"""A zip's own structures: the central directory, and the header before each member.

`zip.py` reads members through these. Nothing here believes an offset or a size: each is looked up, and what does not
begin with its signature does not exist.

Standards: PKWARE APPNOTE 6.3.10 sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16, 4.5.3 (zip64).
"""

import struct
from dataclasses import dataclass

from mx.anatomy.budget import Budget, LimitReached
from mx.anatomy.containers.contract import Stretch

LOCAL_SIGNATURE = b"PK\3\4"
_CENTRAL_SIGNATURE = b"PK\1\2"
_END_SIGNATURE = b"PK\5\6"
_LOCAL = struct.Struct("<4xHHHHHIIIHH")
_CENTRAL = struct.Struct("<4xHHHHHHIIIHHHHHII")
_END = struct.Struct("<4xHHHHIIH")
_END64 = struct.Struct("<4xQHHIIQQQQ")
_LOCATOR = struct.Struct("<4xIQI")
_UTF8_FLAG = 1 << 11
_NO_SIZE = 0xFFFFFFFF
_METHODS = frozenset({*range(11), 12, 14, 16, 18, 19, 20, *range(93, 100)})
_MOST_NAME_OCTETS = 4096


@dataclass(frozen=True, slots=True)
class Entry:
    """One member as one of the two structures describes it."""

    name: str
    flags: int
    method: int
    packed_octets: int
    place: int
    """Where the member's own header stands (directory), or where its data begins (own header)."""

    @property
    def is_encrypted(self) -> bool:
        return bool(self.flags & 1)

    @property
    def has_descriptor(self) -> bool:
        """Its sizes stand behind it, not before it."""
        return bool(self.flags & 8)


def read_directory(content: Stretch, budget: Budget) -> list[Entry]:
    """The members that the last central directory lists; none when there is no such directory."""
    base = content.base
    end = base.rfind(_END_SIGNATURE, content.start, content.end)
    if end < 0 or end + _END.size > content.end:
        return []
    *_, size, offset, _ = _END.unpack_from(base, end)
    size, offset, end = _read_end64(content, end) or (size, offset, end)
    for place in (end - size, content.start + offset):
        if place >= content.start and base.startswith(_CENTRAL_SIGNATURE, place, content.end):
            return _read_entries(content, place, place - offset, budget)
    return []


def _read_end64(content: Stretch, end: int) -> tuple[int, int, int] | None:
    base, locator = content.base, end - _LOCATOR.size
    if locator < content.start or not base.startswith(b"PK\6\7", locator):
        return None
    offset = _LOCATOR.unpack_from(base, locator)[1]
    for place in (locator - _END64.size, content.start + offset):
        if content.start <= place <= end - _END64.size and base.startswith(b"PK\6\6", place):
            *_, size, directory = _END64.unpack_from(base, place)
            return size, directory, place
    return None


def _read_entries(content: Stretch, place: int, origin: int, budget: Budget) -> list[Entry]:
    base, entries = content.base, []
    while place + _CENTRAL.size <= content.end and base.startswith(_CENTRAL_SIGNATURE, place):
        raw = _CENTRAL.unpack_from(base, place)
        _, _, flags, method, _, _, _, packed, unpacked, name_size, extra_size, note_size, _, _, _, offset = raw
        name_end = place + _CENTRAL.size + name_size
        if _NO_SIZE in (packed, offset):
            packed, offset = _zip64_values(base[name_end : name_end + extra_size], unpacked, packed, offset)
        name = _decode(base[place + _CENTRAL.size : name_end], flags)
        entries.append(Entry(name, flags, method, packed, origin + offset))
        if len(entries) > budget.limits.artifacts:
            raise LimitReached("artifacts")
        place = name_end + extra_size + note_size
    return entries


def _zip64_values(extra: bytes, unpacked: int, packed: int, offset: int) -> tuple[int, int]:
    """The packed size and the offset from the zip64 field, where the plain ones are too small for them."""
    place = 0
    while place + 4 <= len(extra):
        number, size = struct.unpack_from("<HH", extra, place)
        if number == 1:
            values = iter(
                [value for (value,) in struct.iter_unpack("<Q", extra[place + 4 : place + 4 + size // 8 * 8])]
            )
            if unpacked == _NO_SIZE:
                next(values, None)
            packed = next(values, packed) if packed == _NO_SIZE else packed
            offset = next(values, offset) if offset == _NO_SIZE else offset
            break
        place += 4 + size
    return packed, offset


def read_own_header(content: Stretch, place: int) -> Entry | None:
    """The header that stands before a member's data, at this place; None when there is none that makes sense."""
    base = content.base
    if place < content.start or place + _LOCAL.size > content.end or not base.startswith(LOCAL_SIGNATURE, place):
        return None
    _, flags, method, _, _, _, packed, _, name_size, extra_size = _LOCAL.unpack_from(base, place)
    data = place + _LOCAL.size + name_size + extra_size
    if data > content.end or method not in _METHODS or not 0 < name_size <= _MOST_NAME_OCTETS:
        return None
    name = _decode(base[place + _LOCAL.size : place + _LOCAL.size + name_size], flags)
    return Entry(name, flags, method, packed, data)


def _decode(name: bytes, flags: int) -> str:
    return name.decode("utf-8" if flags & _UTF8_FLAG else "cp437", "replace")
