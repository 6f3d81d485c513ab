"""Content-Transfer-Encodings: every reading of a part's octets that some mail program makes.

`read_encoded` gives the plain reading first, then the others where the encoding is in doubt. Canonical base64 has one
reading and costs one pass; the lenient readings are made only for what the strict decoder refuses.

Standards: RFC 2045 section 6. White space within base64 is skipped by all and is no oddity; RFC 2045 section 6.8 lets
other octets be skipped too, and section 6.8's "=" may end the data or not: those are the readings.
Failure: none; octets that no decoder can read are themselves the reading.
Limits: what is decoded is charged to the budget.
"""

import binascii
import re

import pybase64

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Stretch, whole

_IDENTITIES = frozenset({b"", b"7bit", b"8bit", b"binary"})
_UUENCODINGS = frozenset({b"x-uuencode", b"uuencode", b"x-uue", b"uue"})
"""Identity here: a uuencoded block is found by its own first line (`containers/uuencode.py`)."""
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_JUNK = bytes(set(range(256)) - set(_ALPHABET))
_JUNK_BUT_PADDING = bytes(set(_JUNK) - set(b"="))
_QP_NONCANONICAL = re.compile(rb"=(?![0-9A-Fa-f]{2}|[ \t]*\r?\n|[ \t]*\Z)")

Readings = tuple[tuple[Stretch, ...], tuple[AmbiguityName, ...]]


def read_encoded(content: Stretch, encoding: bytes, budget: Budget) -> Readings:
    """Every reading of the content, the plain one first, and what was odd; `encoding` is in lower case."""
    if encoding in _IDENTITIES or encoding in _UUENCODINGS:
        return (content,), ()
    if encoding == b"base64":
        return _read_base64(content, budget)
    if encoding == b"quoted-printable":
        return _read_quoted_printable(content, budget)
    budget.charge_reading()
    readings = [content, *_read_base64(content, budget)[0], *_read_quoted_printable(content, budget)[0]]
    return tuple(readings), (AmbiguityName.UNKNOWN_TRANSFER_ENCODING,)


def _read_base64(content: Stretch, budget: Budget) -> Readings:
    raw = content.raw
    budget.charge_octets(len(raw) * 3 // 4)
    try:
        return (whole(pybase64.b64decode(raw.translate(None, b"\r\n \t"), validate=True)),), ()
    except binascii.Error:
        readings = lenient_base64(raw)
    budget.charge_reading()
    for reading in readings[1:]:
        budget.charge_octets(len(reading))
    return tuple(whole(reading) for reading in readings), (AmbiguityName.BASE64_NONCANONICAL,)


def lenient_base64(raw: bytes) -> tuple[bytes, ...]:
    """The distinct readings of base64 that is not canonical.

    Junk skipped and read up to the padding; read on after the padding as a new block; padding skipped like junk;
    read up to the first junk.
    """
    kept = raw.translate(None, _JUNK_BUT_PADDING)
    blocks = [block for block in kept.split(b"=") if block]
    spaceless = raw.translate(None, b"\r\n \t")
    before_junk = spaceless[: len(spaceless) - len(spaceless.lstrip(_ALPHABET))]
    readings = [
        decode_block(kept.partition(b"=")[0]),
        b"".join(map(decode_block, blocks)),
        decode_block(b"".join(blocks)),
        decode_block(before_junk),
    ]
    return tuple(dict.fromkeys(readings))


def decode_block(block: bytes) -> bytes:
    """The octets of a block of base64 letters of any length; a last letter that stands alone is dropped."""
    if len(block) % 4 == 1:
        block = block[:-1]
    return pybase64.b64decode(block + b"=" * (-len(block) % 4))


def _read_quoted_printable(content: Stretch, budget: Budget) -> Readings:
    raw = content.raw
    decoded = whole(binascii.a2b_qp(raw))
    budget.charge_octets(decoded.octets)
    if _QP_NONCANONICAL.search(raw) is None:
        return (decoded,), ()
    budget.charge_reading()
    return (decoded, content), (AmbiguityName.QUOTED_PRINTABLE_NONCANONICAL,)
