"""The lines of a uuencoded block."""

import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.uuencode_lines import decode_lines

OCTETS = bytes(range(100))
LINES = b"".join(binascii.b2a_uu(OCTETS[at : at + 45]) for at in range(0, 100, 45))
FROM_UU = bytes(range(32, 96))
TO_XX = b"+-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

READ = {
    "as it should be": LINES + b"`\nend\n",
    "CR LF": LINES.replace(b"\n", b"\r\n") + b"`\r\nend\r\n",
    "no end": LINES,
    "graves for spaces": LINES.replace(b" ", b"`") + b"`\nend\n",
    "white space at the ends of lines": LINES.replace(b"\n", b"   \n"),
    "white space lost": b"\n".join(line.rstrip() for line in LINES.split(b"\n")),
    "one letter too many": LINES.replace(b"\n", b"#\n"),
}


@pytest.mark.parametrize("case", READ)
def test_reads_lines(case: str) -> None:
    """Whatever was done to them."""
    assert decode_lines(READ[case], 0)[0] == OCTETS


def test_marks_before_the_lines_are_left_out() -> None:
    """As in a quoted mail."""
    assert decode_lines(b"> " + LINES.rstrip(b"\n").replace(b"\n", b"\n> "), 0, b"> ")[0] == OCTETS


def test_reads_the_other_alphabet() -> None:
    """That of xxencode."""
    assert decode_lines(LINES.translate(bytes.maketrans(FROM_UU, TO_XX)), 0, is_xx=True)[0] == OCTETS


@pytest.mark.parametrize("text", [b"", b"plain text of a mail\n", b"end\n", b"M\x7f\x7f\n", b"\xff\n"])
def test_other_lines_are_none(text: bytes) -> None:
    """Nothing comes out of them."""
    assert decode_lines(text, 0) == (b"", 0)


@given(st.binary(max_size=100))
def test_any_octets_will_do(text: bytes) -> None:
    """Never raises."""
    decode_lines(text, 0)
    decode_lines(text, 0, is_xx=True)
