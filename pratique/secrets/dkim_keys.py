"""The keys that mail of our own is signed with (DKIM), and ARC seals: two files in the data folder, made on first use.

One is Ed25519, one RSA, because not everybody can check the first. Each node may have its own: a key's selector
follows from the key, and all records can stand beside one another in the DNS.

Standards: RFC 6376 section 3.6.1 (key records), RFC 8301, RFC 8463.
Failure: DkimKeyError with one sentence; the start stops, or the command refuses.
"""

import base64
import hashlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from mx.authentication.arc import Sealer
from mx.authentication.dkim_signing import SigningKey
from tenants.refusals import Refusal
from tenants.storage.blobs.durable_file import create_durably

RSA_FILE = "dkim-rsa.key"
ED25519_FILE = "dkim-ed25519.key"
RSA_BITS = 2048
"""RFC 8301 section 3.2; a longer one does not fit the packets of many a resolver."""
_STRING_CHARACTERS = 255


class DkimKeyError(Refusal):
    """A key cannot be used; the text says why."""


def open_dkim_keys(folder: Path) -> tuple[SigningKey, ...]:
    """The keys of this node; two processes may ask for them first at the same time. Raises DkimKeyError."""
    return tuple(_open(folder / name) for name in (ED25519_FILE, RSA_FILE))


def open_sealer(folder: Path, domain: str) -> Sealer:
    """Who seals in this service's name (ARC), with the RSA key: RFC 8617 knows no other. Raises DkimKeyError."""
    signing = _open(folder / RSA_FILE)
    key = signing.key
    if not isinstance(key, RSAPrivateKey):
        raise DkimKeyError(f"The DKIM key {folder / RSA_FILE} is not an RSA key.")
    return Sealer(domain, signing.selector, lambda octets: key.sign(octets, PKCS1v15(), SHA256()))


def records_of(keys: tuple[SigningKey, ...], domain: str) -> tuple[str, ...]:
    """The DNS records that others check our signatures with, as lines of a zone file."""
    return tuple(f"{each.selector}._domainkey.{domain}. TXT {_quoted(_text_of(each))}" for each in keys)


def _open(file: Path) -> SigningKey:
    try:
        if not file.exists():
            # Durably: an empty file after a power cut would keep every later start from beginning.
            create_durably(file, _new(file.name).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        key = load_pem_private_key(file.read_bytes(), None)
    except OSError as error:
        raise DkimKeyError(f"The DKIM key {file} cannot be used: {error.strerror}.") from error
    except (ValueError, TypeError) as error:
        raise DkimKeyError(f"The DKIM key {file} is not a key in PEM form.") from error
    if not isinstance(key, Ed25519PrivateKey | RSAPrivateKey):
        raise DkimKeyError(f"The DKIM key {file} is neither an Ed25519 nor an RSA key.")
    return SigningKey(_selector_of(key), key)


def _new(name: str) -> Ed25519PrivateKey | RSAPrivateKey:
    return generate_private_key(65537, RSA_BITS) if name == RSA_FILE else Ed25519PrivateKey.generate()


def _public_octets(key: Ed25519PrivateKey | RSAPrivateKey) -> bytes:
    if isinstance(key, Ed25519PrivateKey):
        return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _selector_of(key: Ed25519PrivateKey | RSAPrivateKey) -> str:
    """A name that follows from the key, so that a new key never stands under an old name."""
    kind = "e" if isinstance(key, Ed25519PrivateKey) else "r"
    return kind + hashlib.sha256(_public_octets(key)).hexdigest()[:10]


def _text_of(each: SigningKey) -> str:
    kind = "ed25519" if isinstance(each.key, Ed25519PrivateKey) else "rsa"
    return f"v=DKIM1; k={kind}; p={base64.b64encode(_public_octets(each.key)).decode('ascii')}"


def _quoted(text: str) -> str:
    """As strings of at most 255 characters, which a TXT record is made of."""
    return " ".join(f'"{text[at : at + _STRING_CHARACTERS]}"' for at in range(0, len(text), _STRING_CHARACTERS))
