"""Quoted-printable, canonical or not: every reading of it that some decoder makes.

Comes in: the octets of a body. Goes out: the distinct octets that programs make of it, the plain reading first.
Decoders differ in what they do with an equals sign that no two hexadecimal digits follow (keep it, drop it, drop what
follows it too), with line ends of other kinds after it, and with octets that may not stand there at all.

Standards: RFC 2045 section 6.7, with its notes on robustness. Small hexadecimal digits are read by all and no oddity.
Failure: none. Limits: linear; two dozen passes at most, over what is not canonical alone.
"""

import binascii
import re
from collections.abc import Iterator

from mx.line_ends import has_bare_cr

_STRAY = re.compile(rb"=(?![0-9A-Fa-f]{2}|\r?\n|\Z)")
_NO_BREAK = re.compile(rb"=(?!\r?\n)")
_SPACED_BREAK = re.compile(rb"=[ \t]+(\r?\n)")
_SPACES_AT_END = re.compile(rb"(?<![ \t])[ \t]+(\r?\n|\Z)")
_SOFT_BREAK = re.compile(rb"=[ \t]*(?:\r\r\n|\r\n\n?|\r|\n|\Z)")
_DROPPED_WITH_IT = (re.compile(rb"="), re.compile(rb"=[^=]?"), re.compile(rb"=[^=]{0,2}"))
"""An equals sign that no code follows may be left out alone, or with one or two octets behind it."""
_CODE = re.compile(rb"=(?:[0-9A-Fa-f]{2}|[ \t]{0,99}[\r\n])")
_SMALL_CODE = re.compile(rb"=(?:[0-9A-Fa-f][a-f]|[a-f][0-9A-F])")
_CAPITAL_CODE = re.compile(rb"=(?:[0-9A-F][A-F]|[A-F][0-9])")
_HALF = re.compile(rb"=[0-9A-Fa-f]")
_X_CODE = re.compile(rb"=[xX](?=[0-9A-Fa-f]{2})")
_CLASSES = bytes(
    ord("h") if octet in b"0123456789abcdefABCDEF" else octet if octet == ord("=") else 0 for octet in range(256)
)
_ALLOWED = bytes({9, 10, 13, *range(32, 127)})
_NOT_VISIBLE = bytes({*range(33), *range(127, 256)})


def is_canonical(raw: bytes) -> bool:
    """Whether all decoders read this alike."""
    return _STRAY.search(raw) is None and not raw.translate(None, _ALLOWED) and not has_bare_cr(raw)


def quoted_printable_readings(raw: bytes) -> tuple[bytes, ...]:
    """The distinct readings of quoted-printable that is not canonical, the plain one first."""
    return tuple(dict.fromkeys(_readings(raw)))


def is_plausible_quoted_printable(raw: bytes) -> bool:
    """Whether an equals sign stands in it that is no padding of base64."""
    return b"=" in raw.rstrip(b"= \t\r\n")


def has_codes(raw: bytes) -> bool:
    """Whether a code or a soft line break stands in it."""
    return _CODE.search(raw) is not None


def without_trailing_spaces(raw: bytes) -> bytes:
    """The text without the white space at the ends of its lines, which RFC 2045 wants taken out."""
    return _SPACES_AT_END.sub(rb"\1", raw)


def without_line_ends(raw: bytes) -> tuple[bytes, ...]:
    """What decoders that drop all line ends and white space make of canonical quoted-printable: after or before they
    join what soft line breaks part."""
    joined = _cut(raw, _SOFT_BREAK).translate(None, _NOT_VISIBLE)
    glued = _cut(raw.translate(None, _NOT_VISIBLE), _DROPPED_WITH_IT[0])
    return tuple(dict.fromkeys((binascii.a2b_qp(joined), binascii.a2b_qp(glued))))


def without_small_codes(raw: bytes) -> tuple[bytes, ...]:
    """What is left where codes in small letters, which RFC 2045 does not know, stand among others and are dropped."""
    if _SMALL_CODE.search(raw) is None or _CAPITAL_CODE.search(raw) is None:
        return ()
    return (binascii.a2b_qp(_SMALL_CODE.sub(b"", raw)),)


def _readings(raw: bytes) -> Iterator[bytes]:
    yield binascii.a2b_qp(raw)
    yield from _kept(raw)
    joined = _cut(raw, _SOFT_BREAK)
    yield from _decoded(joined)
    # One line end after another: trailing white space off, soft breaks out, codes read, all else left as it stands.
    for end in (b"\n", b"\r\n"):
        text = _without_trailing_space(raw) if end == b"\n" else raw
        yield binascii.a2b_qp(_cut(text.replace(b"=" + end, b""), _DROPPED_WITH_IT[0], b"=3D"))
    # Line ends and white space may be left out before the codes are read, or with those that cannot be read.
    for text in (joined, *(_cut(joined, dropped) for dropped in _DROPPED_WITH_IT), raw):
        yield from _decoded(text.translate(None, _NOT_VISIBLE))
    yield binascii.a2b_qp(_HALF.sub(b"", joined).translate(None, _NOT_VISIBLE))
    yield from without_small_codes(raw)
    if _X_CODE.search(joined) is not None:
        yield binascii.a2b_qp(_X_CODE.sub(b"=", joined))


def _kept(raw: bytes) -> Iterator[bytes]:
    """Every code decoded, every other sign kept: as it is, or without the white space at the ends of lines."""
    for text in (raw, without_trailing_spaces(raw)):
        # Signs are judged before lines are joined: one at the end of a line makes no code with the next line.
        yield binascii.a2b_qp(_cut(_SPACED_BREAK.sub(rb"=\1", text), _NO_BREAK, b"=3D"))


def _without_trailing_space(raw: bytes) -> bytes:
    return b"\n".join([line.rstrip(b" \t") for line in raw.replace(b"\r\n", b"\n").split(b"\n")])


def _decoded(text: bytes) -> Iterator[bytes]:
    yield binascii.a2b_qp(text)
    if _strays(text):
        for dropped in _DROPPED_WITH_IT:
            yield binascii.a2b_qp(_cut(text, dropped))


def _cut(text: bytes, pattern: re.Pattern[bytes], instead: bytes = b"") -> bytes:
    """The text without what the pattern matches at equals signs that begin no code."""
    pieces: list[bytes] = []
    position = 0
    for stray in _strays(text):
        if stray >= position and (found := pattern.match(text, stray)) is not None:
            pieces += (text[position:stray], instead)
            position = found.end()
    return b"".join((*pieces, text[position:])) if pieces else text


def _strays(text: bytes) -> list[int]:
    """Where equals signs stand that no two hexadecimal digits follow; codes are passed over without a look at each."""
    if b"=" not in text:
        return []
    marks = text.translate(_CLASSES).replace(b"=hh", b"hhh")
    places = []
    place = marks.find(b"=")
    while place >= 0:
        places.append(place)
        place = marks.find(b"=", place + 1)
    return places
