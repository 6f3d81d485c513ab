"""The certificate for STARTTLS: the operator's, or one that Pratique makes for itself in the data folder.

A self-made one is enough for opportunistic TLS: hardly a sender checks it, and all of them encrypt (RFC 7435).

Standards: RFC 8996 (nothing below TLS 1.2), RFC 3207, RFC 9325 section 4 (forward secrecy; no compression, no
renegotiation).
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

from pratique.secrets.named_certificates import NamedCertificates
from pratique.settings.settings import Settings
from tenants.refusals import Refusal
from tenants.storage.blobs.durable_file import create_durably

LIFETIME = timedelta(days=10 * 365)
LONGEST_COMMON_NAME = 64
"""RFC 5280, upper bound of a common name."""
CIPHERS = b"ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:ECDHE+AES:DHE+AES"
"""Of TLS 1.2: forward secrecy always; the last two for senders of before 2014, who would send in the clear."""


class CertificateError(Refusal):
    """The certificate cannot be used; the text says why."""


@implementer(IOpenSSLContextFactory)
class StartTls:
    """One context for all connections, from files that are read once; those of `named` go before it."""

    def __init__(self, certificate: Path, key: Path, named: Path | None = None) -> None:
        self._context = make_context(certificate, key)
        if named is not None:
            self._context.set_tlsext_servername_callback(NamedCertificates(named, make_context).choose)

    def getContext(self) -> SSL.Context:
        """The context (the name is Twisted's)."""
        return self._context


def make_context(certificate: Path, key: Path) -> SSL.Context:
    """What a handshake with this chain and key needs. Raises OSError, SSL.Error."""
    for file in (certificate, key):
        # OpenSSL would say that it failed, but not why.
        file.open("rb").close()
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_cipher_list(CIPHERS)
    context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION | SSL.OP_CIPHER_SERVER_PREFERENCE)
    context.use_certificate_chain_file(str(certificate))
    context.use_privatekey_file(str(key))
    context.check_privatekey()
    return context


def context_factory(
    certificate: Path | None, key: Path | None, folder: Path, hostname: str, named: Path | None = None
) -> StartTls:
    """What STARTTLS needs. Without files given, a certificate is made in `folder` and kept. Raises CertificateError.

    `named` is the folder of those that are shown to who asks for them by name.
    """
    if certificate is None or key is None:
        certificate = key = _self_made(folder / "smtp-certificate.pem", hostname)
    if named is not None and not named.is_dir():
        raise CertificateError(f"The folder of certificates {named} is not there, or is none.")
    try:
        return StartTls(certificate, key, named)
    except OSError as error:
        raise CertificateError(f"The certificate cannot be read: {error.filename}: {error.strerror}.") from error
    except SSL.Error as error:
        raise CertificateError(f"The certificate {certificate} and key {key} cannot be used together.") from error


def tls_of(settings: Settings) -> StartTls:
    """What these settings ask for. Raises CertificateError."""
    pair = settings.smtp_tls_certificate, settings.smtp_tls_key
    return context_factory(*pair, settings.data, settings.hostname, settings.smtp_tls_folder)


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
