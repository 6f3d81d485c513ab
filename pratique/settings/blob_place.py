"""Where sealed mail is kept: a folder, or a bucket of an object store. Pure.

Comes in: the text of `PRATIQUE_BLOBS` and `PRATIQUE_S3_ENDPOINT`. Goes out: a Path or a Bucket; a URL.

Failure: ValueError whose text completes a sentence that begins with the setting's name and value.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_SCHEME = "s3://"
_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]", re.ASCII)
_PREFIX = re.compile(r"[A-Za-z0-9._=-]+(?:/[A-Za-z0-9._=-]+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket, and what the keys of our objects in it begin with (empty: nothing)."""

    name: str
    prefix: str

    def __str__(self) -> str:
        return f"{_SCHEME}{self.name}/{self.prefix}" if self.prefix else f"{_SCHEME}{self.name}"


def parse_blobs(text: str) -> Path | Bucket:
    """A folder, or a bucket from `s3://bucket` or `s3://bucket/prefix`."""
    stripped = text.strip()
    if "://" not in stripped:
        return Path(stripped).expanduser()
    if not stripped.startswith(_SCHEME):
        raise ValueError("is neither a folder nor a bucket: write a bucket like s3://bucket/prefix")
    name, _, prefix = stripped.removeprefix(_SCHEME).partition("/")
    prefix = prefix.rstrip("/")
    if not _BUCKET.fullmatch(name):
        raise ValueError("names no bucket: 3 to 63 of a-z, 0-9, dot and hyphen stand after s3://")
    if prefix and not _PREFIX.fullmatch(prefix):
        raise ValueError("has a prefix that cannot be: words of letters, digits and ._=- with single slashes between")
    return Bucket(name, prefix)


def parse_s3_endpoint(text: str) -> str:
    """The URL of a server that speaks S3, without its last slash."""
    url = text.strip().rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.username is not None:
        raise ValueError("is not the address of an S3 server: write it like https://s3.example:9000")
    return url
