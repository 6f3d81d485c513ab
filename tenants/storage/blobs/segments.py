"""Sealing octets in segments, so that memory stays flat however large the object is. Pure.

The plain octets are cut in segments of 64 KiB; each is encrypted with AES-256-GCM under the object's own data key.
The nonce is the segment's number (11 octets) and a flag (1 octet) that is 1 for the last segment alone, and every
segment is bound to its context (tenant, object, key version) as associated data. So any change is refused: a flipped
bit, a segment left out, repeated or moved, an end cut off, an object put under another's name or tenant. This is the
STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizar (2015). A data key seals one object, so a counter never
repeats under a key.

Standards: NIST SP 800-38D (GCM).
Failure: `SealBroken` when something was changed. Pieces given out before a later segment turned out to be broken, or
the last one missing, are genuine but not the whole: nothing may be passed on before the iterator has ended by itself.
Limits: 2**88 segments; a segment's sealed form is 16 octets longer; empty content is one empty segment.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SEGMENT_OCTETS = 64 * 1024
TAG_OCTETS = 16
KEY_OCTETS = 32
_SEALED_OCTETS = SEGMENT_OCTETS + TAG_OCTETS


class SealBroken(Exception):
    """These octets are not what was sealed under this key and context."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a sealed object belongs to. Opening it under any other context fails."""

    tenant_id: int
    name: str
    key_version: int

    @property
    def associated_data(self) -> bytes:
        """No field can contain the separator: two numbers and a name of hexadecimal digits."""
        return f"pratique/1|{self.tenant_id}|{self.name}|{self.key_version}".encode("ascii")


def seal(data_key: bytes, context: Context, content: Iterable[bytes]) -> Iterator[bytes]:
    """The sealed segments of `content`, whose pieces may be of any size."""
    cipher, bound = AESGCM(data_key), context.associated_data
    # One segment is held back until it is known whether it is the last.
    for number, segment, is_last in _numbered(_cut(content, SEGMENT_OCTETS)):
        yield cipher.encrypt(_nonce(number, is_last), segment, bound)


def open_sealed(data_key: bytes, context: Context, sealed: Iterable[bytes]) -> Iterator[bytes]:
    """The plain octets again. Raises SealBroken; see the head of this file on pieces given out before that."""
    cipher, bound = AESGCM(data_key), context.associated_data
    for number, segment, is_last in _numbered(_cut(sealed, _SEALED_OCTETS)):
        try:
            yield cipher.decrypt(_nonce(number, is_last), segment, bound)
        except InvalidTag:
            raise SealBroken(f"segment {number} of {context.name} is not as it was sealed") from None


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


def _numbered(segments: Iterator[bytes]) -> Iterator[tuple[int, bytes, bool]]:
    current, number = next(segments, b""), 0
    for following in segments:
        yield number, current, False
        current, number = following, number + 1
    yield number, current, True


def _cut(content: Iterable[bytes], octets: int) -> Iterator[bytes]:
    waiting = bytearray()
    for piece in content:
        waiting += piece
        whole = len(waiting) - len(waiting) % octets
        for start in range(0, whole, octets):
            yield bytes(waiting[start : start + octets])
        del waiting[:whole]
    if waiting:
        yield bytes(waiting)
