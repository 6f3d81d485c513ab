"""DKIM: has a domain signed this message, and is it still what was signed? Pure, but for the DNS it is given.

Comes in: the header section, and a way to get the body's digests. Goes out: one answer for each signature, at most
MOST_SIGNATURES.

Standards: RFC 6376 sections 3.5, 5.4.2 and 6; RFC 8301; RFC 8463.
Failure: an answer for each kind of it; nothing raises.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from mx.authentication.dkim_canonical import BodyDigest, BodyForm, canonical_field
from mx.authentication.dkim_signature import (
    Algorithm,
    BadKey,
    BadSignature,
    Key,
    Signature,
    read_key,
    read_signature,
)
from mx.authentication.questions import Dns, DnsFailed, Result

MOST_SIGNATURES = 5
LEAST_RSA_BITS = 1024
_FUTURE_SECONDS = 3600
_FIELD_END = re.compile(rb"\r\n(?![ \t])")

BodyDigests = Callable[[Iterable[BodyForm]], Awaitable[Mapping[BodyForm, BodyDigest]]]


@dataclass(frozen=True, slots=True)
class DkimAnswer:
    """What one signature is worth."""

    result: Result
    domain: str = ""
    selector: str = ""
    reason: str = ""
    """A few plain words, for people."""


async def check(dns: Dns, header: bytes, digests: BodyDigests, now: float) -> tuple[DkimAnswer, ...]:
    """One answer for each signature in the header; `now` is in seconds since 1970."""
    fields = split_fields(header)
    own = [field for field in fields if field[:15].lower() == b"dkim-signature:"][:MOST_SIGNATURES]
    answers: list[DkimAnswer] = []
    read: list[Signature] = []
    for field in own:
        try:
            read.append(read_signature(field))
        except BadSignature as error:
            answers.append(DkimAnswer(Result.PERMANENT_ERROR, reason=str(error)))
    if not read:
        return tuple(answers)
    found = await digests({signature.body for signature in read})
    for signature in read:
        answers.append(await _check_one(dns, signature, fields, found[signature.body], now))
    return tuple(answers)


def split_fields(header: bytes) -> list[bytes]:
    """The fields of a header section, each with its folded lines and without its last CRLF."""
    return [field for field in _FIELD_END.split(header) if field]


async def _check_one(dns: Dns, signature: Signature, fields: list[bytes], body: BodyDigest, now: float) -> DkimAnswer:
    def answer(result: Result, reason: str = "") -> DkimAnswer:
        return DkimAnswer(result, signature.domain, signature.selector, reason)

    if signature.expires_at is not None and signature.expires_at < now:
        return answer(Result.FAIL, "expired")
    if signature.made_at is not None and signature.made_at > now + _FUTURE_SECONDS:
        return answer(Result.FAIL, "from the future")
    try:
        texts = await dns.txt(f"{signature.selector}._domainkey.{signature.domain}")
    except DnsFailed:
        return answer(Result.TEMPORARY_ERROR, "no answer for the key")
    if not texts:
        return answer(Result.PERMANENT_ERROR, "no key")
    try:
        key = read_key(texts[0])
        is_relaxed = signature.is_header_relaxed
        octets = signed_octets(signature.signed, fields, signature.unsigned_field, is_relaxed=is_relaxed)
        is_genuine = is_signed_by(key, signature, octets)
    except BadKey as error:
        return answer(Result.PERMANENT_ERROR, f"key: {error}")
    if key.must_be_exact and signature.identity != signature.domain:
        return answer(Result.PERMANENT_ERROR, "identity below the domain")
    if body.sha256 != signature.body_hash:
        return answer(Result.FAIL, "body changed")
    if not is_genuine:
        return answer(Result.FAIL, "signature does not fit")
    if not body.is_whole:
        return answer(Result.POLICY, "signs only a part of the body")
    return answer(Result.NEUTRAL if key.is_testing else Result.PASS, "testing" if key.is_testing else "")


def signed_octets(names: Iterable[bytes], fields: Iterable[bytes], own: bytes, *, is_relaxed: bool) -> bytes:
    """What is signed: each field as often as it is named, from the bottom up, then its own (section 5.4.2)."""
    left: dict[bytes, list[bytes]] = {}
    for field in fields:
        left.setdefault(field.partition(b":")[0].strip(b" \t").lower(), []).append(field)
    lines = [canonical_field(left[name].pop(), is_relaxed=is_relaxed) + b"\r\n" for name in names if left.get(name)]
    return b"".join(lines) + canonical_field(own, is_relaxed=is_relaxed)


def is_signed_by(key: Key, signature: Signature, octets: bytes) -> bool:
    """Whether the signature over these octets was made with this key. Raises BadKey."""
    public = _public_key(key)
    try:
        if isinstance(public, Ed25519PublicKey) and signature.algorithm is Algorithm.ED25519:
            # RFC 8463 section 3: what is signed is the digest.
            public.verify(signature.value, sha256(octets).digest())
            return True
        if isinstance(public, RSAPublicKey) and signature.algorithm is Algorithm.RSA:
            public.verify(signature.value, octets, PKCS1v15(), SHA256())
            return True
    except InvalidSignature:
        return False
    raise BadKey("of another kind than the signature")


def _public_key(key: Key) -> RSAPublicKey | Ed25519PublicKey:
    try:
        if key.kind == "ed25519":
            return Ed25519PublicKey.from_public_bytes(key.public)
        public = load_der_public_key(key.public)
    except (ValueError, UnsupportedAlgorithm):
        raise BadKey("cannot be read") from None
    if not isinstance(public, RSAPublicKey):
        raise BadKey("of a kind that is not used")
    if public.key_size < LEAST_RSA_BITS:
        raise BadKey(f"only {public.key_size} bits")
    return public
