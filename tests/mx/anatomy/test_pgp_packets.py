"""OpenPGP packets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.pgp_packets import MOST_PACKETS, begins_message, packets

LITERAL = b"b\x01x\0\0\0\0content"


def read(octets: bytes) -> list[tuple[int, bytes]]:
    return [(packet.tag, packet.body) for packet in packets(octets)]


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"\xcb\x03abc\xc8\x01d", [(11, b"abc"), (8, b"d")]),
        (b"\xcb\xc0\x01" + b"x" * 193, [(11, b"x" * 193)]),
        (b"\xcb\xff\0\0\0\2ab", [(11, b"ab")]),
        (b"\xcb\xe1ab\xe0c\x01d\xc8\x00", [(11, b"abcd"), (8, b"")]),
        (b"\xac\x02ab\xad\0\1c", [(11, b"ab"), (11, b"c")]),
        (b"\xae\0\0\0\1c", [(11, b"c")]),
        (b"\xa3abc", [(8, b"abc")]),
        (b"\xcb\x09abc", [(11, b"abc")]),
        (b"text", []),
        (b"", []),
    ],
)
def test_reads_packets(octets: bytes, expected: list[tuple[int, bytes]]) -> None:
    """Of old and new format, of every kind of length."""
    assert read(octets) == expected


MESSAGES = [
    (b"\xcb" + bytes([len(LITERAL)]) + LITERAL, True),
    (b"\xc4\x0d\x03" + bytes(12) + b"\xcb" + bytes([len(LITERAL)]) + LITERAL, True),
    (b"\xa3\x01abc", True),
    (b"\xc1\x0f\x03" + bytes(14), True),
    (b"\x8c\x0d\x04" + bytes(12), True),
    (b"\xd2\x05\x01abcd", False),
    (b"\xcb\x05abcde", False),
    (b"\xa3\x09abc", False),
    (b"\xc6\x03\x04ab", False),
    (b"\x89PNG\r\n\x1a\n", False),
    (b"", False),
]


@pytest.mark.parametrize(("octets", "expected"), MESSAGES)
def test_knows_messages(octets: bytes, expected: bool) -> None:
    """By what their first packets say; keys and other octets are none."""
    assert begins_message(octets) is expected


def test_packets_are_limited() -> None:
    """A flood of empty ones ends."""
    assert len(read(b"\xcb\0" * 5000)) == MOST_PACKETS


@given(st.binary(max_size=200))
def test_any_octets_will_do(octets: bytes) -> None:
    """Never raises."""
    read(octets)
    begins_message(octets)
