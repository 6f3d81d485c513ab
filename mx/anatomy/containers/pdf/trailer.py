"""PDF trailers: what they say of the document's encryption, whichever of them a reader believes.

Comes in: the document and its objects. Goes out: each encryption dictionary that any trailer, or anything that looks
like one, names, with the document's identifiers. Used by `document.py` and `encryption.py`.

Standards: ISO 32000-2 section 7.5.5.
Failure: none.
Limits: the last MOST_PLACES different places; a document with MOST_ENCRYPTIONS or more has more than can be tried.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Stretch
from mx.anatomy.containers.pdf.syntax import Dictionary, PdfObject, read_values

MOST_ENCRYPTIONS = 4
MOST_PLACES = 64
_MOST_IDENTIFIERS = 4
_MOST_DICTIONARY_OCTETS = 1 << 14
_TOLD_APART_OCTETS = 256
_MOST_IDENTIFIER_OCTETS = 1024


def _spelled(name: bytes) -> bytes:
    """A pattern for a name in which any letter may stand as its number."""
    return b"/" + b"".join(b"(?:%c|#%02x|#%02X)" % (letter, letter, letter) for letter in name)


_ENCRYPT = re.compile(_spelled(b"Encrypt") + rb"[\0\t\n\f\r ]*(?:(\d{1,10})[\0\t\n\f\r ]+\d+[\0\t\n\f\r ]+R|(<<))")
_IDENTIFIER = re.compile(_spelled(b"ID") + rb"[\0\t\n\f\r ]*(\[)")


@dataclass(frozen=True, slots=True)
class Encryption:
    """What a document says of its encryption."""

    dictionary: Dictionary
    identifiers: Sequence[bytes]


def read_encryptions(content: Stretch, objects: Sequence[PdfObject], budget: Budget) -> list[Encryption]:
    """Every different one, the last first; at most MOST_ENCRYPTIONS, and that many where there may be more."""
    found: list[Dictionary] = []
    places = 0
    for text in _places(content, objects):
        budget.check_time()
        places += 1
        for value in read_values(text, budget)[:1]:
            if isinstance(value, dict) and "Filter" in value and value not in found:
                found.append(value)
        if places >= MOST_PLACES or len(found) >= MOST_ENCRYPTIONS:
            break
    if places >= MOST_PLACES and found:
        found = (found * MOST_ENCRYPTIONS)[:MOST_ENCRYPTIONS]
    identifiers = _identifiers(content, budget) if found else []
    return [Encryption(dictionary, identifiers) for dictionary in found]


def _places(content: Stretch, objects: Sequence[PdfObject]) -> Iterator[Stretch]:
    """Where encryption dictionaries stand, the last first, each once."""
    matches = list(_ENCRYPT.finditer(content.base, content.start, content.end))
    numbers = {int(match[1]) for match in matches if match[1] is not None}
    by_number: dict[int, list[Stretch]] = {}
    for one in objects:
        if one.number in numbers:
            by_number.setdefault(one.number, []).append(one.text)
    seen: set[bytes] = set()
    for match in reversed(matches):
        if match[1] is not None:
            yield from reversed(by_number.pop(int(match[1]), []))
            continue
        start = match.start(2)
        beginning = content.base[start : min(start + _TOLD_APART_OCTETS, content.end)]
        if beginning not in seen:
            seen.add(beginning)
            yield Stretch(content.base, start, min(start + _MOST_DICTIONARY_OCTETS, content.end))


def _identifiers(content: Stretch, budget: Budget) -> list[bytes]:
    """The first halves of the document's identifiers; without any, the empty one."""
    found: dict[bytes, None] = {}
    seen: set[bytes] = set()
    for place in _IDENTIFIER.finditer(content.base, content.start, content.end):
        near = Stretch(content.base, place.start(1), min(place.start(1) + _MOST_IDENTIFIER_OCTETS, content.end))
        if near.raw[:_TOLD_APART_OCTETS] in seen:
            continue
        seen.add(near.raw[:_TOLD_APART_OCTETS])
        for value in read_values(near, budget)[:1]:
            if isinstance(value, list) and value and isinstance(value[0], bytes):
                found.setdefault(value[0])
        if len(found) >= _MOST_IDENTIFIERS or len(seen) >= MOST_PLACES:
            break
    return list(found) or [b""]
