"""OpenPGP packets: tag and body of each, by offsets, of either header format.

Comes in: octets. Goes out: packets, in order, until the octets end or are none. Bodies that are given in pieces
(partial lengths) are joined.

Standards: RFC 9580 section 4 (and RFC 4880, whose old packet format it keeps).
Failure: the first octet that begins no packet ends them; a body that is cut short is given as far as it goes.
Limits: linear; MOST_PACKETS.
"""

from collections.abc import Iterator
from dataclasses import dataclass

MOST_PACKETS = 1000
SESSION_KEY, SIGNATURE, SYMMETRIC_KEY, ONE_PASS, COMPRESSED, ENCRYPTED, LITERAL = 1, 2, 3, 4, 8, 9, 11
PROTECTED, AUTHENTICATED = 18, 20
LOCKS = frozenset({SESSION_KEY, SYMMETRIC_KEY, ENCRYPTED, PROTECTED, AUTHENTICATED})
_MOST_KEY_OCTETS, _LAST_METHOD = 2000, 3
_FORMATS = b"btu1lm"
_PIECES = range(224, 255)
_WHOLE = 1 << 62


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet."""

    tag: int
    body: bytes


def packets(octets: bytes) -> Iterator[Packet]:
    """The packets that these octets begin with."""
    position = 0
    for _ in range(MOST_PACKETS):
        if position >= len(octets) or not octets[position] & 0x80:
            return
        first = octets[position]
        if first & 0x40:
            body, position = _new_body(octets, position + 1)
            yield Packet(first & 0x3F, body)
        else:
            start, size = _old_length(octets, position + 1, first & 3)
            position = min(len(octets), start + size)
            yield Packet(first >> 2 & 0x0F, octets[start:position])


def begins_message(octets: bytes) -> bool:
    """Whether the first packets are those of a message, each with a body that such a packet can have."""
    for number, packet in enumerate(packets(octets)):
        body = packet.body
        version = body[0] if body else 0
        if packet.tag == SESSION_KEY:
            return version in (3, 6) and 12 < len(body) < _MOST_KEY_OCTETS
        if packet.tag == SYMMETRIC_KEY:
            return version in (4, 5, 6) and 3 < len(body) < _MOST_KEY_OCTETS
        if packet.tag == COMPRESSED:
            return version <= _LAST_METHOD and len(body) > 2
        if packet.tag == LITERAL:
            return len(body) > 5 and body[0] in _FORMATS and body[1] + 6 <= len(body)
        if packet.tag in LOCKS:
            return number > 0
        if packet.tag not in (ONE_PASS, SIGNATURE) or version not in (3, 4, 6):
            return False
    return False


def _old_length(octets: bytes, position: int, kind: int) -> tuple[int, int]:
    if kind == 3:
        return position, _WHOLE
    width = 1 << kind
    return position + width, int.from_bytes(octets[position : position + width], "big")


def _new_body(octets: bytes, position: int) -> tuple[bytes, int]:
    """The body, and where the next packet begins."""
    pieces: list[bytes] = []
    while position < len(octets):
        first = octets[position]
        if first < 192:
            start, size = position + 1, first
        elif first < 224:
            start, size = (
                position + 2,
                (first - 192 << 8) + int.from_bytes(octets[position + 1 : position + 2], "big") + 192,
            )
        elif first == 255:
            start, size = position + 5, int.from_bytes(octets[position + 1 : position + 5], "big")
        else:
            start, size = position + 1, 1 << (first & 0x1F)
        pieces.append(octets[start : start + size])
        position = start + size
        if first not in _PIECES:
            break
    return b"".join(pieces), min(position, len(octets))
