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
_NO_CODE = re.compile(rb"=(?![0-9A-Fa-f]{2})")
_PLAIN_BREAK = re.compile(rb"=[ \t]*\r?\n")
_SPACES_AT_END = re.compile(rb"(?<![ \t])[ \t]+(\r?\n|\Z)")
_SOFT_BREAK = re.compile(rb"=[ \t]*(?:\r\r\n|\r\n\n?|\r|\n|\Z)")
_UNREADABLE = (
    re.compile(rb"=(?![0-9A-Fa-f]{2})"),
    re.compile(rb"=(?![0-9A-Fa-f]{2})[^=]?"),
    re.compile(rb"=(?![0-9A-Fa-f]{2})[^=]{0,2}"),
)
_HALF = re.compile(rb"=[0-9A-Fa-f]")
_X_CODE = re.compile(rb"=[xX](?=[0-9A-Fa-f]{2})")
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
    """Whether there is anything to decode."""
    return b"=" in raw.rstrip(b"= \t\r\n") or raw.rstrip(b" \t\r\n").endswith(b"===")


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
    # Line ends and white space may be left out before the codes are read, or with those that cannot be read.
    for text in (joined, *(unreadable.sub(b"", joined) for unreadable in _UNREADABLE), raw):
        yield from _decoded(text.translate(None, _NOT_VISIBLE))
    yield binascii.a2b_qp(_HALF.sub(b"", joined).translate(None, _NOT_VISIBLE))
    if _X_CODE.search(joined) is not None:
        yield binascii.a2b_qp(_X_CODE.sub(b"=", joined))


def _kept(raw: bytes) -> Iterator[bytes]:
    """Every code decoded, every other sign kept: as it is, or without the white space at the ends of lines."""
    for text in (raw, _SPACES_AT_END.sub(rb"\1", raw)):
        yield binascii.a2b_qp(_NO_CODE.sub(b"=3D", _PLAIN_BREAK.sub(b"", text)))


def _decoded(text: bytes) -> Iterator[bytes]:
    yield binascii.a2b_qp(text)
    if b"=" in text:
        for unreadable in _UNREADABLE:
            yield binascii.a2b_qp(unreadable.sub(b"", text))
