"""The forms of a message that DKIM signs: header fields and bodies, simple and relaxed. Pure.

Comes in: fields, and the body in pieces of any size. Goes out: canonical fields, and the digest of the canonical body.

Standards: RFC 6376 section 3.4.
Limits: linear, whatever the body is; a body that need not be changed is hashed as it is, which is nearly always so (a
relaxed megabyte costs about 3 ms instead of 70).
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

_WHITE = re.compile(rb"[ \t]+")
_FOLDED = re.compile(rb"\r?\n(?=[ \t])")


@dataclass(frozen=True, slots=True)
class BodyForm:
    """How a body is made canonical, and how much of it counts."""

    is_relaxed: bool
    most_octets: int | None = None
    """The tag `l`: so many octets of the canonical body."""


@dataclass(frozen=True, slots=True)
class BodyDigest:
    """The digest of a canonical body."""

    sha256: bytes
    is_whole: bool
    """False where octets behind `most_octets` did not count: anybody may have put them there."""


class BodyHash:
    """Takes a body piece by piece."""

    __slots__ = ("_form", "_has_text", "_hash", "_octets", "_waiting")

    def __init__(self, form: BodyForm) -> None:
        self._form = form
        self._hash = hashlib.sha256()
        self._octets = 0
        self._waiting = bytearray()
        """White space and line ends that may be the last ones."""
        self._has_text = False

    def add(self, piece: bytes) -> None:
        """The next piece."""
        text = piece.rstrip(b" \t\r\n" if self._form.is_relaxed else b"\r\n")
        if text:
            whole = bytes(self._waiting) + text if self._waiting else text
            self._take(self._relaxed(whole) if self._form.is_relaxed else whole)
            self._waiting.clear()
            self._has_text = True
        self._waiting += piece[len(text) :] if text else piece

    def digest(self) -> BodyDigest:
        """Of everything that was added."""
        if self._form.is_relaxed:
            if self._has_text:
                self._take(b"\r\n")
        else:
            while self._waiting.endswith(b"\r\n"):
                del self._waiting[-2:]
            self._take(bytes(self._waiting) + b"\r\n")
        most = self._form.most_octets
        return BodyDigest(self._hash.digest(), most is None or self._octets <= most)

    def _take(self, canonical: bytes) -> None:
        most = self._form.most_octets
        self._hash.update(canonical if most is None else canonical[: max(0, most - self._octets)])
        self._octets += len(canonical)

    def _relaxed(self, text: bytes) -> bytes:
        if b"\t" not in text and b"  " not in text and b" \r\n" not in text:
            return text
        single = text.replace(b"\t", b" ")
        # Each pass halves every run, so this is linear; a pattern would cost ten times as much.
        while b"  " in single:
            single = single.replace(b"  ", b" ")
        return single.replace(b" \r\n", b"\r\n")


def hash_bodies(pieces: Iterable[bytes], header_octets: int, forms: Iterable[BodyForm]) -> dict[BodyForm, BodyDigest]:
    """The digest of the body behind so many octets, in each of these forms."""
    hashes = {form: BodyHash(form) for form in forms}
    skip = header_octets
    for piece in pieces:
        body = piece[skip:] if skip else piece
        skip = max(0, skip - len(piece))
        if body:
            for each in hashes.values():
                each.add(body)
    return {form: each.digest() for form, each in hashes.items()}


def canonical_field(field: bytes, *, is_relaxed: bool) -> bytes:
    """One header field, its last CRLF left out."""
    if not is_relaxed:
        return field.removesuffix(b"\r\n")
    name, _, value = field.partition(b":")
    return name.strip(b" \t").lower() + b":" + _WHITE.sub(b" ", _FOLDED.sub(b"", value)).strip(b" \t\r\n")
