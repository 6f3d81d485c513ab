"""DKIM signatures that dkimpy made, checked by us; and what must not pass."""

import base64
import time
from collections.abc import Iterable, Mapping
from functools import cache

import dkim as reference
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from mx.authentication.dkim import DkimAnswer, check
from mx.authentication.dkim_canonical import BodyDigest, BodyForm, hash_bodies
from mx.authentication.questions import Result
from tests.contracts.coroutines import result_at_once
from tests.contracts.dns_table import DnsTable

NOW = time.time()
HEADER = b"From: Ann <ann@s.example>\r\nTo: b@t.example\r\nSubject: a  folded\r\n\tsubject\r\nX-Other: 1\r\n"
BODY = b"Good  morning. \r\n\r\n\tAnn\r\n\r\n\r\n"
KEY_NAME = "TXT sel._domainkey.s.example"

ED25519_EXAMPLE = (
    b"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;",
    b" d=football.example.com; i=@football.example.com;",
    b" q=dns/txt; s=brisbane; t=1528637909; h=from : to :",
    b" subject : date : message-id : from : subject : date;",
    b" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;",
    b" b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus",
    b" Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==",
    b"From: Joe SixPack <joe@football.example.com>",
    b"To: Suzie Q <suzie@shopping.example.net>",
    b"Subject: Is dinner ready?",
    b"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)",
    b"Message-ID: <20030712040037.46341.5F8J@football.example.com>",
)


@cache
def rsa_key(bits: int = 2048) -> tuple[bytes, str]:
    """The private key as PEM, and the text of its record."""
    private = rsa.generate_private_key(65537, bits)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return pem, f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"


def signed(canonical: tuple[bytes, bytes] = (b"relaxed", b"simple"), **more: object) -> tuple[bytes, bytes]:
    """A signed message: header section and body."""
    message = HEADER + b"\r\n" + BODY
    field = reference.sign(message, b"sel", b"s.example", rsa_key()[0], canonicalize=canonical, **more)
    return field + HEADER, BODY


def checked(header: bytes, body: bytes, records: Mapping[str, list[str]] | None = None) -> tuple[DkimAnswer, ...]:
    """What we say."""

    async def digests(forms: Iterable[BodyForm]) -> Mapping[BodyForm, BodyDigest]:
        return hash_bodies([body], 0, forms)

    dns = DnsTable({KEY_NAME: [rsa_key()[1]]} if records is None else records)
    return result_at_once(check(dns, header, digests, NOW))


def only_result(header: bytes, body: bytes, records: Mapping[str, list[str]] | None = None) -> Result:
    """Of the one signature."""
    [answer] = checked(header, body, records)
    return answer.result


@pytest.mark.parametrize("header_form", [b"simple", b"relaxed"])
@pytest.mark.parametrize("body_form", [b"simple", b"relaxed"])
def test_what_the_reference_signs_passes(header_form: bytes, body_form: bytes) -> None:
    """Every pair of forms, its own field folded; and passes in the reference too."""
    header, body = signed((header_form, body_form))
    [answer] = checked(header, body)
    assert answer == DkimAnswer(Result.PASS, "s.example", "sel")


def test_a_relaxed_message_survives_what_relaxed_allows() -> None:
    """White space may change on the way, in names' case too."""
    header, body = signed((b"relaxed", b"relaxed"))
    changed = header.replace(b"Subject: a  folded\r\n\tsubject", b"SUBJECT:  a folded subject ")
    assert only_result(changed, body.replace(b"Good  morning. \r\n", b"Good morning.\r\n")) is Result.PASS


@pytest.mark.parametrize(
    ("before", "after", "result"),
    [
        (b"Ann <ann@s.example>", b"Eve <ann@s.example>", Result.FAIL),
        (b"X-Other: 1", b"X-Other: 2", Result.PASS),
        (b"v=1;", b"v=2;", Result.PERMANENT_ERROR),
        (b"a=rsa-sha256", b"a=rsa-sha1", Result.PERMANENT_ERROR),
        (b"d=s.example", b"d=other.example", Result.PERMANENT_ERROR),
    ],
)
def test_a_changed_header_has_its_result(before: bytes, after: bytes, result: Result) -> None:
    """What is signed may not change, what is not may."""
    header, body = signed(include_headers=[b"from", b"to", b"subject"])
    assert before in header
    assert only_result(header.replace(before, after), body) is result


