"""The certificate for STARTTLS: the operator's, or one that Pratique makes for itself in the data folder.

A self-made one is enough for opportunistic TLS: hardly a sender checks it, and all of them encrypt (RFC 7435).

Standards: RFC 8996 (nothing below TLS 1.2), RFC 3207.
Failure: CertificateError with one sentence when a file cannot be read or does not fit; the start stops.
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

from tenants.blobs.durable_file import create_durably
from tenants.refusals import Refusal

LIFETIME = timedelta(days=10 * 365)
LONGEST_COMMON_NAME = 64
"""RFC 5280, upper bound of a common name."""


class CertificateError(Refusal):
    """The certificate cannot be used; the text says why."""


@implementer(IOpenSSLContextFactory)
class StartTls:
    """One context for all connections, from files that are read once."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._context = SSL.Context(SSL.TLS_SERVER_METHOD)
        self._context.set_min_proto_version(SSL.TLS1_2_VERSION)
        self._context.use_certificate_chain_file(str(certificate))
        self._context.use_privatekey_file(str(key))
        self._context.check_privatekey()

    def getContext(self) -> SSL.Context:
        """The context (the name is Twisted's)."""
        return self._context


def context_factory(certificate: Path | None, key: Path | None, folder: Path, hostname: str) -> StartTls:
    """What STARTTLS needs. Without files given, a certificate is made in `folder` and kept. Raises CertificateError."""
    if certificate is None or key is None:
        certificate = key = _self_made(folder / "smtp-certificate.pem", hostname)
    try:
        for file in (certificate, key):
            # OpenSSL would say that it failed, but not why.
            file.open("rb").close()
        return StartTls(certificate, key)
    except OSError as error:
        raise CertificateError(f"The certificate cannot be read: {error.filename}: {error.strerror}.") from error
    except SSL.Error as error:
        raise CertificateError(f"The certificate {certificate} and key {key} cannot be used together.") from error


def _self_made(file: Path, hostname: str) -> Path:
    """The file with our own key and certificate, made if need be; two processes may do so at the same time."""
    if file.exists():
        return file
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hostname[:LONGEST_COMMON_NAME])])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(hostname)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + made.public_bytes(serialization.Encoding.PEM)
    # Durably: an empty file after a power cut would keep every later start from beginning.
    create_durably(file, pem)
    return file
