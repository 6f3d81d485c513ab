"""Encrypted Office documents, opened with the first password that fits.

Comes in: an encrypted compound file (OOXML in one, or Word, Excel and PowerPoint 97). Goes out: a `Locked`, which gives
the plain document as a member. Excel's built-in password is tried first: documents encrypted with it open without a
question. Imported in deep cells alone (msoffcrypto, olefile, cryptography).

Standards: MS-OFFCRYPTO; MS-XLS section 2.4.117.
Failure: no password fits, the method is unknown, or the document is damaged: `encrypted.office`, severity encrypted.
Limits: passwords are tried while `affordable` says so; documents of more than
MOST_ENTRIES directory entries are not handed to the library, whose time grows with their square.
"""

import base64
import hashlib
import io
import re
import struct
import xml.dom.expatbuilder  # noqa: F401  loaded by the library when it is needed, which a confined cell cannot do
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import SimpleNamespace

import cryptography.hazmat.backends.openssl.backend  # noqa: F401  likewise
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from msoffcrypto import OfficeFile
from msoffcrypto.format import doc97, ooxml, ppt97, xls97

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Locked, Member, Obstacle, Step, Stretch, whole
from mx.anatomy.containers.office.compound_file import CompoundFile
from mx.anatomy.passwords import affordable
from mx.finding import Severity

MOST_ENTRIES = 4096
BUILT_IN_PASSWORDS = ("VelvetSweatshop", "/01Hannes Ruescher/01")
"""Excel's for workbooks, and PowerPoint's for presentations, that may be read by everybody."""
_ENCRYPTED = Obstacle("encrypted.office", Severity.ENCRYPTED)
_MOST_INFORMATION_OCTETS = 1 << 16
_ATTRIBUTE = re.compile(rb"""([A-Za-z]+)\s*=\s*["']([^"']*)["']""")
_VERIFIER_INPUT = b"\xfe\xa7\xd2\x76\x3b\x4b\x9e\x79"
_VERIFIER_HASH = b"\xd7\xaa\x0f\x6d\x30\x61\x34\x4e"
_HASHES: dict[bytes, Callable[[bytes], "hashlib._Hash"]] = {
    b"SHA1": hashlib.sha1, b"SHA256": hashlib.sha256, b"SHA384": hashlib.sha384, b"SHA512": hashlib.sha512,
}  # fmt: skip
_NO_FILES = SimpleNamespace(TemporaryFile=io.BytesIO)


def lock(content: Stretch, budget: Budget) -> Locked:
    """The step that stands for this encrypted document."""
    return Locked(partial(_open_with, content, budget))


def _open_with(content: Stretch, budget: Budget, passwords: Sequence[str]) -> Iterator[Step]:
    keep_in_memory()
    try:
        information = _information(content, budget)
        for password in affordable((*BUILT_IN_PASSWORDS, *passwords), budget):
            if not password or (information is not None and not _fits(information, password, budget)):
                continue
            plain = _decrypt(content.raw, password, is_verified=information is not None)
            if plain is not None:
                budget.charge_octets(len(plain))
                yield Member("decrypted document", "", "decrypted", whole(plain))
                return
    except _Undecryptable:
        pass
    yield _ENCRYPTED


class _Undecryptable(Exception):
    """No password would help."""


def _information(content: Stretch, budget: Budget) -> "_Agile | None":
    """What is needed to check passwords quickly; None where the library does that itself."""
    file = CompoundFile(content, budget)
    if len(file.entries) > MOST_ENTRIES:
        raise _Undecryptable
    for entry in file.entries:
        for stream in file.read(entry) if entry.name.lower() == "encryptioninfo" else ():
            raw = stream.raw
            if len(raw) > _MOST_INFORMATION_OCTETS or b"<!" in raw:
                raise _Undecryptable
            if raw.startswith(b"\4\0\4\0"):
                return _Agile(raw)
    return None


class _Agile:
    """The password's part of an agile EncryptionInfo stream (MS-OFFCRYPTO section 2.3.4.10)."""

    __slots__ = ("hash", "key_octets", "salt", "spins", "verifier", "verifier_hash")

    def __init__(self, raw: bytes) -> None:
        start = raw.rfind(b"encryptedKey ")
        found = dict(_ATTRIBUTE.findall(raw[start:])) if start >= 0 else {}
        try:
            self.hash = _HASHES[found[b"hashAlgorithm"].upper().replace(b"-", b"")]
            self.key_octets = int(found[b"keyBits"]) // 8
            self.salt = base64.b64decode(found[b"saltValue"])
            self.spins = int(found[b"spinCount"])
            self.verifier = base64.b64decode(found[b"encryptedVerifierHashInput"])
            self.verifier_hash = base64.b64decode(found[b"encryptedVerifierHashValue"])
        except (KeyError, ValueError) as error:
            raise _Undecryptable from error


def _fits(information: _Agile, password: str, budget: Budget) -> bool:
    """Whether this is the password of an agile document; half the work of the library's own check."""
    digest = information.hash(information.salt + password.encode("utf-16-le", "replace")).digest()
    for start in range(0, information.spins, 1 << 14):
        budget.check_time()
        for spin in range(start, min(start + (1 << 14), information.spins)):
            digest = information.hash(struct.pack("<I", spin) + digest).digest()
    plain = []
    for block, encrypted in ((_VERIFIER_INPUT, information.verifier), (_VERIFIER_HASH, information.verifier_hash)):
        key = information.hash(digest + block).digest()[: information.key_octets].ljust(information.key_octets, b"6")
        try:
            decryptor = Cipher(algorithms.AES(key), modes.CBC(information.salt[:16])).decryptor()
            plain.append(decryptor.update(encrypted) + decryptor.finalize())
        except ValueError as error:
            raise _Undecryptable from error
    expected = information.hash(plain[0]).digest()
    return plain[1].startswith(expected[: len(plain[1])])


def _decrypt(document: bytes, password: str, *, is_verified: bool) -> bytes | None:
    """The plain document, or None when the library does not get there, for whatever reason it gives.

    Its own check of a password costs as much as ours again, and fails for what Excel encrypts with SHA-1.
    """
    plain = io.BytesIO()
    try:
        file = OfficeFile(io.BytesIO(document))
        if isinstance(file, ooxml.OOXMLFile):
            file.load_key(password=password, verify_password=not is_verified)
        else:
            file.load_key(password=password)
        file.decrypt(plain)
    except Exception:
        # The library and olefile raise whatever a damaged structure leads to; the document then stays encrypted.
        return None
    return plain.getvalue() or None


def keep_in_memory() -> None:
    """Make the library write what it decrypts to memory: a confined cell can open no temporary file."""
    for module in (doc97, ppt97, xls97):
        module.tempfile = _NO_FILES
