"""Content-Transfer-Encodings: every reading of a part's octets that some mail program makes.

`read_encoded` gives the plain reading first, then the others where the encoding is in doubt. Canonical base64 has one
reading and costs one pass; the lenient readings are made only for what the strict decoder refuses.

Standards: RFC 2045 section 6. White space within base64 is skipped by all and is no oddity; RFC 2045 section 6.8 lets
other octets be skipped too, and section 6.8's "=" may end the data or not: those are the readings.
Failure: none; octets that no decoder can read are themselves the reading.
Limits: what is decoded is charged to the budget.
"""

import binascii
from collections.abc import Iterable

import pybase64

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.base64_readings import base64_by_lines, is_plausible_base64, lenient_base64, shifted_base64
from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Stretch, whole
from mx.anatomy.quoted_printable import (
    has_codes,
    is_canonical,
    is_plausible_quoted_printable,
    quoted_printable_readings,
    without_line_ends,
    without_small_codes,
    without_trailing_spaces,
)
from mx.anatomy.uuencode_lines import decode_lines

IN_DOUBT = b"*"
"""Stands for an encoding that programs will read differently: every decoder is asked."""
_IDENTITIES = frozenset({b"", b"7bit", b"8bit", b"binary"})
_UUENCODINGS = frozenset({b"x-uuencode", b"uuencode", b"x-uue", b"uue", b"x-uu", b"uu"})
"""Identity here, as a uuencoded block is found by its own first line (`containers/uuencode.py`); or lines alone."""
_SPACES_AT_LINE_ENDS = (b" \r\n", b"\t\r\n", b" \n", b"\t\n")
KNOWN = _IDENTITIES | _UUENCODINGS | {b"base64", b"quoted-printable"}

_FEWEST_OCTETS = 64
_LARGE_OCTETS = 1 << 16

Readings = tuple[tuple[Stretch, ...], tuple[AmbiguityName, ...]]


def read_encoded(content: Stretch, encoding: bytes, budget: Budget, *, is_text: bool = True) -> Readings:
    """Every reading of the content, the plain one first, and what was odd; `encoding` is in lower case."""
    if encoding in _IDENTITIES:
        return (content,), ()
    if encoding in _UUENCODINGS:
        return _read_uuencoded(content, budget)
    if encoding == b"base64":
        return _read_base64(content, budget)
    if encoding == b"quoted-printable":
        return _read_quoted_printable(content, budget, is_text=is_text)
    oddities = () if encoding == IN_DOUBT else (AmbiguityName.UNKNOWN_TRANSFER_ENCODING,)
    budget.charge_reading()
    return (content, *every_reading(content, budget, is_shifted=False)), oddities


def every_reading(content: Stretch, budget: Budget, *, is_shifted: bool, header: bytes = b"") -> tuple[Stretch, ...]:
    """What each decoder makes of the content; with `is_shifted`, also where other text stands before the block.

    `header` is what may be the header of it, whatever stands there.
    """
    raw = content.raw
    readings: list[bytes] = []
    if is_plausible_base64(raw):
        budget.charge_octets(len(raw))
        if (strict := _strict_base64(raw)) is not None:
            readings += (strict, *base64_by_lines(raw, (len(strict) + 2) // 3 * 4))
        else:
            readings.extend(lenient_base64(raw))
            readings.extend(shifted_base64(raw) if is_shifted else ())
    if not is_shifted and (lines := _uuencoded_lines(raw)):
        readings.append(lines)
    # Where no header asks for it, an equals sign alone, as in a parameter, is no evidence.
    is_asked = not is_shifted or b"quoted" in header.lower()
    if is_plausible_quoted_printable(raw) and (is_asked or has_codes(raw)):
        readings.extend(quoted_printable_readings(raw))
    return _charged(raw, readings, budget)


def is_base64(content: Stretch) -> bool:
    """Whether this is canonical base64 and nothing else, so that no other decoder makes anything of it."""
    return content.octets > _FEWEST_OCTETS and _strict_base64(content.raw) is not None


def _charged(raw: bytes, readings: Iterable[bytes], budget: Budget) -> tuple[Stretch, ...]:
    kept = [reading for reading in dict.fromkeys(readings) if reading and reading != raw]
    for reading in kept[1:]:
        budget.charge_octets(len(reading))
    budget.check_time()
    return tuple(whole(reading) for reading in kept)


def _read_uuencoded(content: Stretch, budget: Budget) -> Readings:
    lines = _uuencoded_lines(content.raw)
    budget.charge_octets(len(lines))
    return (content, whole(lines)) if lines else (content,), ()


def _uuencoded_lines(raw: bytes) -> bytes:
    return decode_lines(raw, len(raw) - len(raw.lstrip(b"\r\n")))[0]


def _strict_base64(raw: bytes) -> bytes | None:
    try:
        return pybase64.b64decode(raw.translate(None, b"\r\n \t"), validate=True)
    except binascii.Error:
        return None


def _read_base64(content: Stretch, budget: Budget) -> Readings:
    raw = content.raw
    budget.charge_octets(len(raw) * 3 // 4)
    if (strict := _strict_base64(raw)) is not None:
        others = base64_by_lines(raw, (len(strict) + 2) // 3 * 4)
        return (whole(strict), *_charged(strict, others, budget)) if others else (whole(strict),), ()
    budget.charge_reading()
    readings = _shared(lenient_base64(raw))
    # The octets as they stand come last: they may be a uuencoded block, or no encoding at all. Where base64 cannot be
    # decoded, some programs keep its lines joined.
    joined = (raw.translate(None, b"\r\n"),) if len(raw) < _LARGE_OCTETS else ()
    for reading in (*readings[1:], *joined):
        budget.charge_octets(len(reading))
    return (*map(whole, (*readings, *joined)), content), (AmbiguityName.BASE64_NONCANONICAL,)


def _shared(readings: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The readings without what the first one holds already, where it is large: of a longer one its end remains."""
    first = readings[0]
    if len(first) < _LARGE_OCTETS:
        return readings
    others = (reading.removeprefix(first) for reading in readings[1:] if not first.startswith(reading))
    return (first, *(dict.fromkeys(others)))


def _read_quoted_printable(content: Stretch, budget: Budget, *, is_text: bool) -> Readings:
    raw = content.raw
    decoded = whole(binascii.a2b_qp(raw))
    budget.charge_octets(decoded.octets)
    if not is_canonical(raw):
        budget.charge_reading()
        others = _charged(decoded.raw, quoted_printable_readings(raw)[1:], budget)
        return (decoded, content, *others), (AmbiguityName.QUOTED_PRINTABLE_NONCANONICAL,)
    further = [] if is_text else [*without_line_ends(raw), *without_small_codes(raw)]
    if any(end in raw for end in _SPACES_AT_LINE_ENDS):
        further.append(binascii.a2b_qp(without_trailing_spaces(raw)))
    if raw.endswith(b"="):
        # Nothing follows it, and no line is broken by it: some programs keep it.
        further.append(decoded.raw + b"=")
    return (decoded, *_charged(decoded.raw, further, budget)), ()
