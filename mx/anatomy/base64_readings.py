"""Base64 that is not canonical: every reading of it that some decoder makes.

Comes in: the octets of a block that the strict decoder refused. Goes out: the distinct octets that programs make of it.
Decoders skip what is no letter, stop there, or go on with the next line; take padding for the end, for the end of one
block of several, for nothing, or for a letter worth nothing; know the letters of the URL-safe alphabet or not; decode
line by line, with the letters that are left over or without, or leave out lines that hold other text.

Standards: RFC 4648 sections 3.1, 3.3, 4 and 5; RFC 2045 section 6.8.
Failure: none. Limits: linear; a few passes.
"""

import binascii
import re
from collections.abc import Iterator

import pybase64

_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_JUNK = bytes(set(range(256)) - set(_LETTERS))
_JUNK_BUT_PADDING = bytes(set(_JUNK) - set(b"="))
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_LOWER = b"abcdefghijklmnopqrstuvwxyz"
_JUNK_BUT_LINE_ENDS = bytes(set(_JUNK) - set(b"\r\n"))
_TO_LF = bytes.maketrans(b"\r", b"\n")
_SPACELESS = re.compile(rb"[A-Za-z0-9+/]*")
_NO_LETTER = re.compile(rb"[^A-Za-z0-9+/=\s\0]")
_REST_OF_LINE = re.compile(rb"[^A-Za-z0-9+/=\s\0][^\r\n]*")
_WINDOW = 48
_FEWEST_LETTERS = 8
_FEWEST_SHIFTED = 40


def decode_block(block: bytes) -> bytes:
    """The octets of a block of base64 letters of any length; a last letter that stands alone is dropped."""
    if len(block) % 4 == 1:
        block = block[:-1]
    return pybase64.b64decode(block + b"=" * (-len(block) % 4))


def lenient_base64(raw: bytes) -> tuple[bytes, ...]:
    """The distinct readings of base64 that is not canonical, the commonest first."""
    readings = [b"".join(map(decode_block, blocks)) for blocks in dict.fromkeys(_blocks(raw))]
    readings.append(_up_to_fitting_padding(raw.translate(None, _JUNK_BUT_PADDING).rstrip(b"=")))
    return tuple(dict.fromkeys(readings))


def _up_to_fitting_padding(letters: bytes) -> bytes:
    """Padding that stands where a block cannot end is passed over, padding where it can end one ends the data."""
    for kept in (letters, letters[:-1]):
        try:
            return binascii.a2b_base64(kept + b"===")
        except binascii.Error:
            continue
    return b""


def shifted_base64(raw: bytes) -> tuple[bytes, ...]:
    """The readings that begin one, two and three letters later: where text of another kind stands before the block."""
    kept = raw.translate(None, _JUNK)
    if len(kept) < _FEWEST_SHIFTED:
        return ()
    return tuple(dict.fromkeys(decode_block(kept[places:]) for places in (1, 2, 3)))


def is_plausible_base64(raw: bytes) -> bool:
    """Whether some stretch of this has letters mixed as base64 mixes them; a text in small letters has none."""
    kept = raw.translate(None, _JUNK)
    if len(kept) < _WINDOW:
        return len(kept) >= _FEWEST_LETTERS and len(kept.translate(None, _LOWER)) > 0
    for start in range(0, len(kept), _WINDOW):
        window = kept[start : start + _WINDOW]
        if 4 * len(window.translate(None, _LOWER)) > len(window):
            return True
    return False


def _blocks(raw: bytes) -> Iterator[tuple[bytes, ...]]:
    """For each reading, the letters that are decoded together."""
    padded = raw.translate(None, _JUNK_BUT_PADDING)
    blocks = tuple(block for block in padded.split(b"=") if block)
    yield blocks[:1] if not padded.startswith(b"=") else ()
    yield blocks
    yield (b"".join(blocks),)
    begin = _SPACELESS.match(raw.translate(None, b"\r\n \t"))
    yield (begin[0] if begin else b"",)
    if b"-" in raw or b"_" in raw:
        other = raw.translate(_TO_STANDARD).translate(None, _JUNK_BUT_PADDING)
        yield tuple(block for block in other.split(b"=") if block)
    if _NO_LETTER.search(raw):
        for kept in (_without_other_lines(raw), _REST_OF_LINE.sub(b"", raw)):
            letters = kept.translate(None, _JUNK_BUT_PADDING)
            yield tuple(block for block in letters.split(b"=") if block)
    if b"=" in (within := padded.rstrip(b"=")):
        # Padding within: a letter worth nothing, or one that makes its group of four shorter.
        yield (within.replace(b"=", b"A"),)
        yield tuple(_groups(within))
    yield from _by_lines(raw)


def _groups(letters: bytes) -> Iterator[bytes]:
    """The groups of four that hold padding, without it, each for itself; what stands between them as it is."""
    position = 0
    while (padding := letters.find(b"=", position)) >= 0:
        start = padding // 4 * 4
        yield letters[position:start]
        yield letters[start : start + 4].replace(b"=", b"")
        position = start + 4
    yield letters[position:]


def _without_other_lines(raw: bytes) -> bytes:
    """The octets without the lines that hold anything but base64."""
    text = raw.translate(_TO_LF)
    pieces: list[bytes] = []
    position = 0
    while (other := _NO_LETTER.search(text, position)) is not None:
        pieces.append(text[position : text.rfind(b"\n", position, other.start()) + 1 or position])
        end = text.find(b"\n", other.end())
        position = end if end >= 0 else len(text)
    pieces.append(text[position:])
    return b"".join(pieces)


def base64_by_lines(raw: bytes, letters: int) -> tuple[bytes, ...]:
    """What decoders that begin anew at each line make of base64 that all others read alike; nearly all has even lines.

    `letters` is how many it has, padding included.
    """
    lines = raw.strip(b"\r\n \t")
    width = lines.find(b"\n") + 1
    if not width:
        return ()
    end_octets = 2 if lines[width - 2 : width - 1] == b"\r" else 1
    ends = lines[width - 1 :: width]
    # Whether all lines but the last are of one size is seen without a look at each.
    is_even = ends == b"\n" * len(ends) and len(lines) - letters == end_octets * len(ends)
    if is_even and (width - end_octets) % 4 == 0:
        return ()
    return tuple(dict.fromkeys(b"".join(map(decode_block, blocks)) for blocks in _by_lines(raw)))


def _by_lines(raw: bytes) -> Iterator[tuple[bytes, ...]]:
    """Each line for itself; lines that end with an octet may as well be decoded together."""
    lines = [line for line in raw.translate(_TO_LF, _JUNK_BUT_LINE_ENDS).split(b"\n") if line]
    odd = [number for number, line in enumerate(lines[:-1]) if len(line) % 4]
    if odd:
        ends = [number + 1 for number in odd]
        yield tuple(b"".join(lines[start:end]) for start, end in zip([0, *ends], [*ends, len(lines)], strict=True))
        yield (b"".join([*(line[: len(line) // 4 * 4] for line in lines[:-1]), lines[-1]]),)
