"""Cryptographic Message Syntax, the form of S/MIME: what is signed or compressed is opened, what is encrypted is said.

Comes in: octets that begin as CMS does (`kinds.py`), whatever type or name they have. Goes out: the encapsulated
content of signed, digested, authenticated and compressed data; a signature that stands apart has none. For enveloped
and encrypted data the obstacle `encrypted-message.smime`, of a severity of its own.

Standards: RFC 5652; RFC 3274 (compressed data); RFC 5083 (authenticated-enveloped data); RFC 8551 (S/MIME).
Failure: octets whose structure ends too early are a plain artifact with the oddity `broken-cms`.
Limits: `ber.py`'s; what is decompressed is charged to the budget.
"""

from collections.abc import Iterator

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.ber import (
    CONTEXT_0,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    Element,
    children,
    read_element,
    string_of,
)
from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Obstacle, Oddity, Step, Stretch, whole
from mx.anatomy.containers.inflate import inflate
from mx.finding import Severity

_PKCS7 = bytes.fromhex("2a864886f70d0107")
_SMIME = bytes.fromhex("2a864886f70d01091001")
_ENCRYPTED = frozenset({_PKCS7 + b"\3", _PKCS7 + b"\4", _PKCS7 + b"\6", _SMIME + b"\x17"})
_COMPRESSED = _SMIME + b"\x09"
_OCTET_STRINGS = (OCTET_STRING, OCTET_STRING | 0x20)


def open_cms(content: Stretch, budget: Budget) -> Iterator[Step]:
    """What is within the outermost structure."""
    raw = content.raw
    outer = read_element(raw, 0, len(raw))
    kind, body = _typed(raw, outer) if outer else (b"", None)
    if kind in _ENCRYPTED:
        yield Obstacle("encrypted-message.smime", Severity.ENCRYPTED_MESSAGE)
        return
    inner = next(children(raw, body), None) if body else None
    if inner is None:
        yield Oddity(AmbiguityName.BROKEN_CMS)
        return
    for child in children(raw, inner):
        if child.tag != SEQUENCE:
            continue
        _, wrapped = _typed(raw, child)
        string = next(children(raw, wrapped), None) if wrapped else None
        if string is None:
            continue
        octets = string_of(raw, string) if string.tag in _OCTET_STRINGS else raw[string.start : string.end]
        budget.charge_octets(len(octets))
        yield from _encapsulated(octets, budget, is_compressed=kind == _COMPRESSED)
        return


def _typed(raw: bytes, element: Element) -> tuple[bytes, Element | None]:
    """The identifier that a structure begins with, and what follows it as its content."""
    found = children(raw, element)
    identifier, content = next(found, None), next(found, None)
    if identifier is None or identifier.tag != OBJECT_IDENTIFIER:
        return b"", None
    is_content = content is not None and content.tag == CONTEXT_0
    return raw[identifier.start : identifier.end], content if is_content else None


def _encapsulated(octets: bytes, budget: Budget, *, is_compressed: bool) -> Iterator[Step]:
    if is_compressed:
        unpacked = inflate(octets, 2, len(octets), budget)
        if not unpacked.octets:
            yield Obstacle("broken-cms")
            return
        octets = unpacked.octets
    yield Member("signed content", "", "cms-content", whole(octets))
