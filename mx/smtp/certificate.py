"""The certificate and the TLS settings that STARTTLS uses.

Comes in: files with a chain and a key, as every certificate authority's client writes them; without any, a certificate
is made here: mail is encrypted without a check of the name unless MTA-STS or DANE says otherwise. Goes out: the context
factory that the listener is given.

Standards: RFC 3207, RFC 8996 (nothing below TLS 1.2).
Failure: files that cannot be used raise CertificateError with one plain sentence, at the start and not in a session.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL
from twisted.internet.interfaces import IOpenSSLContextFactory
from zope.interface import implementer

_VALID_DAYS = 3650
_MOST_COMMON_NAME = 64  # RFC 5280 appendix A.1: ub-common-name; the whole name stands in the subjectAltName


class CertificateError(ValueError):
    """The certificate or its key cannot be used; the text says which file."""


@implementer(IOpenSSLContextFactory)
class TlsContextFactory:
    """Twisted's context factory: one context for all connections."""

    def __init__(self, chain_file: Path, key_file: Path) -> None:
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION)
        try:
            context.use_certificate_chain_file(str(chain_file))
            context.use_privatekey_file(str(key_file))
            context.check_privatekey()
        except SSL.Error:
            raise CertificateError(f"{chain_file} and {key_file} are not a certificate and its key.") from None
        self._context = context

    def getContext(self) -> SSL.Context:
        """The context (the name is Twisted's)."""
        return self._context


def make_certificate(hostname: str, now: datetime | None = None) -> tuple[bytes, bytes]:
    """A certificate of our own for this name, and its key, both as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hostname[:_MOST_COMMON_NAME])])
    begin = (now or datetime.now(UTC)) - timedelta(days=1)
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=begin,
        not_valid_after=begin + timedelta(days=_VALID_DAYS),
    )
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(hostname)]), critical=False)
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    return certificate, key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
