"""The names in a rar archive's own headers: every one that some program shows for a file.

Comes in: the header of one file (`headers.py` finds it). Goes out: its names, the likeliest first; never none.
A header of the fourth generation may hold two: octets in the character set of the machine that packed it, and behind a
NUL the same in Unicode, told as what differs. A program that knows no Unicode shows the first, so both are names.

Standards: none; the published descriptions of the RAR 4 and RAR 5 archive formats.
Failure: a header that is cut off gives the name as far as it goes; nothing is raised.
"""

_FIXED_4, _LARGE_4, _UNICODE = 32, 0x100, 0x200
_TIME_5, _CHECKSUM_5 = 2, 4


def names_4(block: bytes, flags: int) -> tuple[str, ...]:
    """Of a file header of the fourth generation, from its checksum on."""
    start = _FIXED_4 + (8 if flags & _LARGE_4 else 0)
    raw = block[start : start + int.from_bytes(block[26:28], "little")]
    plain, nul, packed = raw.partition(b"\0")
    names = [_wide(plain, packed)] if nul and flags & _UNICODE else []
    charsets = ("cp437", "utf-8", "cp1252") if not plain.isascii() else ("ascii",)
    names += [plain.decode(charset, "replace") for charset in charsets]
    return tuple(dict.fromkeys(names))


def names_5(header: bytes) -> tuple[str, ...]:
    """Of a file header of the fifth generation, behind the fields that all headers have."""
    end = len(header)
    flags, place = number_at(header, 0, end)
    _, place = number_at(header, place, end)
    _, place = number_at(header, place, end)
    place += 4 * (bool(flags & _TIME_5) + bool(flags & _CHECKSUM_5))
    _, place = number_at(header, place, end)
    _, place = number_at(header, place, end)
    octets, place = number_at(header, place, end)
    name = header[place : place + octets].decode("utf-8", "replace")
    return tuple(dict.fromkeys((name, name.partition("\0")[0])))


def _wide(plain: bytes, packed: bytes) -> str:
    """The name in Unicode: steps of two bits, four an octet, each for one letter or for a run of the plain name's."""
    high, place, units = packed[:1], 1, bytearray()
    steps, left = 0, 0
    while place < len(packed) and len(units) < 2 * len(packed) + 2 * len(plain):
        if not left:
            steps, left, place = packed[place], 8, place + 1
        left -= 2
        step, octet = steps >> left & 3, packed[place : place + 1]
        place += 1
        if step == 0:
            units += octet + b"\0"
        elif step == 1:
            units += octet + high
        elif step == 2:
            units += octet + packed[place : place + 1]
            place += 1
        elif octet:
            has_shift = octet[0] & 0x80
            shift = packed[place] if has_shift and place < len(packed) else 0
            place += bool(has_shift)
            begin = len(units) // 2
            for letter in plain[begin : begin + (octet[0] & 0x7F) + 2]:
                units += bytes([(letter + shift) & 0xFF]) + (high if has_shift else b"\0")
    return units.decode("utf-16-le", "replace")


def number_at(base: bytes, place: int, end: int) -> tuple[int, int]:
    """A number of seven bits an octet, the lowest first, and where it ends; at most ten octets."""
    value = 0
    for shift in range(0, 70, 7):
        if place >= end:
            break
        octet = base[place]
        place += 1
        value |= (octet & 0x7F) << shift
        if not octet & 0x80:
            break
    return value, place
