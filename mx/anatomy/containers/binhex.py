"""BinHex 4.0: an Apple file as text, between colons. Its data fork and its resource fork are members.

Standards: RFC 1741 (appendix A). Sums are not compared: programs open the file with a warning, or with none.
Failure: a block whose header cannot be read is a member as it was decoded.
Limits: runs are expanded within the budget.
"""

import binascii
import re
from collections.abc import Iterator

from mx.anatomy.base64_readings import decode_block
from mx.anatomy.budget import Budget
from mx.anatomy.charsets import decode_charset
from mx.anatomy.containers.contract import Member, Step, Stretch, whole

_LETTERS = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BLOCK = re.compile(rb"(?:\A|(?<=[\r\n]))[ \t]*:([%b\r\n \t]{20,}):?" % re.escape(_LETTERS))
_NOT_LETTERS = bytes(set(range(256)) - set(_LETTERS))
_HEADER_OCTETS = 1 + 1 + 4 + 4 + 2 + 8
"""Without the name and the checksum."""
_MOST_DOUBTFUL = 100
_TO_BASE64 = bytes.maketrans(_LETTERS, _BASE64)


def open_binhex(content: Stretch, budget: Budget) -> Iterator[Step]:
    """The forks of each file."""
    doubtful, further = 0, list[bytes]()
    for block in _BLOCK.finditer(content.raw):
        budget.check_time()
        octets = _expand(_six_bits(block[1]), budget)
        budget.charge_octets(len(octets))
        doubtful += not _has_header(octets)
        if doubtful > _MOST_DOUBTFUL and not _has_header(octets):
            # Lines of something else begin with a colon, too: Intel HEX has one for each.
            further.append(octets)
        else:
            yield from _forks(octets)
    if further:
        yield Member("binhex", "", "binhex", whole(b"".join(further)))


def _has_header(octets: bytes) -> bool:
    """Whether the checksum of the header is right: then it is a file, and no line of anything else."""
    end = octets[0] + _HEADER_OCTETS if octets else 0
    return binascii.crc_hqx(octets[:end], 0) == int.from_bytes(octets[end : end + 2], "big") and len(octets) > end > 0


def _six_bits(text: bytes) -> bytes:
    return decode_block(text.translate(None, _NOT_LETTERS).translate(_TO_BASE64))


def _expand(octets: bytes, budget: Budget) -> bytes:
    """Runs: an octet, 0x90, how often it stands there in all; 0x90 0x00 is the octet 0x90 itself."""
    pieces: list[bytes] = []
    first, *others = octets.split(b"\x90")
    pieces.append(first)
    last = first[-1:]
    total = len(first)
    for other in others:
        count = other[0] if other else 0
        run = b"\x90" if count == 0 else last * (count - 1)
        total += len(run) + len(other)
        if total > 1 << 16:
            budget.charge_octets(total)
            total = 0
        pieces += (run, other[1:])
        last = other[-1:] if len(other) > 1 else b"\x90" if count == 0 else last
    return b"".join(pieces)


def _forks(octets: bytes) -> Iterator[Step]:
    name_octets = octets[0] if octets else 0
    lengths = 1 + name_octets + 1 + 4 + 4 + 2
    data_start = lengths + 8 + 2
    if not 1 <= name_octets <= 63 or len(octets) < data_start:
        yield Member("binhex", "", "binhex", whole(octets))
        return
    name = decode_charset(octets[1 : 1 + name_octets], "macintosh")
    data = int.from_bytes(octets[lengths : lengths + 4], "big")
    resource = int.from_bytes(octets[lengths + 4 : lengths + 8], "big")
    yield Member(name, "", "binhex", whole(octets[data_start : data_start + data]))
    if resource_fork := octets[data_start + data + 2 : data_start + data + 2 + resource]:
        yield Member(name, "", "binhex", whole(resource_fork))
