"""Encrypted PDF: the key that a password gives, and what it decrypts.

Comes in: the document's encryption dictionary. Goes out: the document's steps, read decrypted. Most encrypted
documents open with the empty password, which is tried at once; the others are `Locked`. Imported in deep cells alone.

Standards: ISO 32000-2 section 7.6 (standard handler, revisions 2 to 6; RC4 and AES); revision 5 as Adobe wrote it.
Failure: no password fits, or another handler than the standard one: `encrypted.pdf`, severity encrypted.
Limits: passwords are tried while `affordable` says so.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Locked, Obstacle, Step
from mx.anatomy.containers.pdf.reading import Decryption
from mx.anatomy.containers.pdf.syntax import Dictionary
from mx.anatomy.containers.pdf.trailer import Encryption
from mx.anatomy.passwords import affordable
from mx.finding import Severity

_ENCRYPTED = Obstacle("encrypted.pdf", Severity.ENCRYPTED)
_PADDING = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
_BLOCK = 16
_md5 = partial(hashlib.md5, usedforsecurity=False)
"""As the format has it."""

Method = Literal["identity", "rc4", "aes", "aes256"]
_METHODS: dict[object, Method] = {
    "V2": "rc4",
    "AESV2": "aes",
    "AESV3": "aes256",
    "Identity": "identity",
    "None": "identity",
}
Read = Callable[[Decryption], Iterator[Step]]


@dataclass(frozen=True, slots=True)
class _Standard:
    """The numbers and texts of the standard handler's dictionary."""

    revision: int
    key_octets: int
    owner: bytes
    user: bytes
    owner_key: bytes
    user_key: bytes
    permissions: bytes
    is_metadata_encrypted: bool
    methods: tuple[Method, Method, Method]
    """Of texts, streams and embedded files."""


def unlock(encryption: Encryption, read: Read, budget: Budget) -> Iterator[Step]:
    """The decrypted document's steps when it opens without a password, else the step that tries some."""
    standard = _standard(encryption.dictionary)
    if standard is None:
        yield _ENCRYPTED
        return
    decryption = _open(standard, encryption.identifiers, "")
    if decryption is not None:
        yield from read(decryption)
        return
    yield Locked(partial(_open_with, standard, encryption.identifiers, read, budget))


def _open_with(
    standard: _Standard, identifiers: Sequence[bytes], read: Read, budget: Budget, passwords: Sequence[str]
) -> Iterator[Step]:
    for password in affordable(passwords, budget):
        decryption = _open(standard, identifiers, password)
        if decryption is not None:
            yield from read(decryption)
            return
    yield _ENCRYPTED


def _open(standard: _Standard, identifiers: Sequence[bytes], password: str) -> Decryption | None:
    """What this password decrypts, as the user's or the owner's; None where it is neither."""
    for raw in dict.fromkeys((password.encode("utf-8", "replace"), password.encode("latin-1", "replace"))):
        key = _newer_key(standard, raw) if standard.revision >= 5 else _older_key(standard, identifiers, raw)
        if key is not None:
            text, stream, file = (partial(_decrypt, key, method) for method in standard.methods)
            return Decryption(text, stream, file)
    return None


def _standard(dictionary: Dictionary) -> _Standard | None:
    owner, user, revision = dictionary.get("O"), dictionary.get("U"), dictionary.get("R")
    version, permissions = dictionary.get("V", 0), dictionary.get("P", 0)
    if dictionary.get("Filter") != "Standard" or not isinstance(owner, bytes) or not isinstance(user, bytes):
        return None
    if not isinstance(revision, int) or not 2 <= revision <= 6 or not isinstance(version, int):
        return None
    length = dictionary.get("Length", 40)
    key_octets = length // 8 if isinstance(length, int) and 40 <= length <= 256 else 5
    if version in (0, 1):
        key_octets = 5
    elif version == 4:
        key_octets = 16
    owner_key, user_key = dictionary.get("OE", b""), dictionary.get("UE", b"")
    return _Standard(
        revision,
        min(key_octets, 16),
        owner,
        user,
        owner_key if isinstance(owner_key, bytes) else b"",
        user_key if isinstance(user_key, bytes) else b"",
        (permissions & 0xFFFF_FFFF if isinstance(permissions, int) else 0).to_bytes(4, "little"),
        # Anything that is not the word `false` is read as None.
        "EncryptMetadata" not in dictionary,
        _methods(dictionary, version),
    )


def _methods(dictionary: Dictionary, version: int) -> tuple[Method, Method, Method]:
    if version < 4:
        return ("rc4", "rc4", "rc4")
    filters = dictionary.get("CF")

    def method(name: object) -> Method:
        chosen = filters.get(name) if isinstance(filters, dict) and isinstance(name, str) else None
        return _METHODS.get(chosen.get("CFM"), "identity") if isinstance(chosen, dict) else "identity"

    stream = dictionary.get("StmF", "Identity")
    return method(dictionary.get("StrF", "Identity")), method(stream), method(dictionary.get("EFF", stream))


