"""ASCII85 in texts."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.ascii85 import ascii85_blocks, decode_ascii85


@given(st.binary(max_size=80))
def test_decodes_what_others_encode(octets: bytes) -> None:
    """Any octets, and lines of any length."""
    assert decode_ascii85(base64.a85encode(octets, wrapcol=20)) == octets


def test_finds_the_blocks_of_a_text() -> None:
    """Between their marks, and behind the name of PostScript's filter."""
    coded = base64.a85encode(b"some octets")
    text = b"a <~" + coded + b"~> b\ncurrentfile /ASCII85Decode filter cvx exec\n" + coded + b"~>\n<~ no end"
    assert list(ascii85_blocks(text)) == [b"some octets"] * 2


@given(st.binary(max_size=80))
def test_any_octets_will_do(text: bytes) -> None:
    """Never raises."""
    decode_ascii85(text)
    list(ascii85_blocks(b"<~" + text + b"~>"))
