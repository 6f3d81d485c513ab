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

_STRAY = re.compile(rb"=(?![0-9A-Fa-f]{2}|\r?\n|\Z)")
_NO_CODE = re.compile(rb"=(?![0-9A-Fa-f]{2}|\r?\n)")
_SPACED_BREAK = re.compile(rb"=[ \t]+(\r?\n)")
_SPACES_AT_END = re.compile(rb"(?<![ \t])[ \t]+(\r?\n|\Z)")
_SOFT_BREAK = re.compile(rb"=[ \t]*(?:\r\r\n|\r\n\n?|\r|\n|\Z)")
_UNREADABLE = (
    re.compile(rb"=(?![0-9A-Fa-f]{2})"),
    re.compile(rb"=(?![0-9A-Fa-f]{2})[^=]?"),
    re.compile(rb"=(?![0-9A-Fa-f]{2})[^=]{0,2}"),
)
_CODE = re.compile(rb"=(?:[0-9A-Fa-f]{2}|[ \t]{0,99}[\r\n])")
_HALF = re.compile(rb"=[0-9A-Fa-f]")
_X_CODE = re.compile(rb"=[xX](?=[0-9A-Fa-f]{2})")
_DIGITS = "0123456789abcdefABCDEF"
_CODES = {(high + low).encode(): bytes.fromhex(high + low) for high in _DIGITS for low in _DIGITS}
_ALLOWED = bytes({9, 10, 13, *range(32, 127)})
_NOT_VISIBLE = bytes({*range(33), *range(127, 256)})


def is_canonical(raw: bytes) -> bool:
    """Whether all decoders read this alike."""
    return (
        _STRAY.search(raw) is None
        and not raw.translate(None, _ALLOWED)
        and (b"\r" not in raw or raw.count(b"\r") == raw.count(b"\r\n"))
    )


def quoted_printable_readings(raw: bytes) -> tuple[bytes, ...]:
    """The distinct readings of quoted-printable that is not canonical, the plain one first."""
    return tuple(dict.fromkeys(_readings(raw)))


def is_plausible_quoted_printable(raw: bytes) -> bool:
    """Whether an equals sign stands in it that is no padding of base64."""
    return b"=" in raw.rstrip(b"= \t\r\n")


def has_codes(raw: bytes) -> bool:
    """Whether a code or a soft line break stands in it."""
    return _CODE.search(raw) is not None


def without_line_ends(raw: bytes) -> tuple[bytes, ...]:
    """What decoders that drop all line ends and white space make of canonical quoted-printable: after or before they
    join what soft line breaks part."""
    joined = _SOFT_BREAK.sub(b"", raw).translate(None, _NOT_VISIBLE)
    glued = _UNREADABLE[0].sub(b"", raw.translate(None, _NOT_VISIBLE))
    return tuple(dict.fromkeys((binascii.a2b_qp(joined), binascii.a2b_qp(glued))))


def _readings(raw: bytes) -> Iterator[bytes]:
    yield binascii.a2b_qp(raw)
    yield from _kept(raw)
    joined = _SOFT_BREAK.sub(b"", raw)
    yield from _decoded(joined)
    # One line end after another: trailing white space off, soft breaks out, codes read, all else left as it stands.
    for end in (b"\n", b"\r\n"):
        text = _without_trailing_space(raw) if end == b"\n" else raw
        yield _codes(text.replace(b"=" + end, b""))
    # Line ends and white space may be left out before the codes are read, or with those that cannot be read.
    for text in (joined, *(unreadable.sub(b"", joined) for unreadable in _UNREADABLE), raw):
        yield from _decoded(text.translate(None, _NOT_VISIBLE))
    yield binascii.a2b_qp(_HALF.sub(b"", joined).translate(None, _NOT_VISIBLE))
    if _X_CODE.search(joined) is not None:
        yield binascii.a2b_qp(_X_CODE.sub(b"=", joined))


def _kept(raw: bytes) -> Iterator[bytes]:
    """Every code decoded, every other sign kept: as it is, or without the white space at the ends of lines."""
    for text in (raw, _SPACES_AT_END.sub(rb"\1", raw)):
        # Signs are judged before lines are joined: one at the end of a line makes no code with the next line.
        yield binascii.a2b_qp(_NO_CODE.sub(b"=3D", _SPACED_BREAK.sub(rb"=\1", text)))


def _without_trailing_space(raw: bytes) -> bytes:
    return b"\n".join([line.rstrip(b" \t") for line in raw.replace(b"\r\n", b"\n").split(b"\n")])


def _codes(text: bytes) -> bytes:
    """The codes read, and every other equals sign left as it stands."""
    first, *pieces = text.split(b"=")
    return b"".join((first, *(_CODES.get(piece[:2], b"=" + piece[:2]) + piece[2:] for piece in pieces)))


def _decoded(text: bytes) -> Iterator[bytes]:
    yield binascii.a2b_qp(text)
    if b"=" in text:
        for unreadable in _UNREADABLE:
            yield binascii.a2b_qp(unreadable.sub(b"", text))
