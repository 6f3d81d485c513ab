"""Mail that is DKIM-signed, so that one changed octet is seen: every form of canonicalization, some odd bodies.

The key is made from a seed each time: it protects nothing.
Standards: RFC 6376.
"""

import base64
import random
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from unittest import mock

import dkim
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.corpus.case import Case, clean
from tests.corpus.clean.programs import HTML, TEXT, WHO, encoded, leaf, multipart

DOMAIN, SELECTOR = b"sender.example", b"corpus"
_SIGNED_AT = 1_795_500_000


def cases() -> Iterator[Case]:
    """Each body under each canonicalization."""
    for name, message in _letters():
        for canonical in ("simple/simple", "relaxed/relaxed", "simple/relaxed", "relaxed/simple"):
            signed = sign(message, canonical)
            yield replace(clean("signed", f"{name}-{canonical.replace('/', '-')}", signed), is_signed=True)


def _letters() -> Iterator[tuple[str, bytes]]:
    mime = WHO + b"MIME-Version: 1.0\r\n"
    yield "text", WHO + b"\r\n" + TEXT
    yield (
        "mime",
        mime
        + multipart(b"mixed", b"b", leaf(TEXT), leaf(HTML, b"text/html"), encoded(b"hello", b"text/plain", b"a.txt")),
    )
    yield (
        "odd-spaces",
        WHO.replace(b"Subject: ", b"Subject:   ") + b"X-Odd:   a \t b\r\n\r\n" + TEXT + b"  \r\nx \t y\r\n\r\n\r\n",
    )
    yield "folded-and-8-bit", WHO + "X-Name: gr\u00fc\r\n\t\u00dfe\r\n\r\nGr\u00fc\u00dfe\r\n.\r\n..\r\n".encode()
    yield "empty-body", WHO + b"\r\n"
    yield "unclosed", mime + multipart(b"mixed", b"b", leaf(TEXT)).removesuffix(b"--b--\r\n")


@cache
def _key() -> rsa.RSAPrivateKey:
    """A key of 1,024 bits from a fixed seed."""
    choices = random.Random(6376)
    first, second = _prime(choices), _prime(choices)
    exponent, phi = 65_537, (first - 1) * (second - 1)
    private = pow(exponent, -1, phi)
    public = rsa.RSAPublicNumbers(exponent, first * second)
    parts = (private % (first - 1), private % (second - 1), pow(second, -1, first))
    return rsa.RSAPrivateNumbers(first, second, private, *parts, public).private_key()


def _prime(choices: random.Random) -> int:
    while True:
        candidate = choices.getrandbits(512) | 3 << 510 | 1
        # Fermat's test is enough for numbers that nobody chose with ill will.
        if candidate % 65_537 != 1 and all(pow(witness, candidate - 1, candidate) == 1 for witness in (2, 3, 5, 7)):
            return candidate


def sign(message: bytes, canonical: str = "relaxed/relaxed") -> bytes:
    """The message with a signature on top."""
    pem = _key().private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    forms = tuple(form.encode() for form in canonical.split("/"))
    with mock.patch("dkim.time.time", return_value=_SIGNED_AT):
        return dkim.sign(message, SELECTOR, DOMAIN, pem, canonicalize=forms) + message


def is_intact(message: bytes) -> bool:
    """Whether the signature still verifies."""
    raw = _key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(raw)
    return bool(dkim.verify(message, dnsfunc=lambda name, timeout=5: record))
