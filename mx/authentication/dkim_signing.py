"""Signs mail of our own with DKIM. Pure: keys and time are given.

Comes in: a whole message, all lines ending in CRLF. Goes out: one `DKIM-Signature` field for each key, to stand above
the message. Two keys of two kinds are for those who cannot check Ed25519 yet.

Standards: RFC 6376 sections 3.5 and 5; RFC 8301 (RSA of 2048 bits with SHA-256); RFC 8463 (Ed25519).
Failure: none. Fields that are not there are signed too, so that nobody can add them (section 5.4).
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from mx.authentication.dkim import signed_octets, split_fields
from mx.authentication.dkim_canonical import BodyForm, hash_bodies
from mx.authentication.dkim_signature import Algorithm

SIGNED = (
    *("from", "to", "subject", "date", "message-id", "auto-submitted", "mime-version", "content-type"),
    *("content-transfer-encoding", "from", "to", "subject", "cc", "reply-to", "sender"),
)
"""A name that stands once more than the message has the field keeps others from adding one."""
_RELAXED = BodyForm(is_relaxed=True)
_BASE64_LINE = 70


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key, and the name under which its public half is published."""

    selector: str
    key: Ed25519PrivateKey | RSAPrivateKey


def sign(message: bytes, domain: str, keys: Sequence[SigningKey], now: datetime) -> bytes:
    """The signatures as header lines, in the order of the keys, each ending in CRLF."""
    header, _, _ = message.partition(b"\r\n\r\n")
    fields = split_fields(header)
    digest = hash_bodies([message], len(header) + 4, [_RELAXED])[_RELAXED].sha256
    return b"".join(_signature(fields, digest, domain, key, now) for key in keys)


def _signature(fields: list[bytes], digest: bytes, domain: str, key: SigningKey, now: datetime) -> bytes:
    algorithm = Algorithm.ED25519 if isinstance(key.key, Ed25519PrivateKey) else Algorithm.RSA
    words = (
        f"DKIM-Signature: v=1; a={algorithm.value}; c=relaxed/relaxed; d={domain}; s={key.selector};",
        f"\tt={int(now.timestamp())};",
        f"\th={':'.join(SIGNED[:8])}:",
        f"\t {':'.join(SIGNED[8:])};",
        f"\tbh={base64.b64encode(digest).decode('ascii')};",
        "\tb=",
    )
    unsigned = "\r\n".join(words).encode("ascii")
    octets = signed_octets([name.encode("ascii") for name in SIGNED], fields, unsigned, is_relaxed=True)
    if isinstance(key.key, Ed25519PrivateKey):
        value = key.key.sign(sha256(octets).digest())
    else:
        value = key.key.sign(octets, PKCS1v15(), SHA256())
    text = base64.b64encode(value)
    lines = [text[at : at + _BASE64_LINE] for at in range(0, len(text), _BASE64_LINE)]
    return unsigned + b"\r\n\t ".join(lines) + b"\r\n"
