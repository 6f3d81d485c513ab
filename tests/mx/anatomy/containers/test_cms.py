"""S/MIME."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.containers.cms import open_cms
from mx.anatomy.containers.contract import Obstacle
from mx.finding import Severity
from tests.contracts.stepping import contents_of, obstacles_of, steps_of

PKCS7 = bytes.fromhex("2a864886f70d0107")
SMIME = bytes.fromhex("2a864886f70d01091001")
CONTENT = b"Content-Type: text/plain\r\n\r\nhello"


def der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def identifier(octets: bytes) -> bytes:
    return der(6, octets)


def ber(tag: int, *parts: bytes) -> bytes:
    return bytes([tag, 0x80]) + b"".join(parts) + b"\0\0"


def data_of(kind: bytes, content: bytes | None, algorithms: int = 0x31) -> bytes:
    wrapped = () if content is None else (der(0xA0, der(4, content)),)
    inner = der(0x30, der(2, b"\1"), der(algorithms), der(0x30, identifier(PKCS7 + b"\1"), *wrapped), der(0x31))
    return der(0x30, identifier(kind), der(0xA0, inner))


def in_pieces() -> bytes:
    string = ber(0x24, der(4, CONTENT[:10]), der(4, CONTENT[10:]))
    inner = ber(0x30, der(2, b"\1"), der(0x31), ber(0x30, identifier(PKCS7 + b"\1"), ber(0xA0, string)))
    return ber(0x30, identifier(PKCS7 + b"\2"), ber(0xA0, inner))


@pytest.mark.parametrize(
    "octets",
    [
        data_of(PKCS7 + b"\2", CONTENT),
        data_of(PKCS7 + b"\5", CONTENT),
        data_of(SMIME + b"\2", CONTENT),
        data_of(SMIME + b"\x09", zlib.compress(CONTENT)),
        in_pieces(),
        data_of(PKCS7 + b"\2", CONTENT) + b"octets behind it",
    ],
)
def test_opens_what_is_not_encrypted(octets: bytes) -> None:
    """Signed, digested, authenticated and compressed; in one piece or in many."""
    assert contents_of(open_cms, octets) == [CONTENT]


@pytest.mark.parametrize("kind", [PKCS7 + b"\3", PKCS7 + b"\6", SMIME + b"\x17"])
def test_says_what_is_encrypted(kind: bytes) -> None:
    """As an encrypted message, not as an encrypted archive."""
    (step,) = steps_of(open_cms, data_of(kind, b"secret"))
    assert step == Obstacle("encrypted-message.smime", Severity.ENCRYPTED_MESSAGE)


def test_a_signature_apart_holds_nothing() -> None:
    """Its content stands elsewhere in the message."""
    assert steps_of(open_cms, data_of(PKCS7 + b"\2", None)) == []


@pytest.mark.parametrize(
    ("octets", "name"),
    [
        (data_of(PKCS7 + b"\2", CONTENT)[:14], "broken-cms"),
        (b"", "broken-cms"),
        (data_of(SMIME + b"\x09", b"not compressed"), "broken-cms"),
    ],
)
def test_what_is_broken_is_named(octets: bytes, name: str) -> None:
    """Without structure an oddity, with it an obstacle."""
    assert obstacles_of(open_cms, octets) == [name]


@given(st.binary(max_size=60), st.integers(0, 80))
def test_any_octets_will_do(octets: bytes, at: int) -> None:
    """Never raises."""
    whole = data_of(PKCS7 + b"\2", CONTENT)
    steps_of(open_cms, whole[:at] + octets + whole[at:])
