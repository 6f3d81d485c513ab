"""Uuencoded blocks within text: `begin 644 name`, lines, `end`. Many mail programs show them as attachments.

Standards: POSIX.1-2017 uuencode. A line that cannot be decoded ends the block, as does one of length zero.
Failure: none; a `begin` line with no lines that decode is text.
"""

import binascii
import re
from collections.abc import Iterator

from mx.anatomy.budget import Budget
from mx.anatomy.charsets import decode_charset
from mx.anatomy.containers.contract import Member, Step, Stretch, whole

_BEGIN = re.compile(rb"begin [0-7]{3,4} ([^\r\n]{1,255})[^\n]*\n")
_BEGIN_LATER = re.compile(rb"\n" + _BEGIN.pattern)


def open_uuencode(content: Stretch, budget: Budget) -> Iterator[Step]:
    """The content of each block."""
    position = content.start
    begin = _BEGIN.match(content.base, position, content.end)
    while begin := begin or _BEGIN_LATER.search(content.base, position, content.end):
        budget.check_time()
        octets, ended = _decode_block(content, begin.end())
        # One octet back: the line end before a block may be that of the `begin` line just read.
        position = ended - 1
        if octets:
            budget.charge_octets(len(octets))
            yield Member(decode_charset(begin[1], ""), "", "uuencoded", whole(octets))
        begin = None


def _decode_block(content: Stretch, position: int) -> tuple[bytes, int]:
    base, pieces = content.base, []
    while position < content.end:
        newline = base.find(b"\n", position, content.end)
        end = newline + 1 if newline >= 0 else content.end
        try:
            piece = binascii.a2b_uu(base[position:end].rstrip(b"\r\n"))
        except binascii.Error:
            break
        if not piece:
            break
        pieces.append(piece)
        position = end
    return b"".join(pieces), position
