"""Base64 that nothing declares: lines of nothing but its letters, anywhere in a text; PEM's armour is one case of it.

Comes in: a text in which `kinds.py` saw such a line. Goes out: what each block decodes to; one of hexadecimal digits
alone is read as those too. A block goes on over lines of the same length and one shorter line; what stands after it is
another block.

Standards: RFC 4648; RFC 7468 (PEM).
Failure: none; letters that decode to nothing of use are an artifact all the same.
Limits: after MOST_BLOCKS, all further blocks of a text are one artifact, so that lists of digests are no flood.
"""

import re
from collections.abc import Iterator

from mx.anatomy.base64_readings import decode_block, is_plausible_base64, lenient_base64
from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Step, Stretch, whole

MOST_BLOCKS = 100
_FIRST_LINE = re.compile(rb"(?:\A|(?<=[\r\n]))[ \t>|]*([A-Za-z0-9+/_-]{32,}={0,2})[ \t]*(?=[\r\n]|\Z)")
_LINE = re.compile(rb"(?:\r?\n|\r)[ \t>|]*([A-Za-z0-9+/_-]{1,}={0,2})[ \t]*(?=[\r\n]|\Z)")
_LONGEST_DIGEST = 128
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2})+")


def open_base64_blocks(content: Stretch, budget: Budget) -> Iterator[Step]:
    """The content of each block."""
    rest: list[bytes] = []
    for number, letters in enumerate(filter(is_plausible_base64, _blocks(content))):
        budget.charge_octets(len(letters))
        if number % 64 == 0:
            budget.check_time()
        if number >= MOST_BLOCKS:
            rest.append(decode_block(letters.translate(None, b"=-_")))
            continue
        readings = lenient_base64(letters)
        if len(letters) > _LONGEST_DIGEST and _HEX.fullmatch(letters) is not None:
            readings = (*readings, bytes.fromhex(letters.decode("ascii")))
        for reading in readings:
            if reading:
                yield _member(reading)
    if rest:
        yield _member(b"\n".join(rest))


def _member(octets: bytes) -> Member:
    return Member("base64", "", "base64", whole(octets), is_further=True, is_guess=True)


def _blocks(content: Stretch) -> Iterator[bytes]:
    text = content.raw
    position = 0
    while (first := _FIRST_LINE.search(text, position)) is not None:
        size, lines, position = len(first[1]), [first[1]], first.end()
        while len(lines[-1]) == size and not lines[-1].endswith(b"="):
            line = _LINE.match(text, position)
            if line is None or len(line[1]) > size:
                break
            lines.append(line[1])
            position = line.end()
        yield b"".join(lines)
        if 0 < len(lines[-1]) < size and not lines[-1].endswith(b"="):
            # A short line of letters may be a word of the text behind the block.
            yield b"".join(lines[:-1])
