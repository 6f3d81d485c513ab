"""Whether the certificate that a next hop shows is one that its route asks for. Pure: certificates in, a complaint out.

Comes in: the chain as it was shown, the leaf first, and a Security. Goes out: why it will not do, or nothing.

Standards: RFC 6698 section 2.1, RFC 7671 section 4.1 (malformed digests) and RFC 7672 sections 3.1 (usages 2 and 3; 0
and 1 are of no use in SMTP) and 3.2.3 (names are checked for usage 2, for 3 neither names nor dates); RFC 9525 (names
in certificates).

Failure: what cannot be read as a certificate will not do.
"""

import hashlib
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from OpenSSL import crypto
from service_identity import CertificateError, VerificationError
from service_identity.cryptography import verify_certificate_hostname, verify_certificate_ip_address

from mx.delivery.hops.hop import Security, Tlsa
from tenants.domains.route_terms import Pin, PinKind

_TRUST_ANCHOR, _END_ENTITY = 2, 3
_DIGESTS = {1: hashlib.sha256, 2: hashlib.sha512}


def is_usable(record: Tlsa) -> bool:
    """Whether SMTP knows what to do with such a TLSA record (RFC 7672 section 3.1).

    A digest that has not the length of its kind fits no certificate, and whoever published it did not mean that.
    """
    is_known = record.usage in (_TRUST_ANCHOR, _END_ENTITY) and record.selector in (0, 1)
    if record.matching in _DIGESTS:
        return is_known and len(record.association) == _DIGESTS[record.matching]().digest_size
    return is_known and record.matching == 0 and record.association != b""


def complaint_by_name(leaf: x509.Certificate, names: Sequence[str]) -> str | None:
    """Why this certificate is for none of these names."""
    for name in names:
        verify = verify_certificate_ip_address if _is_address(name) else verify_certificate_hostname
        try:
            verify(leaf, name)
        except (VerificationError, CertificateError):
            continue
        return None
    return f"the certificate is not for {' or '.join(names)}"


def complaint_by_pins(leaf: x509.Certificate, pins: Sequence[Pin]) -> str | None:
    """Why this certificate is none of those that the route names."""
    shown = {PinKind.CERTIFICATE: _octets(leaf, 0), PinKind.KEY: _octets(leaf, 1)}
    if any(hashlib.sha256(shown[pin.kind]).hexdigest() == pin.sha256 for pin in pins):
        return None
    return "neither the certificate nor its key is one that the route names"


def complaint_by_tlsa(chain: Sequence[x509.Certificate], security: Security) -> str | None:
    """Why no usable TLSA record is for this chain."""
    leaf = chain[0]
    why = "no TLSA record is for the certificate"
    for record in security.tlsa:
        if record.usage == _END_ENTITY and _matches(leaf, record):
            return None
        if record.usage == _TRUST_ANCHOR:
            for anchor in (certificate for certificate in chain if _matches(certificate, record)):
                why = _complaint_by_chain(chain, anchor) or complaint_by_name(leaf, security.names) or ""
                if not why:
                    return None
    return why


def _complaint_by_chain(chain: Sequence[x509.Certificate], anchor: x509.Certificate) -> str | None:
    store = crypto.X509Store()
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    store.add_cert(crypto.X509.from_cryptography(anchor))
    others = [crypto.X509.from_cryptography(certificate) for certificate in chain[1:]]
    try:
        crypto.X509StoreContext(store, crypto.X509.from_cryptography(chain[0]), others).verify_certificate()
    except crypto.X509StoreContextError as error:
        return f"the certificate does not lead to the one of the TLSA record: {error}"
    return None


def _matches(certificate: x509.Certificate, record: Tlsa) -> bool:
    octets = _octets(certificate, record.selector)
    if record.matching:
        octets = _DIGESTS[record.matching](octets).digest()
    return octets == record.association


def _octets(certificate: x509.Certificate, selector: int) -> bytes:
    """The whole certificate (0) or its public key (1), as TLSA records and pins count them."""
    if selector == 0:
        return certificate.public_bytes(Encoding.DER)
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _is_address(name: str) -> bool:
    return ":" in name or name.rpartition(".")[2].isdigit()
