"""OpenPGP messages."""

import base64
import bz2
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.containers.contract import Member, Obstacle
from mx.anatomy.containers.pgp import MOST_LEVELS, open_pgp
from mx.finding import Severity
from tests.contracts.stepping import contents_of, obstacles_of, steps_of

CONTENT = b"the content of the file"


def packet(tag: int, body: bytes) -> bytes:
    return bytes([0xC0 | tag]) + b"\xff" + len(body).to_bytes(4, "big") + body


LITERAL = packet(11, b"b\x05a.exe\0\0\0\0" + CONTENT)
SIGNED = packet(4, b"\3\0\x0a\1" + bytes(9)) + LITERAL + packet(2, b"\4\0" + bytes(20))
RAW_ZIP = zlib.compress(SIGNED)[2:-4]


def armoured(octets: bytes, fields: bytes = b"Version: 1 - of something\r\n") -> bytes:
    lines = base64.encodebytes(octets).replace(b"\n", b"\r\n")
    return b"-----BEGIN PGP MESSAGE-----\r\n" + fields + b"\r\n" + lines + b"=abcd\r\n-----END PGP MESSAGE-----\r\n"


OPEN = {
    "literal": LITERAL,
    "signed": SIGNED,
    "stored": packet(8, b"\0" + SIGNED),
    "zip": packet(8, b"\1" + RAW_ZIP),
    "zlib": packet(8, b"\2" + zlib.compress(SIGNED)),
    "bzip2": packet(8, b"\3" + bz2.compress(SIGNED)),
    "twice": packet(8, b"\2" + zlib.compress(packet(8, b"\1" + RAW_ZIP))),
    "indeterminate length": b"\xa3\1" + RAW_ZIP,
    "armour": b"words\r\n" + armoured(SIGNED) + b"words",
    "armour without fields": armoured(packet(8, b"\1" + RAW_ZIP), b""),
    "armour without end": armoured(SIGNED).partition(b"=abcd")[0],
}


@pytest.mark.parametrize("case", OPEN)
def test_opens_what_is_not_encrypted(case: str) -> None:
    """Signed, compressed, in armour or not."""
    (step,) = steps_of(open_pgp, OPEN[case])
    assert isinstance(step, Member)
    assert (step.name, step.content.raw) == ("a.exe", CONTENT)


LOCKED = {
    "for a key": packet(1, b"\3" + bytes(8) + b"\1" + bytes(20)) + packet(18, b"\1" + bytes(30)),
    "for a password": packet(3, b"\4\x09\3\2" + bytes(9)) + packet(18, b"\1" + bytes(30)),
}


@pytest.mark.parametrize("case", LOCKED)
@pytest.mark.parametrize("is_armoured", [False, True])
def test_says_what_is_encrypted(case: str, is_armoured: bool) -> None:
    """As an encrypted message, not as an encrypted archive."""
    octets = armoured(LOCKED[case]) if is_armoured else LOCKED[case]
    assert steps_of(open_pgp, octets) == [Obstacle("encrypted-message.pgp", Severity.ENCRYPTED_MESSAGE)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (b"-----BEGIN PGP SIGNATURE-----\r\n\r\nAAAA\r\n-----END PGP SIGNATURE-----\r\n", []),
        (b"-----BEGIN PGP PUBLIC KEY BLOCK-----\r\n\r\nAAAA\r\n-----END PGP PUBLIC KEY BLOCK-----\r\n", []),
        (b"how to write -----BEGIN PGP MESSAGE----- in a text\r\n", []),
        (b"-----BEGIN PGP MESSAGE-----\r\n\r\nno such thing\r\n-----END PGP MESSAGE-----\r\n", ["broken-pgp"]),
        (packet(8, b"\1" + b"\xff" * 20), ["broken-pgp"]),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), []),
    ],
)
def test_what_is_no_message_is_plain(text: bytes, names: list[str]) -> None:
    """Signatures, keys, words about PGP, and octets that only begin like packets."""
    assert obstacles_of(open_pgp, text) == names
    assert contents_of(open_pgp, text) == []


def test_levels_are_limited() -> None:
    """Compressed packets within compressed packets end in an obstacle."""
    octets = LITERAL
    for _ in range(MOST_LEVELS + 1):
        octets = packet(8, b"\2" + zlib.compress(octets))
    assert obstacles_of(open_pgp, octets) == ["limit.archive-levels"]


@given(st.binary(max_size=80))
def test_any_octets_will_do(octets: bytes) -> None:
    """Never raises, in armour or not."""
    steps_of(open_pgp, octets)
    steps_of(open_pgp, armoured(octets))
    steps_of(open_pgp, b"\xc8" + octets)
