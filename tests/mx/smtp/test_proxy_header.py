"""PROXY headers, read to the octet."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.smtp.proxy_header import MalformedHeader, ProxyHeader, Source, read_proxy_header

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
FOUR = bytes([203, 0, 113, 7, 192, 0, 2, 1]) + struct.pack(">HH", 1111, 25)
SIX = bytes.fromhex("20010db8" + "00" * 11 + "09") + bytes(16) + struct.pack(">HH", 2222, 25)
CLIENT = Source("203.0.113.7", 1111)


def second(command: int, family: int, rest: bytes, length: int | None = None) -> bytes:
    """A header of version 2."""
    return SIGNATURE + struct.pack(">BBH", command, family, len(rest) if length is None else length) + rest


GOOD = [
    (b"PROXY TCP4 203.0.113.7 192.0.2.1 1111 25\r\n", CLIENT),
    (b"PROXY TCP6 2001:db8::9 2001:db8::1 2222 25\r\n", Source("2001:db8::9", 2222)),
    (b"PROXY UNKNOWN\r\n", None),
    (b"PROXY UNKNOWN 203.0.113.7 192.0.2.1 1111 25\r\n", None),
    (second(0x21, 0x11, FOUR), CLIENT),
    (second(0x21, 0x11, FOUR + b"\x03\0\x04abcd"), CLIENT),
    (second(0x21, 0x11, FOUR + bytes(65535 - 12)), CLIENT),
    (second(0x21, 0x21, SIX), Source("2001:db8::9", 2222)),
    (second(0x20, 0x11, FOUR), None),
    (second(0x20, 0x00, b""), None),
    (second(0x21, 0x31, bytes(216)), None),
]
BAD = [
    b"EHLO client.example\r\n",
    b"PROXY TCP4 203.0.113.7 192.0.2.1 1111\r\n",
    b"PROXY TCP4 203.0.113.7 192.0.2.1 1111 25\n",
    b"PROXY TCP4 203.0.113.999 192.0.2.1 1111 25\r\n",
    b"PROXY TCP4 2001:db8::9 192.0.2.1 1111 25\r\n",
    b"PROXY TCP4 203.0.113.7 2001:db8::1 1111 25\r\n",
    b"PROXY TCP4 203.0.113.7 ffff 1111 25\r\n",
    b"PROXY TCP4 203.0.113.7 192.0.2.1 1111 99999\r\n",
    b"PROXY TCP4 203.0.113.7 192.0.2.1 99999 25\r\n",
    b"PROXY TCP4 203.0.113.7 192.0.2.1 011 25\r\n",
    b"PROXY TCP5 203.0.113.7 192.0.2.1 1111 25\r\n",
    b"PROXY " + b"x" * 120,
    second(0x31, 0x11, FOUR),
    second(0x22, 0x11, FOUR),
    second(0x21, 0x99, FOUR),
    second(0x21, 0x11, FOUR, length=11),
    second(0x21, 0x21, FOUR),
]


@pytest.mark.parametrize(("header", "source"), GOOD, ids=range(len(GOOD)))
def test_a_header_names_the_client(header: bytes, source: Source | None) -> None:
    """And ends where it ends, whatever is behind it; before that, more is needed."""
    assert read_proxy_header(header + b"EHLO x\r\n") == ProxyHeader(source, len(header))
    for cut in {0, 1, 5, 11, 12, 15, 16, len(header) // 2, len(header) - 1}:
        if cut < len(header):
            assert read_proxy_header(header[:cut]) is None


@pytest.mark.parametrize("header", BAD, ids=range(len(BAD)))
def test_what_is_no_header_is_refused(header: bytes) -> None:
    """Nobody is believed by halves."""
    with pytest.raises(MalformedHeader):
        read_proxy_header(header)


@given(st.binary(max_size=200) | st.binary(max_size=40).map(lambda rest: SIGNATURE + rest))
def test_any_octets_are_a_header_or_none(octets: bytes) -> None:
    """Nothing else is raised, and no header is longer than what came."""
    try:
        header = read_proxy_header(octets)
    except MalformedHeader:
        return
    assert header is None or header.octets <= len(octets)
