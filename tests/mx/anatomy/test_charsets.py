"""Octets to text by a closed list of charsets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.charsets import decode_charset, is_transparent, load_charsets

CASES = [
    (b"gr\xc3\xbcn", "utf-8", "grün"),
    (b"gr\xc3\xbcn", "", "grün"),
    (b"gr\xfcn", "", "grün"),
    (b"gr\xfcn", "UTF-8", "gr\ufffdn"),
    (b"gr\xfcn", "ISO-8859-1", "grün"),
    (b"\x80", "iso-8859-1", "€"),
    (b"\xf0\xf2", "KOI8-R", "ПР"),
    (b"abc", "punycode", "abc"),
    (b"\\u0041", "unicode_escape", "\\u0041"),
    (b"abc", "no such charset", "abc"),
    (b"+2AA-", "utf-7", "?"),
    (b"\x1b(Ba\x1b(Bb", "iso-2022-jp", "ab"),
    (b'\x1b$B$"\x1b(B', "iso-2022-jp", "\u3042"),
    (b"a~\nb", "hz-gb-2312", "ab"),
]


@pytest.mark.parametrize(("octets", "charset", "text"), CASES)
def test_decodes_by_the_list(octets: bytes, charset: str, text: str) -> None:
    """Known charsets are used, others are read as UTF-8 or windows-1252."""
    assert decode_charset(octets, charset) == text


@given(st.binary(max_size=60), st.sampled_from(["utf-7", "utf-16", "hz", "iso-2022-kr", "gb18030", "x", "us-ascii"]))
def test_any_octets_become_text_that_can_be_stored(octets: bytes, charset: str) -> None:
    """Never raises, and never gives half a surrogate pair."""
    decode_charset(octets, charset).encode("utf-8")


@pytest.mark.parametrize(
    ("charset", "is_so"), [("utf-8", True), ("windows-1252", True), ("x", True), ("utf-16", False), ("IBM037", False),
                           ("iso-2022-jp", False), ("ISO-2022-KR", False), ("hz-gb-2312", False)]
)  # fmt: skip
def test_knows_where_ascii_stands_for_itself(charset: str, *, is_so: bool) -> None:
    """A charset that shifts may hold signs that shift nothing between any two letters."""
    assert is_transparent(charset) == is_so


def test_every_charset_of_the_list_exists() -> None:
    """Loading them finds a codec for each."""
    load_charsets()
