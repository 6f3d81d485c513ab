"""Encrypted Office documents for tests: packages by either method, a workbook of Excel 97.

Agile packages are made by msoffcrypto-tool itself; the older forms, which it only reads, are made here.
Standards: MS-OFFCRYPTO sections 2.3.4.5 (standard), 2.3.6 (RC4); MS-XLS section 2.4.117.
"""

import hashlib
import io
import struct

from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from msoffcrypto.format.ooxml import OOXMLFile

from tests.corpus.formats.compound import compound

_SALT = bytes(range(16))
_BLOCK_OCTETS = 1024


def agile(package: bytes, password: str) -> bytes:
    """A package encrypted as Office 2010 and later do; larger than 4 KiB, which the library's writer needs."""
    out = io.BytesIO()
    OOXMLFile(io.BytesIO(package)).encrypt(password, out)
    return out.getvalue()


def standard(package: bytes, password: str) -> bytes:
    """A package encrypted as Office 2007 does: AES-128, SHA-1, 50,000 rounds."""
    digest = hashlib.sha1(_SALT + password.encode("utf-16-le")).digest()
    for number in range(50_000):
        digest = hashlib.sha1(struct.pack("<I", number) + digest).digest()
    digest = hashlib.sha1(digest + bytes(4)).digest()
    inner = bytes(octet ^ 0x36 for octet in digest.ljust(64, b"\0"))
    key = hashlib.sha1(inner).digest()[:16]
    encryptor = Cipher(algorithms.AES(key), modes.ECB())

    def encrypted(octets: bytes) -> bytes:
        return encryptor.encryptor().update(octets + bytes(-len(octets) % 16))

    verifier = bytes(range(16, 32))
    header = struct.pack("<8I", 0x24, 0, 0x660E, 0x8004, 128, 0x18, 0, 0) + "AES\0".encode("utf-16-le")
    info = struct.pack("<HHII", 3, 2, 0x24, len(header)) + header + struct.pack("<I", 16) + _SALT + encrypted(verifier)
    info += struct.pack("<I", 20) + encrypted(hashlib.sha1(verifier).digest())
    return compound({"EncryptionInfo": info, "EncryptedPackage": struct.pack("<Q", len(package)) + encrypted(package)})


def workbook(content: bytes, password: str) -> bytes:
    """An Excel 97 workbook, RC4 with 40 bits, with this content in one record of its globals.

    Filled up so that four octets are left over at no place: the library reads records to the end of the stream.
    """
    digest = hashlib.md5(password.encode("utf-16-le")).digest()[:5]
    digest = hashlib.md5((digest + _SALT) * 16).digest()[:5]

    def encrypted(octets: bytes, start: int) -> bytes:
        out = b""
        while octets:
            block, skipped = divmod(start, _BLOCK_OCTETS)
            piece = octets[: _BLOCK_OCTETS - skipped]
            key = hashlib.md5(digest + struct.pack("<I", block)).digest()
            cipher = Cipher(ARC4(key), mode=None).encryptor()
            cipher.update(bytes(skipped))
            out += cipher.update(piece)
            octets, start = octets[len(piece) :], start + len(piece)
        return out

    verifier = bytes(range(32, 48))
    checked = encrypted(verifier + hashlib.md5(verifier).digest(), 0)
    stream = struct.pack("<HHHHHH", 0x809, 16, 0x600, 5, 0, 0) + bytes(8)
    stream += struct.pack("<HHHHH", 0x2F, 54, 1, 1, 1) + _SALT + checked
    for number, octets in ((0x3C, content + bytes(-(len(content) + 2) % 4)), (0x0A, b"")):
        head = struct.pack("<HH", number, len(octets))
        stream += head + encrypted(octets, len(stream) + len(head))
    return compound({"Workbook": stream.ljust(4096, b"\0")})
