"""Messages and archives made in code, for the tests of every room that reads mail."""

import base64
import gzip
import io
import tarfile
import zipfile

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


def encrypted_zip(content: bytes = b"secret") -> bytes:
    """A zip whose member says that it is encrypted, in both of its headers."""
    raw = bytearray(zipped(content))
    raw[6] |= 1
    raw[raw.index(b"PK\1\2") + 8] |= 1
    return bytes(raw)
