"""A stamp's key as it stands in the DNS. Pure.

Failure: None for a record that is none, or revoked (an empty `p`, which `is_revoked` tells apart).
"""

import base64
import binascii

from mx.authentication.dkim_signature import read_tags
from mx.stamp.form import Stamp

_KEY_OCTETS = 32


def place_of_key(stamp: Stamp) -> str:
    """The name at which the key's record stands."""
    return f"{stamp.selector}._pratique-stamp.{stamp.domain}"


def is_revoked(text: bytes) -> bool:
    """Whether this record says that the key was taken back."""
    try:
        tags = read_tags(text)
    except ValueError:
        return False
    return (tags.get(b"v"), tags.get(b"k"), tags.get(b"p")) == (b"1", b"ed25519", b"")


def read_public_key(text: bytes) -> bytes | None:
    """The key in this record."""
    try:
        tags = read_tags(text)
        key = base64.b64decode(tags[b"p"], validate=True)
    except (ValueError, KeyError, binascii.Error):
        return None
    return key if tags.get(b"v") == b"1" and tags.get(b"k") == b"ed25519" and len(key) == _KEY_OCTETS else None
