"""PDF filters: the octets of a stream behind any chain of them.

Comes in: octets and the names of the filters. Goes out: what is behind them, and whether all of it came out. A filter
for pictures ends the chain: what it holds is the picture file itself. Used by `document.py`.

Standards: ISO 32000-2 section 7.4: ASCIIHex, ASCII85, LZW, Flate (with predictors), RunLength; Crypt passes
through.
Failure: what came out before the break, `is_complete` False.
Limits: everything that comes out is charged to the budget.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mx.anatomy.ascii85 import decode_ascii85
from mx.anatomy.budget import Budget
from mx.anatomy.containers.inflate import inflate, inflate_scrap

_SHORT = {"Fl": "FlateDecode", "AHx": "ASCIIHexDecode", "A85": "ASCII85Decode", "LZW": "LZWDecode",
          "RL": "RunLengthDecode"}  # fmt: skip
_NOT_HEX = re.compile(rb"[^0-9A-Fa-f]+")
_PIECE_OCTETS = 1 << 16
_MOST_FILTERS = 16


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a chain of filters gave."""

    octets: bytes
    is_complete: bool


def decode(raw: bytes, filters: Sequence[str], parameters: Sequence[Mapping[str, object]], budget: Budget) -> Decoded:
    """The octets behind all filters, in order. Raises LimitReached."""
    octets, is_complete = raw, len(filters) <= _MOST_FILTERS
    for number, name in enumerate(filters[:_MOST_FILTERS]):
        budget.check_time()
        given = parameters[number] if number < len(parameters) else {}
        match _SHORT.get(name, name):
            case "FlateDecode":
                decoded = _flate(octets, budget)
                decoded = Decoded(_without_predictor(decoded.octets, given, budget), decoded.is_complete)
            case "LZWDecode":
                decoded = Decoded(_without_predictor(_lzw(octets, given, budget), given, budget), True)
            case "ASCII85Decode":
                decoded = _ascii85(octets)
            case "ASCIIHexDecode":
                digits = _NOT_HEX.sub(b"", octets.split(b">", 1)[0])
                decoded = Decoded(bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode()), True)
            case "RunLengthDecode":
                decoded = Decoded(b"".join(_runs(octets, budget)), True)
            case "Crypt":
                continue
            case _:
                break
        octets, is_complete = decoded.octets, is_complete and decoded.is_complete
        if _SHORT.get(name, name) in ("ASCII85Decode", "ASCIIHexDecode"):
            budget.charge_octets(len(octets))
    return Decoded(octets, is_complete)


def _flate(octets: bytes, budget: Budget) -> Decoded:
    """With the two octets of its header, or without where that gives more."""
    if not octets:
        return Decoded(b"", True)
    lead = len(octets) - len(octets.lstrip(b"\r\n"))
    usual = inflate(octets, lead + 2, len(octets), budget)
    if usual.octets or usual.is_complete:
        return Decoded(usual.octets, usual.is_complete)
    bare = inflate(octets, 0, len(octets), budget)
    if bare.octets or bare.is_complete:
        return Decoded(bare.octets, bare.is_complete)
    return Decoded(inflate_scrap(octets, lead + 2, len(octets), budget), is_complete=False)


def _ascii85(octets: bytes) -> Decoded:
    """Up to the end mark."""
    return Decoded(decode_ascii85(octets.lstrip().removeprefix(b"<~").split(b"~", 1)[0]), True)


def _runs(octets: bytes, budget: Budget) -> Iterator[bytes]:
    position = 0
    while position < len(octets) and octets[position] != 128:
        length = octets[position]
        if length < 128:
            piece = octets[position + 1 : position + 2 + length]
            position += 2 + length
        else:
            piece = octets[position + 1 : position + 2] * (257 - length)
            position += 2
        budget.charge_octets(len(piece))
        yield piece


def _lzw(octets: bytes, parameters: Mapping[str, object], budget: Budget) -> bytes:
    """Codes of 9 to 12 bits; 256 empties the table, 257 ends."""
    early = 0 if parameters.get("EarlyChange") == 0 else 1
    first: list[bytes] = [*(bytes([octet]) for octet in range(256)), b"", b""]
    table, width, last = list(first), 9, b""
    pieces: list[bytes] = []
    charged, produced, bits, held = 0, 0, 0, 0
    for place, octet in enumerate(octets):
        if place % _PIECE_OCTETS == 0:
            budget.check_time()
        held, bits = (held << 8 | octet) & 0xFF_FFFF, bits + 8
        if bits < width:
            continue
        bits -= width
        code = held >> bits & ((1 << width) - 1)
        if code == 256:
            table, width, last = list(first), 9, b""
            continue
        if code == 257 or code > len(table) or (code == len(table) and not last):
            break
        entry = table[code] if code < len(table) else last + last[:1]
        pieces.append(entry)
        produced += len(entry)
        if last and len(table) < 4096:
            table.append(last + entry[:1])
        last = entry
        width = min(12, max(9, (len(table) + early).bit_length()))
        if produced - charged > _PIECE_OCTETS:
            budget.charge_octets(produced - charged)
            budget.check_time()
            charged = produced
    budget.charge_octets(produced - charged)
    return b"".join(pieces)


def _without_predictor(octets: bytes, parameters: Mapping[str, object], budget: Budget) -> bytes:
    """The rows as they were before a predictor changed them."""
    predictor, columns = parameters.get("Predictor", 1), parameters.get("Columns", 1)
    colors, bits = parameters.get("Colors", 1), parameters.get("BitsPerComponent", 8)
    if not (isinstance(predictor, int) and isinstance(columns, int) and isinstance(colors, int)):
        return octets
    if predictor < 2 or not isinstance(bits, int) or not 0 < columns * colors * bits <= 1 << 24:
        return octets
    row_octets, step = (columns * colors * bits + 7) // 8, max(1, colors * bits // 8)
    if predictor < 10:
        return _without_tiff_predictor(octets, row_octets, step, budget) if bits == 8 else octets
    out, above = bytearray(), bytearray(row_octets)
    for start in range(0, len(octets), row_octets + 1):
        budget.check_time()
        row = bytearray(octets[start + 1 : start + 1 + row_octets].ljust(row_octets, b"\0"))
        _undo(octets[start], row, above, step)
        out += row
        above = row
    return bytes(out)


def _without_tiff_predictor(octets: bytes, row_octets: int, step: int, budget: Budget) -> bytes:
    """Each octet is the difference to the one a pixel before it in its row (TIFF 6.0 section 14)."""
    out = bytearray(octets)
    for start in range(0, len(out), row_octets):
        budget.check_time()
        for place in range(start + step, min(start + row_octets, len(out))):
            out[place] = (out[place] + out[place - step]) & 255
    return bytes(out)


def _undo(form: int, row: bytearray, above: bytearray, step: int) -> None:
    """Change one row back in place (PNG filter types 0 to 4)."""
    for place in range(len(row) if form else 0):
        left = row[place - step] if place >= step else 0
        up = above[place]
        match form:
            case 1:
                guess = left
            case 2:
                guess = up
            case 3:
                guess = (left + up) // 2
            case _:
                guess = _paeth(left, up, above[place - step] if place >= step else 0)
        row[place] = (row[place] + guess) & 255


def _paeth(left: int, up: int, corner: int) -> int:
    estimate = left + up - corner
    distances = (abs(estimate - left), abs(estimate - up), abs(estimate - corner))
    return (left, up, corner)[distances.index(min(distances))]
