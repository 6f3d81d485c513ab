"""The key that this service's stamps are signed with: a file in the data folder, made on first use.

Failure: StampKeyError with one sentence; the start stops, or the command refuses.
"""

import base64
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from mx.agents.antivirus_stamp import Signer
from tenants.refusals import Refusal
from tenants.storage.blobs.durable_file import create_durably

FILE_NAME = "stamp.key"


class StampKeyError(Refusal):
    """The key cannot be used; the text says why."""


def open_signer(folder: Path, domain: str) -> Signer:
    """The signer of this service; two processes may ask for it first at the same time. Raises StampKeyError."""
    file = folder / FILE_NAME
    try:
        if not file.exists():
            _make(file)
        key = load_pem_private_key(file.read_bytes(), None)
    except OSError as error:
        raise StampKeyError(f"The stamp key {file} cannot be used: {error.strerror}.") from error
    except (ValueError, TypeError) as error:
        raise StampKeyError(f"The stamp key {file} is not a key in PEM form.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise StampKeyError(f"The stamp key {file} is not an Ed25519 key.")
    return Signer(domain, selector_of(key), key)


def selector_of(key: Ed25519PrivateKey) -> str:
    """A name that follows from the key, so that a new key never stands under an old name."""
    return "k" + public_octets(key)[:5].hex()


def public_octets(key: Ed25519PrivateKey) -> bytes:
    """The public half."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def record_of(signer: Signer) -> str:
    """The DNS record that others check the stamps with, as a line of a zone file."""
    public = base64.b64encode(public_octets(signer.key)).decode("ascii")
    return f'{signer.selector}._pratique-stamp.{signer.domain}. TXT "v=1; k=ed25519; p={public}"'


def _make(file: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    # Durably: an empty file after a power cut would keep every later start from beginning.
    create_durably(file, pem)