def test_a_changed_body_fails() -> None:
    """Also one that is only longer."""
    header, body = signed()
    assert only_result(header, body.replace(b"morning", b"evening")) is Result.FAIL
    assert only_result(header, body + b"more\r\n") is Result.FAIL


def test_a_signature_over_a_part_of_the_body_is_not_enough() -> None:
    """The tag `l` lets anybody append."""
    header, body = signed((b"relaxed", b"simple"), length=True)
    assert only_result(header, body) is Result.PASS
    assert only_result(header, body + b"more\r\n") is Result.POLICY


def test_a_second_from_above_is_caught_where_from_is_signed_twice() -> None:
    """The field nearest to the body is the one that was signed (section 5.4.2)."""
    message = HEADER + b"\r\n" + BODY
    field = reference.sign(message, b"sel", b"s.example", rsa_key()[0], include_headers=[b"from", b"from", b"subject"])
    assert only_result(field + HEADER, BODY) is Result.PASS
    assert only_result(b"From: eve@evil.example\r\n" + field + HEADER, BODY) is Result.FAIL


@pytest.mark.parametrize(
    ("record", "result"),
    [
        ([], Result.PERMANENT_ERROR),
        (["v=DKIM1; p="], Result.PERMANENT_ERROR),
        (["v=DKIM2; " + rsa_key()[1]], Result.PERMANENT_ERROR),
        (["p=!!!"], Result.PERMANENT_ERROR),
        (["p=QUJD"], Result.PERMANENT_ERROR),
        ([rsa_key()[1].replace("k=rsa", "k=rsa; h=sha1")], Result.PERMANENT_ERROR),
        ([rsa_key()[1].replace("k=rsa", "k=rsa; s=tlsrpt")], Result.PERMANENT_ERROR),
        ([rsa_key()[1].replace("k=rsa", "k=rsa; t=y")], Result.NEUTRAL),
        ([rsa_key(1024)[1]], Result.FAIL),
    ],
    ids=[
        "no record",
        "revoked",
        "another version",
        "no base64",
        "no key",
        "for SHA-1",
        "for reports of TLS",
        "on trial",
        "another key",
    ],
)
def test_a_key_that_cannot_be_used_has_its_result(record: list[str], result: Result) -> None:
    """Missing, revoked, of another version, for something else, under test, somebody else's."""
    assert only_result(*signed(), {KEY_NAME: record}) is result


def test_silence_about_the_key_is_temporary() -> None:
    """The sender may be genuine."""

    async def digests(forms: Iterable[BodyForm]) -> Mapping[BodyForm, BodyDigest]:
        return hash_bodies([BODY], 0, forms)

    dns = DnsTable({}, frozenset({"sel._domainkey.s.example"}))
    [answer] = result_at_once(check(dns, signed()[0], digests, NOW))
    assert answer.result is Result.TEMPORARY_ERROR


def test_ed25519_passes() -> None:
    """The example of RFC 8463 appendix A."""
    header = b"\r\n".join(ED25519_EXAMPLE) + b"\r\n"
    body = b"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"
    record = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    records = {"TXT brisbane._domainkey.football.example.com": [record]}
    assert only_result(header, body, records) is Result.PASS
    assert only_result(header, body + b"x", records) is Result.FAIL
    assert only_result(header.replace(b"Joe", b"Jim"), body, records) is Result.FAIL


def test_an_unsigned_message_has_no_answer_and_only_some_signatures_are_looked_at() -> None:
    """Fifty signatures would be fifty questions to the DNS."""
    assert checked(HEADER, BODY) == ()
    header, body = signed()
    assert len(checked(header.partition(b"From:")[0] * 50 + HEADER, body)) == 5
