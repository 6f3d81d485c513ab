"""Compressed RTF, as Outlook keeps the body of a message: back to the text that it is.

Comes in: the stretch of one compressed body. Goes out: the RTF, up to where it breaks.

Standards: MS-OXRTFCP. The checksum is not checked: a reader that ignores it shows the text all the same.
Limits: output is charged to the budget.
"""

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Stretch

_HEADER_OCTETS = 16
_COMPRESSED, _PLAIN = b"LZFu", b"MELA"
_WINDOW = 4096
_DICTIONARY = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20"
    b"\\b\\i\\u\\tab\\tx"
)
_CHARGED_OCTETS = 1 << 16


def decompress_rtf(content: Stretch, budget: Budget) -> bytes:
    """The RTF; empty when this is none."""
    base, start = content.base, content.start + _HEADER_OCTETS
    form = base[content.start + 8 : content.start + 12]
    if form == _PLAIN:
        return base[start : content.end]
    if form != _COMPRESSED:
        return b""
    return _expand(base[start : content.end], budget)


def _expand(packed: bytes, budget: Budget) -> bytes:
    """The window is kept as the end of the output, which the dictionary precedes."""
    out = bytearray(_WINDOW - len(_DICTIONARY)) + _DICTIONARY
    # Offsets count from the dictionary's first octet, which lies so far behind the window's own place zero.
    lead = _WINDOW - len(_DICTIONARY)
    position, charged = 0, len(out)
    while position < len(packed):
        if len(out) - charged > _CHARGED_OCTETS or position == 0:
            budget.charge_octets(len(out) - charged)
            budget.check_time()
            charged = len(out)
        flags = packed[position]
        position += 1
        for bit in range(8):
            if position >= len(packed):
                break
            if not flags >> bit & 1:
                out.append(packed[position])
                position += 1
                continue
            if position + 2 > len(packed):
                return bytes(out[_WINDOW:])
            token = int.from_bytes(packed[position : position + 2], "big")
            position += 2
            written = len(out) - lead
            back = (written - (token >> 4)) % _WINDOW
            if back == 0:
                return bytes(out[_WINDOW:])
            length = (token & 15) + 2
            copied = bytes(out[len(out) - back : len(out) - back + length])
            out += (copied * (length // back + 1))[:length]
    return bytes(out[_WINDOW:])
