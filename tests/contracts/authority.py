"""A certificate authority for tests that look at certificates: it signs leaves, and others that sign."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL, crypto
from twisted.internet.interfaces import IOpenSSLContextFactory
from zope.interface import implementer


@dataclass(frozen=True)
class Signed:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    above: tuple[x509.Certificate, ...] = ()
    """The certificates of those that signed it, nearest first."""

    @property
    def chain(self) -> list[x509.Certificate]:
        """As it is shown."""
        return [self.certificate, *self.above]

    @property
    def pem(self) -> bytes:
        """Chain and key in one file."""
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        chain = b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in self.chain)
        return chain + key

    def sign(self, *names: str, signs: bool = False, days: int = 1) -> "Signed":
        """A certificate for these names (host names or addresses), signed by this one."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(names, key, self.certificate.subject, self.key, signs=signs, days=days)
        return Signed(certificate, key, self.chain)


def authority(name: str = "an authority") -> Signed:
    """One that signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return Signed(_certificate((name,), key, subject, key, signs=True, days=1), key)


def _certificate(
    names: tuple[str, ...],
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    signs: bool,
    days: int,
) -> x509.Certificate:
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    builder = x509.CertificateBuilder(
        issuer,
        subject,
        key.public_key(),
        x509.random_serial_number(),
        now - timedelta(days=2),
        now + timedelta(days=days),
    ).add_extension(x509.BasicConstraints(ca=signs, path_length=None), critical=True)
    if not signs:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(map(_general, names))), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@implementer(IOpenSSLContextFactory)
class ServerContext:
    """What a server shows."""

    def __init__(self, shown: Signed, file: Path, *, is_old: bool = False, wants: Signed | None = None) -> None:
        """`is_old`: TLS 1.0 and nothing newer; `wants`: only clients whose certificate this one has signed."""
        file.write_bytes(shown.pem)
        self._context = SSL.Context(SSL.TLS_SERVER_METHOD)
        if is_old:
            self._context.set_cipher_list(b"ALL:@SECLEVEL=0")
            self._context.set_min_proto_version(SSL.TLS1_VERSION)
            self._context.set_max_proto_version(SSL.TLS1_VERSION)
        self._context.use_certificate_chain_file(str(file))
        self._context.use_privatekey_file(str(file))
        if wants is not None:
            store = self._context.get_cert_store()
            assert store is not None
            store.add_cert(crypto.X509.from_cryptography(wants.certificate))
            self._context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)

    def getContext(self) -> SSL.Context:
        """The context (the name is Twisted's)."""
        return self._context
