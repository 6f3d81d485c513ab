"""Uuencoded blocks within text: `begin 644 name`, lines, `end`. Many mail programs show them as attachments.

Comes in: a text with such a line. Goes out: the content of each block, with its name. Read as leniently as any program
does: any mode or name, or none; lines behind quote marks, or the X of shell archives, of wrong length, with white space
after them; no `end`.
A block that says `begin-base64` holds base64, one in the letters of xxencode those.

Standards: POSIX.1-2017 uuencode. A line that cannot be decoded ends the block, as does one of length zero.
Failure: none; a `begin` line with no lines that decode is text.
"""

import re
from collections.abc import Iterator

from mx.anatomy.base64_readings import lenient_base64
from mx.anatomy.budget import Budget
from mx.anatomy.charsets import decode_charset
from mx.anatomy.containers.contract import Member, Step, Stretch, whole
from mx.anatomy.uuencode_lines import decode_lines

_BEGIN = re.compile(
    rb"(?:\A(?:\xef\xbb\xbf)?|(?<=[\r\n]))([ \t>|]{0,20}X?)begin(-base64)?(?:[ \t]+[0-9]{1,7}(?=[ \t\r\n])| (?= \S))"
    rb"(?:[ \t]+([^\r\n]{0,255}))?[^\r\n]*(?:\r?\n|\r)"
)
_END_OF_BASE64 = re.compile(rb"(?:\A|(?<=[\r\n]))[ \t>|]*====")
_XX_LINE = re.compile(rb"[+0-9A-Za-z-]{5,90}[ \t]*(?=[\r\n])")


def open_uuencode(content: Stretch, budget: Budget) -> Iterator[Step]:
    """The content of each block."""
    text = content.raw
    position = 0
    while (begin := _BEGIN.search(text, position)) is not None:
        budget.check_time()
        position = begin.end()
        name = decode_charset((begin[3] or b"").strip(), "") or "uuencoded"
        if begin[2]:
            end = _END_OF_BASE64.search(text, position)
            coded = text[position : end.start() if end else len(text)]
            position = end.start() if end else len(text)
            budget.charge_octets(len(coded))
            for reading in lenient_base64(coded):
                yield Member(name, "", "uuencoded", whole(reading), is_further=True)
            continue
        octets, ended = decode_lines(text, position, begin[1])
        if _XX_LINE.match(text, position + len(begin[1])):
            other, other_end = decode_lines(text, position, begin[1], is_xx=True)
            budget.charge_octets(len(other))
            yield Member(name, "", "xxencoded", whole(other), is_further=True)
            ended = max(ended, other_end)
        position = max(position, ended - 1)
        if octets:
            budget.charge_octets(len(octets))
            yield Member(name, "", "uuencoded", whole(octets))
