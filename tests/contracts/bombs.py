"""Mail that is meant to keep a cell busy, or to fill it: made in code, each small enough to send."""

import gzip
import io
import zipfile
from collections.abc import Callable, Mapping

from tests.contracts.mail import attached, gzipped, zipped


def flat_zip() -> bytes:
    """Many members of a few megabytes each, nothing but zeros."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(40):
            archive.writestr(f"{number}.bin", bytes(8 << 20))
    return attached(file.getvalue(), b"flat.zip")


def recursive_zip() -> bytes:
    """Ten zips in a zip, seven times over: ten million files, if each were opened."""
    content = bytes(1 << 20)
    for _ in range(7):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(10):
                archive.writestr(f"{number}.zip", content)
        content = file.getvalue()
    return attached(content, b"recursive.zip")


def gzip_bomb() -> bytes:
    """A gigabyte of zeros, packed twice."""
    return attached(gzipped(gzip.compress(bytes(1 << 30), 1, mtime=0)), b"bomb.gz")


def packed_zeros() -> bytes:
    """One member that unpacks to 300 MB."""
    return attached(zipped(zipped(bytes(300 << 20))), b"zeros.zip")


def many_parts() -> bytes:
    """A million empty parts."""
    return b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 1_000_000 + b"--b--\r\n"


def large_header() -> bytes:
    """Ten megabytes of header fields."""
    return b"X-Field: some words of no use\r\n" * 330_000 + b"\r\ntext\r\n"


def endless_line() -> bytes:
    """Ten megabytes without a line end, in a field and in the body."""
    return b"Subject: " + b"a" * (10 << 20) + b"\r\n\r\n" + b"b" * (10 << 20)


def deep_nesting() -> bytes:
    """A thousand multiparts, one in another."""
    opened = b"".join(b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(1000))
    return b"Content-Type: multipart/mixed; boundary=b0\r\n\r\n" + opened + b"--b1000\r\n\r\nx\r\n"


BOMBS: Mapping[str, Callable[[], bytes]] = {
    "flat zip": flat_zip,
    "recursive zip": recursive_zip,
    "zeros in zip in zip": packed_zeros,
    "gzip bomb": gzip_bomb,
    "a million parts": many_parts,
    "10 MB of header": large_header,
    "endless lines": endless_line,
    "a thousand deep": deep_nesting,
}
