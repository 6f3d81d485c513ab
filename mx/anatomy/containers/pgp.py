"""OpenPGP messages: those that are only signed or compressed are opened, those that are encrypted are said to be.

Comes in: a text with PGP armour, or packets as they are. Goes out: the content of each literal packet, through any
number of compressed ones; for encrypted packets the obstacle `encrypted-message.pgp`, of a severity of its own: it is
how people write, and not ours to read. Signatures and keys hold nothing.

Standards: RFC 9580 sections 4, 5 and 6.
Failure: armour or packets that make no sense are plain text, with the oddity `broken-pgp`.
Limits: the budget's; compressed packets within compressed packets up to MOST_LEVELS.
"""

import re
from collections.abc import Iterator

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.base64_readings import lenient_base64
from mx.anatomy.budget import Budget
from mx.anatomy.charsets import decode_charset
from mx.anatomy.containers.contract import Member, Obstacle, Oddity, Step, Stretch, whole
from mx.anatomy.containers.inflate import inflate
from mx.anatomy.containers.streams import unpack_bzip2
from mx.anatomy.pgp_packets import COMPRESSED, LITERAL, LOCKS, Packet, begins_message, packets
from mx.finding import Severity

MOST_LEVELS = 20
_ARMOUR = re.compile(rb"-----BEGIN PGP MESSAGE[^\r\n-]{0,40}-----[ \t]*(?:\r?\n|\r)", re.IGNORECASE)
_END = b"-----"
_FIELDS = re.compile(rb"(?:[A-Za-z-]{1,40}:[^\r\n]*(?:\r?\n|\r))*[ \t]*(?:\r?\n|\r)")
_SUM = re.compile(rb"[\r\n]=[A-Za-z0-9+/]{4}[ \t\r\n]*\Z")
_STORED, _ZIP, _ZLIB, _BZIP2 = range(4)


def open_pgp(content: Stretch, budget: Budget) -> Iterator[Step]:
    """What the messages hold."""
    raw = content.raw
    if raw[:1] >= b"\x80":
        if begins_message(raw):
            yield from _open_packets(raw, budget, 0)
        return
    for armour in _ARMOUR.finditer(raw):
        budget.check_time()
        end = raw.find(_END, armour.end())
        text = raw[armour.end() : end if end >= 0 else len(raw)]
        fields = _FIELDS.match(text)
        readings = lenient_base64(_SUM.sub(b"", text[fields.end() if fields else 0 :]))
        octets = readings[0] if readings else b""
        budget.charge_octets(len(octets))
        if begins_message(octets):
            yield from _open_packets(octets, budget, 0)
        else:
            yield Oddity(AmbiguityName.BROKEN_PGP)


def _open_packets(octets: bytes, budget: Budget, level: int) -> Iterator[Step]:
    for packet in packets(octets):
        budget.check_time()
        if packet.tag in LOCKS:
            yield Obstacle("encrypted-message.pgp", Severity.ENCRYPTED_MESSAGE)
            return
        if packet.tag == LITERAL:
            yield _literal(packet)
        elif packet.tag == COMPRESSED:
            yield from _open_compressed(packet, budget, level)


def _literal(packet: Packet) -> Member:
    name_octets = packet.body[1] if len(packet.body) > 1 else 0
    name = decode_charset(packet.body[2 : 2 + name_octets], "")
    return Member(name or "pgp", "", "pgp-literal", whole(packet.body[2 + name_octets + 4 :]))


def _open_compressed(packet: Packet, budget: Budget, level: int) -> Iterator[Step]:
    if level >= MOST_LEVELS:
        yield Obstacle("limit.archive-levels")
        return
    method, body = packet.body[:1], packet.body[1:]
    if method == bytes([_STORED]):
        octets = body
    elif method == bytes([_ZIP]):
        octets = inflate(body, 0, len(body), budget).octets
    elif method == bytes([_ZLIB]):
        octets = inflate(body, 2, len(body), budget).octets
    elif method == bytes([_BZIP2]):
        octets = unpack_bzip2(body, 0, len(body), budget).octets
    else:
        octets = b""
    if not octets:
        yield Oddity(AmbiguityName.BROKEN_PGP)
        return
    yield from _open_packets(octets, budget, level + 1)
