"""Which certificates will do, with certificates made for the purpose."""

import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mx.delivery.hops.certificates import complaint_by_name, complaint_by_pins, complaint_by_tlsa, is_usable
from mx.delivery.hops.hop import Security, Tlsa
from tenants.domains.route_terms import Pin, PinKind, Tls
from tests.contracts.authority import authority

ROOT = authority()
MIDDLE = ROOT.sign("middle", signs=True)
LEAF = MIDDLE.sign("mail.acme.example", "*.wild.example", "192.0.2.1")
EXPIRED = MIDDLE.sign("mail.acme.example", days=-1)
OTHER = authority("another")


def whole(certificate: x509.Certificate) -> bytes:
    """The certificate as TLSA selector 0 counts it."""
    return certificate.public_bytes(Encoding.DER)


def key(certificate: x509.Certificate) -> bytes:
    """Its key, as selector 1 does."""
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def sha256(octets: bytes) -> bytes:
    """Matching type 1."""
    return hashlib.sha256(octets).digest()


@pytest.mark.parametrize(
    ("names", "is_good"),
    [
        (("mail.acme.example",), True),
        (("a.wild.example",), True),
        (("192.0.2.1",), True),
        (("other.example", "mail.acme.example"), True),
        (("acme.example",), False),
        (("192.0.2.2",), False),
        (("2001:db8::1",), False),
        (("a.b.wild.example",), False),
    ],
)
def test_a_certificate_is_for_its_names(names: tuple[str, ...], is_good: bool) -> None:
    """Wildcards for one label, addresses as addresses."""
    complaint = complaint_by_name(LEAF.certificate, names)
    assert (complaint is None) is is_good
    assert is_good or names[0] in str(complaint)


def test_a_certificate_without_names_is_nobodys() -> None:
    """What stands in its subject is no host name."""
    assert complaint_by_name(ROOT.certificate, ("authority.example",)) is not None


@pytest.mark.parametrize(
    ("kind", "octets", "is_good"),
    [
        (PinKind.CERTIFICATE, whole(LEAF.certificate), True),
        (PinKind.KEY, key(LEAF.certificate), True),
        (PinKind.CERTIFICATE, key(LEAF.certificate), False),
        (PinKind.KEY, whole(LEAF.certificate), False),
        (PinKind.CERTIFICATE, whole(MIDDLE.certificate), False),
    ],
    ids=["the leaf", "its key", "its key as a leaf", "the leaf as a key", "another certificate"],
)
def test_a_pin_is_the_digest_of_the_leaf_or_of_its_key(kind: PinKind, octets: bytes, is_good: bool) -> None:
    """One of several is enough."""
    pins = (Pin(PinKind.KEY, "0" * 64), Pin(kind, sha256(octets).hex()))
    assert (complaint_by_pins(LEAF.certificate, pins) is None) is is_good


CASES = [
    ("the leaf's key", Tlsa(3, 1, 1, sha256(key(LEAF.certificate))), None),
    ("the leaf's key, SHA-512", Tlsa(3, 1, 2, hashlib.sha512(key(LEAF.certificate)).digest()), None),
    ("the whole leaf", Tlsa(3, 0, 0, whole(LEAF.certificate)), None),
    ("the authority", Tlsa(2, 0, 1, sha256(whole(ROOT.certificate))), None),
    ("the authority between", Tlsa(2, 1, 1, sha256(key(MIDDLE.certificate))), None),
    ("another key", Tlsa(3, 1, 1, sha256(key(OTHER.certificate))), "no TLSA record is for the certificate"),
    ("another authority", Tlsa(2, 1, 1, sha256(key(OTHER.certificate))), "no TLSA record is for the certificate"),
    ("the authority as if it were the leaf", Tlsa(3, 1, 1, sha256(key(MIDDLE.certificate))), "no TLSA record"),
]


@pytest.mark.parametrize(("record", "complaint"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_tlsa_record_is_for_the_leaf_or_for_who_signed_it(record: Tlsa, complaint: str | None) -> None:
    """Beside a record that is for nobody."""
    security = Security(Tls.DANE, ("mail.acme.example",), tlsa=(Tlsa(3, 1, 1, b"x" * 32), record))
    found = complaint_by_tlsa(LEAF.chain, security)
    assert found is None if complaint is None else complaint in str(found)


def test_names_and_dates_count_below_an_authority_and_not_for_the_leaf_itself() -> None:
    """RFC 7672 section 3.1.1."""
    below = Tlsa(2, 1, 1, sha256(key(MIDDLE.certificate)))
    expired = Tlsa(3, 1, 1, sha256(key(EXPIRED.certificate)))
    assert complaint_by_tlsa(EXPIRED.chain, Security(Tls.DANE, ("x.example",), tlsa=(expired,))) is None
    named = Security(Tls.DANE, ("mail.acme.example",), tlsa=(below,))
    assert "expired" in str(complaint_by_tlsa(EXPIRED.chain, named))
    assert "not for x.example" in str(complaint_by_tlsa(LEAF.chain, Security(Tls.DANE, ("x.example",), tlsa=(below,))))


def test_a_stranger_cannot_show_an_authority_that_has_not_signed_him() -> None:
    """It stands in his chain, and did not make it."""
    forged = [OTHER.sign("mail.acme.example").certificate, MIDDLE.certificate]
    record = Tlsa(2, 1, 1, sha256(key(MIDDLE.certificate)))
    complaint = complaint_by_tlsa(forged, Security(Tls.DANE, ("mail.acme.example",), tlsa=(record,)))
    assert "does not lead to the one of the TLSA record" in str(complaint)


@pytest.mark.parametrize(
    ("fields", "octets", "usable"),
    [
        ((3, 1, 1), 32, True),
        ((2, 0, 0), 700, True),
        ((2, 1, 2), 64, True),
        ((0, 1, 1), 32, False),
        ((1, 1, 1), 32, False),
        ((3, 2, 1), 32, False),
        ((3, 1, 3), 32, False),
        ((3, 1, 1), 31, False),
        ((3, 1, 1), 64, False),
        ((3, 1, 1), 0, False),
        ((3, 1, 2), 32, False),
        ((3, 1, 0), 0, False),
    ],
)
def test_records_that_smtp_has_no_use_for_do_not_count(fields: tuple[int, int, int], octets: int, usable: bool) -> None:
    """RFC 7672 section 3.1.3; RFC 7671: nor do digests of a wrong length."""
    assert is_usable(Tlsa(*fields, bytes(octets))) is usable
