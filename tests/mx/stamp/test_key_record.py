"""A stamp's key in the DNS."""

import base64

import pytest

from mx.stamp.key_record import is_revoked, place_of_key, read_public_key
from tests.contracts.stamps import stamped

KEY = base64.b64encode(bytes(range(32)))


def test_the_key_stands_below_the_services_name() -> None:
    """Under its selector."""
    assert place_of_key(stamped().stamp) == "one._pratique-stamp.mx.there.example"


@pytest.mark.parametrize(
    ("record", "key"),
    [
        (b"v=1; k=ed25519; p=" + KEY, bytes(range(32))),
        (b"v=1; k=ed25519; p=", None),
        (b"v=1; k=rsa; p=" + KEY, None),
        (b"v=2; k=ed25519; p=" + KEY, None),
        (b"v=1; k=ed25519; p=AAAA", None),
        (b"v=1; k=ed25519; p=!", None),
        (b"v=spf1 -all", None),
        (b"", None),
    ],
)
def test_a_record_gives_its_key_or_none(record: bytes, key: bytes | None) -> None:
    """Revoked, of another kind, of another version, no record at all."""
    assert read_public_key(record) == key


@pytest.mark.parametrize(
    ("record", "revoked"),
    [
        (b"v=1; k=ed25519; p=", True),
        (b"v=1; k=ed25519; p= ;", True),
        (b"v=1; k=ed25519; p=" + KEY, False),
        (b"v=1; k=ed25519", False),
        (b"v=1; k=rsa; p=", False),
        (b"hello", False),
        (b"", False),
    ],
)
def test_an_empty_key_takes_it_back(record: bytes, revoked: bool) -> None:
    """Which is something else than a record that says nothing."""
    assert is_revoked(record) is revoked
