"""Quoted-printable, canonical or not: every reading of it that some decoder makes.

Comes in: the octets of a body. Goes out: the distinct octets that programs make of it, the plain reading first.
Decoders differ in what they do with an equals sign that no two hexadecimal digits follow (keep it, drop it, drop what
follows it too), with line ends of other kinds after it, and with octets that may not stand there at all.

Standards: RFC 2045 section 6.7, with its notes on robustness. Small hexadecimal digits are read by all and no oddity.
Failure: none. Limits: linear; nine passes at most.
"""

import binascii
import re
from collections.abc import Iterator

_STRAY = re.compile(rb"=(?![0-9A-Fa-f]{2}|[ \t]*\r?\n|[ \t]*\Z)")
_SOFT_BREAK = re.compile(rb"=[ \t]*(?:\r\r\n|\r\n\n?|\r|\n|\Z)")
_UNREADABLE = (
    re.compile(rb"=(?![0-9A-Fa-f]{2})"),
    re.compile(rb"=(?![0-9A-Fa-f]{2})[^=]?"),
    re.compile(rb"=(?![0-9A-Fa-f]{2})[^=]{0,2}"),
)
_ALLOWED = bytes({9, 10, 13, *range(32, 127)})
_NOT_VISIBLE = bytes({*range(33), *range(127, 256)})
_MOSTLY_CODED = 4
"""At least every so-manieth octet is an equals sign: written by a program that encodes every octet."""


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
    return re.search(rb"=(?:[0-9A-Fa-f]{2}|[ \t]*[\r\n])", raw) is not None


def is_coded_throughout(raw: bytes) -> bool:
    """Whether nearly every octet is written as its number; some decoders then drop all line ends."""
    return len(raw) > _MOSTLY_CODED and raw.count(b"=") * _MOSTLY_CODED > len(raw)


def _readings(raw: bytes) -> Iterator[bytes]:
    yield binascii.a2b_qp(raw)
    joined = _SOFT_BREAK.sub(b"", raw)
    visible = joined.translate(None, _NOT_VISIBLE)
    for text in dict.fromkeys((joined, visible)):
        yield binascii.a2b_qp(text)
        if b"=" in text:
            for unreadable in _UNREADABLE:
                yield binascii.a2b_qp(unreadable.sub(b"", text))
