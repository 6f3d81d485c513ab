"""What we sign, checked by dkimpy and by ourselves; and what breaks it."""

import base64
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache

import dkim as reference
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mx.authentication.dkim import check
from mx.authentication.dkim_canonical import BodyDigest, BodyForm, hash_bodies
from mx.authentication.dkim_signing import SigningKey, sign
from mx.authentication.questions import Result
from tests.contracts.coroutines import result_at_once
from tests.contracts.dns_table import DnsTable

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
MESSAGE = (
    b"From: Mail delivery <postmaster@mx.example>\r\nTo: <ann@s.example>\r\nSubject: a  folded\r\n\tsubject\r\n"
    b"Auto-Submitted: auto-replied\r\n\r\nGood  morning. \r\n\r\n\r\n"
)


@cache
def keys() -> tuple[SigningKey, SigningKey]:
    return SigningKey("e1", Ed25519PrivateKey.generate()), SigningKey("r1", generate_private_key(65537, 2048))


@cache
def records() -> dict[str, list[str]]:
    ed25519, rsa = (each.key.public_key() for each in keys())
    raw = base64.b64encode(ed25519.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
    der = base64.b64encode(rsa.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    return {
        "TXT e1._domainkey.mx.example": [f"v=DKIM1; k=ed25519; p={raw}"],
        "TXT r1._domainkey.mx.example": [f"v=DKIM1; k=rsa; p={der}"],
    }


def results(message: bytes) -> list[Result]:
    header, _, body = message.partition(b"\r\n\r\n")

    async def digests(forms: Iterable[BodyForm]) -> Mapping[BodyForm, BodyDigest]:
        return hash_bodies([body], 0, forms)

    answers = result_at_once(check(DnsTable(records()), header + b"\r\n", digests, NOW.timestamp()))
    return [answer.result for answer in answers]


def test_both_signatures_hold() -> None:
    """Before our own eyes, and dkimpy's."""
    signed = sign(MESSAGE, "mx.example", keys(), NOW) + MESSAGE
    assert results(signed) == [Result.PASS, Result.PASS]
    lines = signed.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert max(map(len, lines)) <= 100

    def answer(name: bytes, timeout: int = 5) -> bytes:
        return records()[f"TXT {name.decode().rstrip('.')}"][0].encode()

    # dkimpy knows Ed25519 only where another package is installed.
    verifier = reference.DKIM(signed)
    assert verifier.verify(idx=1, dnsfunc=answer)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Good  morning", b"Good  evening"),
        (b"<ann@s.example>", b"<bob@s.example>"),
        (b"Auto-Submitted: auto-replied", b"Auto-Submitted: no"),
        (b"From: Mail", b"From: a@b.example\r\nFrom: Mail"),
        (b"To: <ann", b"Reply-To: a@b.example\r\nTo: <ann"),
        (b"To: <ann", b"Subject: another\r\nTo: <ann"),
    ],
)
def test_what_is_changed_or_added_breaks_both(old: bytes, new: bytes) -> None:
    """A field that people see cannot be put in, either."""
    signed = sign(MESSAGE, "mx.example", keys(), NOW) + MESSAGE.replace(old, new)
    assert results(signed) == [Result.FAIL, Result.FAIL]
