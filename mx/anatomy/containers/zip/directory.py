"""A zip's own structures: the central directory, and the header before each member.

`archive.py` and `members.py` read members through these. Nothing here believes an offset or a size: each is looked up,
and what does not begin with its signature does not exist.

Standards: PKWARE APPNOTE 6.3.10 sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16, 4.5.3 (zip64), 4.6.9 (Unicode names).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from mx.anatomy.budget import Budget, LimitReached
from mx.anatomy.containers.contract import Stretch

LOCAL_SIGNATURE = b"PK\3\4"
_CENTRAL_SIGNATURE = b"PK\1\2"
_END_SIGNATURE = b"PK\5\6"
LOCAL = struct.Struct("<4xHHHHHIIIHH")
_CENTRAL = struct.Struct("<4xHHHHHHIIIHHHHHII")
_END = struct.Struct("<4xHHHHIIH")
_END64 = struct.Struct("<4xQHHIIQQQQ")
_LOCATOR = struct.Struct("<4xIQI")
_UTF8_FLAG = 1 << 11
_ZIP64_FIELD, _NAME_FIELD, AES_FIELD = 0x0001, 0x7075, 0x9901
AES_METHOD = 99
_NO_SIZE = 0xFFFFFFFF
_METHODS = frozenset({*range(11), 12, 14, 16, 18, 19, 20, *range(93, 100)})
_MOST_NAME_OCTETS = 4096


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """One member as one of the two structures describes it."""

    names: tuple[str, ...]
    """The name, then every other one that some program makes of the same octets."""
    flags: int
    method: int
    time: int
    checksum: int
    packed_octets: int
    unpacked_octets: int
    place: int
    """Where the member's own header stands (directory), or where its data begins (own header)."""
    aes_strength: int = 0
    """1 to 3 where WinZip's encryption is declared; `method` is then what it was packed with."""

    @property
    def name(self) -> str:
        return self.names[0]

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/")

    @property
    def is_encrypted(self) -> bool:
        return bool(self.flags & 1) or self.aes_strength > 0

    @property
    def has_descriptor(self) -> bool:
        """Its sizes stand behind it, not before it."""
        return bool(self.flags & 8)


def read_directory(content: Stretch, budget: Budget) -> list[ZipEntry]:
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


def _read_entries(content: Stretch, place: int, origin: int, budget: Budget) -> list[ZipEntry]:
    base, entries = content.base, []
    while place + _CENTRAL.size <= content.end and base.startswith(_CENTRAL_SIGNATURE, place):
        raw = _CENTRAL.unpack_from(base, place)
        _, _, flags, method, time, _, checksum, packed, unpacked, name_size, extra_size, note_size, *_, offset = raw
        name_end = place + _CENTRAL.size + name_size
        extra = base[name_end : name_end + extra_size]
        if _NO_SIZE in (packed, offset):
            packed, offset = _zip64_values(extra, unpacked, packed, offset)
        names = _names(base[place + _CENTRAL.size : name_end], flags, extra)
        method, strength = _aes(method, extra)
        entries.append(ZipEntry(names, flags, method, time, checksum, packed, unpacked, origin + offset, strength))
        if len(entries) > budget.limits.artifacts:
            raise LimitReached("artifacts")
        place = name_end + extra_size + note_size
    return entries


def _fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """The extra fields: number and content. Stops where they make no sense."""
    place = 0
    while place + 4 <= len(extra):
        number, size = struct.unpack_from("<HH", extra, place)
        yield number, extra[place + 4 : place + 4 + size]
        place += 4 + size


def _zip64_values(extra: bytes, unpacked: int, packed: int, offset: int) -> tuple[int, int]:
    """The packed size and the offset from the zip64 field, where the plain ones are too small for them."""
    for number, field in _fields(extra):
        if number == _ZIP64_FIELD:
            values = iter([value for (value,) in struct.iter_unpack("<Q", field[: len(field) // 8 * 8])])
            if unpacked == _NO_SIZE:
                next(values, None)
            packed = next(values, packed) if packed == _NO_SIZE else packed
            offset = next(values, offset) if offset == _NO_SIZE else offset
            break
    return packed, offset


def _aes(method: int, extra: bytes) -> tuple[int, int]:
    """The method below WinZip's encryption, and its strength; strength 0 where there is none."""
    if method == AES_METHOD:
        for number, field in _fields(extra):
            if number == AES_FIELD and len(field) >= 7 and 1 <= field[4] <= 3:
                return int.from_bytes(field[5:7], "little"), field[4]
    return method, 0


def read_own_header(content: Stretch, place: int) -> ZipEntry | None:
    """The header that stands before a member's data, at this place; None when there is none that makes sense."""
    base = content.base
    if place < content.start or place + LOCAL.size > content.end or not base.startswith(LOCAL_SIGNATURE, place):
        return None
    _, flags, method, time, _, checksum, packed, unpacked, name_size, extra_size = LOCAL.unpack_from(base, place)
    name_end = place + LOCAL.size + name_size
    data = name_end + extra_size
    if data > content.end or method not in _METHODS or not 0 < name_size <= _MOST_NAME_OCTETS:
        return None
    extra = base[name_end:data]
    if packed == _NO_SIZE:
        packed, _ = _zip64_values(extra, unpacked, packed, 0)
    method, strength = _aes(method, extra)
    names = _names(base[place + LOCAL.size : name_end], flags, extra)
    return ZipEntry(names, flags, method, time, checksum, packed, unpacked, data, strength)


def _names(raw: bytes, flags: int, extra: bytes) -> tuple[str, ...]:
    """What programs show: by the flag, by other character sets, from the Unicode field, and up to a NUL."""
    found = [raw.decode("utf-8" if flags & _UTF8_FLAG else "cp437", "replace")]
    if not raw.isascii():
        found += [raw.decode(charset, "replace") for charset in ("utf-8", "cp1252")]
    found += [field[5:].decode("utf-8", "replace") for number, field in _fields(extra) if number == _NAME_FIELD]
    found += [name.partition("\0")[0] for name in found if "\0" in name]
    return tuple(dict.fromkeys(found))
