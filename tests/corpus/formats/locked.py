"""Encrypted documents, the same octets each time: PDF with 40 bits; Office packages and workbooks are in contracts.

The layout: ISO 32000-1 section 7.6, revision 2 of the standard handler.
"""

import hashlib
import struct

from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
from cryptography.hazmat.primitives.ciphers import Cipher

from tests.corpus.formats.documents import pdf, pdf_pages

_PADDING = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
_IDENTIFIER = bytes(range(16))


def locked_pdf(content: bytes, password: bytes = b"") -> bytes:
    """A PDF with one embedded file, of this content, that this password opens."""
    padded = (password + _PADDING)[:32]
    owner = _rc4(hashlib.md5((b"owner" + _PADDING)[:32]).digest()[:5], padded)
    key = hashlib.md5(padded + owner + struct.pack("<i", -4) + _IDENTIFIER).digest()[:5]
    own = hashlib.md5(key + (5).to_bytes(3, "little") + b"\0\0").digest()[:10]
    octets = _rc4(own, content)
    stream = b"<</Type/EmbeddedFile/Length %d>>\nstream\n%b\nendstream" % (len(octets), octets)
    crypt = b"/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<%b>/U<%b>>>" % (
        owner.hex().encode(),
        _rc4(key, _PADDING).hex().encode(),
    )
    crypt += b"/ID[<%b><%b>]" % ((_IDENTIFIER.hex().encode(),) * 2)
    names = b"/Names<</EmbeddedFiles<</Names[<00> 4 0 R]>>>>"
    return pdf(*pdf_pages(names), b"<</Type/Filespec/EF<</F 5 0 R>>>>", stream, trailer=crypt)


def _rc4(key: bytes, octets: bytes) -> bytes:
    return Cipher(ARC4(key), mode=None).encryptor().update(octets)
