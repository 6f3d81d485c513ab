"""The names in a rar's headers, of both generations."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.containers.rar.names import names_4, names_5, number_at


def block_4(name: bytes, flags: int = 0) -> bytes:
    """A file header as far as its name is told by it."""
    return struct.pack("<26xH4x", len(name)) + bytes(8 if flags & 0x100 else 0) + name


@pytest.mark.parametrize(
    ("raw", "flags", "names"),
    [
        (b"a.exe", 4, ("a.exe",)),
        (b"a.exe", 0x104, ("a.exe",)),
        (b"", 4, ("",)),
        ("ä.exe".encode(), 0x200, ("├ñ.exe", "ä.exe", "Ã¤.exe")),
        # A letter of four kinds of step: with the high octet, as it stands, in full; then the next four.
        (b"?.txt\0" + b"\x04\x48\x16.e\0x" + b"\0e", 0x200, ("\u0416.exe", "?.txt")),
        (b"a.txt\0" + b"\0\0a.ex" + b"\0e", 0x200, ("a.exe", "a.txt")),
        # A run of the plain name, as it stands, and moved by one under the high octet.
        (b"abcdef\0" + b"\x04\xc0\x02", 0x200, ("abcd", "abcdef")),
        (b"abcdef\0" + b"\x04\xc0\x80\x01", 0x200, ("\u0462\u0463", "abcdef")),
    ],
)
def test_names_of_the_fourth_generation(raw: bytes, flags: int, names: tuple[str, ...]) -> None:
    """The one in Unicode first, where there is one; those of older programs as well."""
    assert names_4(block_4(raw, flags), flags) == names


@pytest.mark.parametrize(("flags", "between"), [(0, b""), (2, bytes(4)), (4, bytes(4)), (6, bytes(8))])
def test_names_of_the_fifth_generation(flags: int, between: bytes) -> None:
    """With and without a time and a checksum before them."""
    raw = "ä.exe".encode()
    header = bytes([flags]) + b"\x80\x01 " + between + b"\0\1" + bytes([len(raw)]) + raw + b"\x03\x01\x00\x00"
    assert names_5(header) == ("ä.exe",)
    assert names_5(header[:-8]) == ("ä",)
    assert names_5(b"\0\0\0\0\0\x07a.exe\0x") == ("a.exe\0x", "a.exe")


def test_numbers_have_seven_bits_an_octet() -> None:
    """The lowest first."""
    assert number_at(b"\x80\x01\x05", 0, 3) == (128, 2)
    assert number_at(b"\x80", 0, 1) == (0, 1)
    assert number_at(b"\xff" * 20, 0, 20)[1] == 10


@given(st.binary(max_size=120), st.integers(0, 0xFFFF))
def test_any_header_gives_a_name(header: bytes, flags: int) -> None:
    """And raises nothing."""
    assert names_4(header, flags) and names_5(header)
