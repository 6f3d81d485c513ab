"""The certificate for STARTTLS: the operator's, or one that Pratique makes for itself in the data folder.

A self-made one is enough for opportunistic TLS: hardly a sender checks it, and all of them encrypt (RFC 7435).

Standards: RFC 8996 (nothing below TLS 1.2), RFC 3207.
Failure: CertificateError with one sentence when a file cannot be read or does not fit; the start stops.
"""

import contextlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL, crypto
from twisted.internet import ssl

from tenants.refusals import Refusal

LIFETIME = timedelta(days=10 * 365)
LONGEST_COMMON_NAME = 64
"""RFC 5280, upper bound of a common name."""


class CertificateError(Refusal):
    """The certificate cannot be used; the text says why."""


def context_factory(certificate: Path | None, key: Path | None, folder: Path, hostname: str) -> ssl.CertificateOptions:
    """What STARTTLS needs. Without files given, a certificate is made in `folder` and kept. Raises CertificateError."""
    if certificate is None or key is None:
        certificate = key = _self_made(folder / "smtp-certificate.pem", hostname)
    try:
        private = crypto.load_privatekey(crypto.FILETYPE_PEM, key.read_bytes())
        chain = [
            crypto.X509.from_cryptography(each) for each in x509.load_pem_x509_certificates(certificate.read_bytes())
        ]
        options = ssl.CertificateOptions(
            privateKey=private,
            certificate=chain[0],
            extraCertChain=chain[1:],
            raiseMinimumTo=ssl.TLSVersion.TLSv1_2,
        )
        options.getContext()
    except OSError as error:
        raise CertificateError(f"The certificate cannot be read: {error.filename}: {error.strerror}.") from error
    except (crypto.Error, SSL.Error, ValueError) as error:
        raise CertificateError(f"The certificate {certificate} and key {key} cannot be used together.") from error
    return options


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
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(pem)
    # A hard link never replaces: whoever comes second uses what the first has made.
    with contextlib.suppress(FileExistsError):
        os.link(draft, file)
    draft.unlink()
    return file
