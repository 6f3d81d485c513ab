"""Making a stamp and telling whether one is good. Pure.

Comes in: the header section, digests, the circumstances. Goes out: a signed `Stamp`; or why an arriving one counts for
nothing. What is signed is the stamp itself with an empty signature, below the named fields in their relaxed form
(`mx/authentication/dkim_canonical.py`), each as often as it is named, from the bottom up.

A good stamp saves work: leaves that it lists need not be shown again to engines whose signatures are older than it. It
never says anything against a finding of our own, and no other word than `clean` saves anything.

Failure: every doubt counts against the stamp (`Flaw`).
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from mx.authentication.dkim import split_fields
from mx.authentication.dkim_canonical import canonical_field
from mx.stamp.form import OVER_SIGNED, Stamp, digest_of_recipients

LIFE_SECONDS = 24 * 3600
MOST_LIFE_SECONDS = 7 * 24 * 3600
_CLOCK_SECONDS = 300


class Flaw(StrEnum):
    """Why a stamp counts for nothing."""

    OURS = "it names us, and comes from outside"
    UNKNOWN_SERVICE = "its service is not one that is trusted here"
    NOT_CLEAN = "its result is not clean"
    INCOMPLETE = "not every leaf was examined"
    EXPIRED = "it has expired, or is from the future"
    OTHER_RECIPIENTS = "it was made for other recipients"
    OTHER_SENDER = "it was made for another reverse-path"
    NO_KEY = "its key is not to be had"
    FORGED = "its signature does not fit"


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a stamp is held against."""

    header: bytes
    """The header section as it stands below the stamp, other stamps left out."""
    reverse_path: str
    recipients: tuple[str, ...]
    now: float


def signed_names(header: bytes) -> tuple[str, ...]:
    """What a new stamp signs: each of OVER_SIGNED as often as it stands there, and once more."""
    present = [field.partition(b":")[0].strip(b" \t").lower() for field in split_fields(header)]
    return tuple(name for name in OVER_SIGNED for _ in range(present.count(name.encode()) + 1))


def sign(stamp: Stamp, header: bytes, key: Ed25519PrivateKey) -> Stamp:
    """The stamp with its signature."""
    return replace(stamp, signature=key.sign(_signed_octets(stamp, header)))


def flaw_of(
    stamp: Stamp, arrival: Arrival, own_domain: str, trusted: Iterable[str], public_key: bytes | None
) -> Flaw | None:
    """Why this stamp counts for nothing; None for a good one. `public_key` is None where it could not be fetched."""
    if stamp.domain == own_domain:
        return Flaw.OURS
    if stamp.domain not in trusted:
        return Flaw.UNKNOWN_SERVICE
    if stamp.result != "clean":
        return Flaw.NOT_CLEAN
    if stamp.covered[0] != stamp.covered[1] or not stamp.covered[1]:
        return Flaw.INCOMPLETE
    is_early, is_late = stamp.made_at > arrival.now + _CLOCK_SECONDS, stamp.expires_at < arrival.now
    if is_early or is_late or stamp.expires_at - stamp.made_at > MOST_LIFE_SECONDS:
        return Flaw.EXPIRED
    if stamp.recipients != digest_of_recipients(arrival.recipients):
        return Flaw.OTHER_RECIPIENTS
    if stamp.reverse_path != hashlib.sha256(arrival.reverse_path.encode()).digest():
        return Flaw.OTHER_SENDER
    if public_key is None:
        return Flaw.NO_KEY
    return None if is_genuine(stamp, arrival.header, public_key) else Flaw.FORGED


def is_genuine(stamp: Stamp, header: bytes, public_key: bytes) -> bool:
    """Whether this key has signed this stamp for a message with this header."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(stamp.signature, _signed_octets(stamp, header))
    except (InvalidSignature, ValueError):
        return False
    return True


def _signed_octets(stamp: Stamp, header: bytes) -> bytes:
    left: dict[str, list[bytes]] = {}
    for field in split_fields(header):
        name = field.partition(b":")[0].strip(b" \t").lower().decode("latin-1")
        left.setdefault(name, []).append(field)
    lines: list[bytes] = []
    for name in stamp.signed:
        # A field that does not stand there is signed as missing: adding it later breaks the signature.
        lines.append(canonical_field(left[name].pop(), is_relaxed=True) if left.get(name) else name.encode() + b":")
    own = canonical_field(replace(stamp, signature=b"").to_field().encode("ascii"), is_relaxed=True)
    return b"\r\n".join([*lines, own])


def saved(leaves: Sequence[bytes], digests: Iterable[bytes]) -> frozenset[bytes]:
    """Of these digests, those that a good stamp has listed: what changed on the way is not among them."""
    return frozenset(leaves) & frozenset(digests)
