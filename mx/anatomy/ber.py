"""ASN.1 in its basic encoding rules: elements by offsets, definite and indefinite lengths, strings in pieces.

Comes in: octets and where an element begins. Goes out: the element, its children, or the octets of a string.

Standards: ITU-T X.690 sections 8.1, 8.7 and 10.
Failure: None for what is no element; lengths that lead beyond the end are cut at it.
Limits: MOST_LEVELS of elements of indefinite length within each other, MOST_ELEMENTS in one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

MOST_LEVELS = 30
MOST_ELEMENTS = 50_000
_CONSTRUCTED = 0x20
OCTET_STRING, OBJECT_IDENTIFIER, SEQUENCE = 0x04, 0x06, 0x30
CONTEXT_0 = 0xA0


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its first octet, its content, and where the next one begins."""

    tag: int
    start: int
    end: int
    next: int


def read_element(octets: bytes, position: int, end: int, level: int = 0) -> Element | None:
    """The element that begins here, if one does."""
    if position + 2 > end or level > MOST_LEVELS:
        return None
    tag, length, start = octets[position], octets[position + 1], position + 2
    if tag & 0x1F == 0x1F:
        return None
    if length == 0x80:
        return _indefinite(octets, tag, start, end, level) if tag & _CONSTRUCTED else None
    if length > 0x80:
        width = length & 0x7F
        length, start = int.from_bytes(octets[start : start + width], "big"), start + width
    stop = min(end, start + length)
    return Element(tag, start, stop, stop) if start <= end else None


def _indefinite(octets: bytes, tag: int, start: int, end: int, level: int) -> Element | None:
    position = start
    for _ in range(MOST_ELEMENTS):
        if octets.startswith(b"\0\0", position, end) or position >= end:
            return Element(tag, start, min(position, end), min(position + 2, end))
        child = read_element(octets, position, end, level + 1)
        if child is None:
            return None
        position = child.next
    return None


def children(octets: bytes, element: Element) -> Iterator[Element]:
    """The elements within this one."""
    position = element.start
    while position < element.end and (child := read_element(octets, position, element.end)) is not None:
        yield child
        position = child.next


def string_of(octets: bytes, element: Element, level: int = 0) -> bytes:
    """The octets of a string, whether it stands in one piece or in many."""
    if not element.tag & _CONSTRUCTED or level > MOST_LEVELS:
        return octets[element.start : element.end]
    return b"".join(string_of(octets, child, level + 1) for child in children(octets, element))
