"""The lines of a uuencoded block, as leniently as any program reads them; those of xxencode too.

Comes in: a text and where the lines begin. Goes out: what they decode to, and where they end: at a line of length zero
or one that cannot be decoded. Lines may be too short (white space at their ends gets lost) or a little too long.

Standards: POSIX.1-2017 uuencode.
Failure: none. Limits: linear.
"""

import binascii
import re

_LINE = re.compile(rb"([^\r\n]*)(?:\r?\n|\r|\Z)")
_SPACE, _MOST_IN_LINE = 32, 63
_FROM_XX = bytes.maketrans(b"+-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", bytes(range(32, 96)))
_SPACES = b" " * 90


def decode_lines(text: bytes, position: int, before: bytes = b"", *, is_xx: bool = False) -> tuple[bytes, int]:
    """What the lines from here on decode to, and where the next line begins; `before` stands before each line."""
    pieces: list[bytes] = []
    while position < len(text) and (line := _LINE.match(text, position)) is not None:
        coded = line[1].removeprefix(before)
        piece = _decode_line(coded.rstrip(b" ").translate(_FROM_XX) if is_xx else coded)
        if not piece:
            break
        pieces.append(piece)
        position = line.end()
    return b"".join(pieces), position


def _decode_line(text: bytes) -> bytes | None:
    """The octets of one line, None where it cannot be one; too short a line is filled with spaces."""
    if not text or not _SPACE < text[0] <= _SPACE + _MOST_IN_LINE:
        return None
    octets = text[0] - _SPACE
    letters = (octets + 2) // 3 * 4
    if len(text.rstrip(b" ")) > letters + 3:
        return None
    try:
        return binascii.a2b_uu((text[: letters + 1] + _SPACES)[: letters + 1])
    except binascii.Error:
        return None
