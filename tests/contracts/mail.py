"""Messages and archives made in code, for the tests of every room that reads mail."""

import base64
import gzip
import io
import tarfile
import zipfile
import zlib

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def message(*parts: bytes, boundary: bytes = b"b1", header: bytes = b"From: a@sender.example\r\n") -> bytes:
    """A multipart/mixed message of these parts, each with its own header."""
    body = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    head = header + b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="' + boundary + b'"\r\n\r\n'
    return head + body + b"--" + boundary + b"--\r\n"


def text_part(text: bytes = b"Good morning.\r\n") -> bytes:
    """A plain text part."""
    return b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text


def base64_part(content: bytes, name: bytes = b"file.bin", media_type: bytes = b"application/octet-stream") -> bytes:
    """An attachment in base64."""
    encoded = base64.encodebytes(content).replace(b"\n", b"\r\n")
    return (
        b"Content-Type: " + media_type + b'\r\nContent-Disposition: attachment; filename="' + name + b'"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded
    )


def attached(content: bytes, name: bytes = b"file.bin") -> bytes:
    """A message with a text and this attachment."""
    return message(text_part(), base64_part(content, name))


def zipped(content: bytes, name: str = "file.bin", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of one member."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def tarred(content: bytes, name: str = "file.bin", form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar of one member."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


def gzipped(content: bytes) -> bytes:
    """A gzip file."""
    return gzip.compress(content, mtime=0)


def nested(content: bytes, times: int, wrap: object = zipped) -> bytes:
    """The content wrapped that many times."""
    for _ in range(times):
        content = wrap(content)  # type: ignore[operator]
    return content


def encrypted_zip(content: bytes = b"secret", password: bytes = b"nobody tells") -> bytes:
    """A zip of one stored member under the traditional encryption, in both of its headers."""
    raw = bytearray(zipped(content, method=zipfile.ZIP_STORED))
    keys, plain, packed = _ZipKeys(password), bytes(11) + bytes([raw[17]]) + content, bytearray()
    for octet in plain:
        packed.append(octet ^ keys.next_octet())
        keys.take(octet)
    start = 30 + len("file.bin")
    central = start + len(content)
    for place in (18, central + 20):
        raw[place : place + 4] = len(packed).to_bytes(4, "little")
    raw[6] |= 1
    raw[central + 8] |= 1
    raw[-6:-2] = (central + 12).to_bytes(4, "little")
    raw[start:central] = packed
    return bytes(raw)


class _ZipKeys:
    """The three keys of the traditional encryption: PKWARE APPNOTE section 6.1.5."""

    def __init__(self, password: bytes) -> None:
        self.keys = [0x12345678, 0x23456789, 0x34567890]
        for octet in password:
            self.take(octet)

    def take(self, octet: int) -> None:
        first, second, third = self.keys
        first = self._crc(first, octet)
        second = ((second + (first & 255)) * 134775813 + 1) & 0xFFFFFFFF
        self.keys = [first, second, self._crc(third, second >> 24)]

    def next_octet(self) -> int:
        value = (self.keys[2] | 2) & 0xFFFF
        return ((value * (value ^ 1)) >> 8) & 255

    @staticmethod
    def _crc(crc: int, octet: int) -> int:
        return zlib.crc32(bytes([octet]), crc ^ 0xFFFFFFFF) ^ 0xFFFFFFFF
