"""ASCII85 in a text: between `<~` and `~>`, or in PostScript behind the name of its filter.

Comes in: a text, or what a PDF filter is given. Goes out: what each block decodes to.

Standards: PostScript Language Reference, third edition, section 3.13.3.
Failure: none: a group that is too large loses its highest bit. Limits: linear.
"""

import re
from collections.abc import Iterator

END = b"~>"
_BEGIN = re.compile(rb"<~|ASCII85Decode[^\r\n]{0,200}[\r\n]")
_NO_LETTER = re.compile(rb"[^!-uz]+")
_GROUP = re.compile(rb"z|[!-u]{1,5}")


def ascii85_blocks(text: bytes) -> Iterator[bytes]:
    """The octets of each block."""
    position = 0
    while (begin := _BEGIN.search(text, position)) is not None:
        end = text.find(END, begin.end())
        if end < 0:
            return
        position = end + len(END)
        yield decode_ascii85(text[begin.end() : end])


def decode_ascii85(coded: bytes) -> bytes:
    """The octets of groups of five letters; whatever is none of the letters is skipped."""
    out = bytearray()
    for part in _GROUP.findall(_NO_LETTER.sub(b"", coded)):
        if part == b"z":
            out += bytes(4)
            continue
        value = 0
        for letter in part.ljust(5, b"u"):
            value = value * 85 + letter - 33
        out += (value & 0xFFFF_FFFF).to_bytes(4, "big")[: len(part) - 1]
    return bytes(out)