def _older_key(standard: _Standard, identifiers: Sequence[bytes], password: bytes) -> bytes | None:
    """Revisions 2 to 4 (algorithms 2, 4 to 7)."""
    for candidate in (password, _user_password(standard, password)):
        for identifier in identifiers:
            digest = _md5(_padded(candidate) + standard.owner[:32] + standard.permissions + identifier)
            if standard.revision >= 4 and not standard.is_metadata_encrypted:
                digest.update(b"\xff\xff\xff\xff")
            key = digest.digest()[: standard.key_octets]
            for _ in range(50 if standard.revision >= 3 else 0):
                key = _md5(key).digest()[: standard.key_octets]
            if _is_user_key(standard, identifier, key):
                return key
    return None


def _is_user_key(standard: _Standard, identifier: bytes, key: bytes) -> bool:
    if standard.revision == 2:
        return _rc4(key, _PADDING) == standard.user[:32]
    expected = _rc4(key, _md5(_PADDING + identifier).digest())
    for number in range(1, 20):
        expected = _rc4(bytes(octet ^ number for octet in key), expected)
    return expected == standard.user[:16]


def _user_password(standard: _Standard, owner_password: bytes) -> bytes:
    """The user's password, as the owner's gives it (algorithm 7)."""
    key = _md5(_padded(owner_password)).digest()
    for _ in range(50 if standard.revision >= 3 else 0):
        key = _md5(key).digest()
    key, text = key[: standard.key_octets], standard.owner[:32]
    for number in range(19, -1, -1) if standard.revision >= 3 else (0,):
        text = _rc4(bytes(octet ^ number for octet in key), text)
    return text


def _newer_key(standard: _Standard, password: bytes) -> bytes | None:
    """Revisions 5 and 6 (algorithm 2.A): 32 octets of digest, 8 to check with, 8 to make the key with."""
    password, user, owner = password[:127], standard.user[:48], standard.owner[:48]
    for written, encrypted, further in ((user, standard.user_key, b""), (owner, standard.owner_key, user)):
        if len(written) < 48 or len(encrypted) < 32:
            continue
        if _digest(standard, password, written[32:40], further) == written[:32]:
            key = _digest(standard, password, written[40:48], further)
            return _aes(key, bytes(_BLOCK), encrypted[:32])
    return None


def _digest(standard: _Standard, password: bytes, salt: bytes, further: bytes) -> bytes:
    """Algorithm 2.B; revision 5 ends after its first line."""
    key = hashlib.sha256(password + salt + further).digest()
    if standard.revision == 5:
        return key
    number, last = 0, 0
    while number < 64 or last > number - 32:
        encryptor = Cipher(algorithms.AES(key[:16]), modes.CBC(key[16:32])).encryptor()
        encrypted = encryptor.update((password + key + further) * 64)
        kind = (hashlib.sha256, hashlib.sha384, hashlib.sha512)[sum(encrypted[:16]) % 3]
        key, last, number = kind(encrypted).digest(), encrypted[-1], number + 1
    return key[:32]


def _decrypt(key: bytes, method: Method, number: int, generation: int, octets: bytes) -> bytes:
    """Octets of one object (algorithm 1); what cannot be decrypted stays as it is."""
    if method == "identity" or not octets:
        return octets
    if method == "aes256":
        return _aes(key, octets[:_BLOCK], octets[_BLOCK:])
    salted = key + number.to_bytes(5, "little")[:3] + generation.to_bytes(4, "little")[:2]
    salted += b"sAlT" if method == "aes" else b""
    own = _md5(salted).digest()[: min(len(key) + 5, 16)]
    return _rc4(own, octets) if method == "rc4" else _aes(own, octets[:_BLOCK], octets[_BLOCK:])


def _aes(key: bytes, vector: bytes, octets: bytes) -> bytes:
    """Whole blocks, without the padding of the last where it is one."""
    if len(vector) < _BLOCK:
        return octets
    decryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
    plain = decryptor.update(octets[: len(octets) // _BLOCK * _BLOCK])
    padding = plain[-1] if plain else 0
    is_padded = 1 <= padding <= _BLOCK and plain.endswith(bytes([padding]) * padding)
    return plain[:-padding] if is_padded and vector != bytes(_BLOCK) else plain


def _rc4(key: bytes, octets: bytes) -> bytes:
    return Cipher(ARC4(key), mode=None).encryptor().update(octets)


def _padded(password: bytes) -> bytes:
    return (password + _PADDING)[:32]
