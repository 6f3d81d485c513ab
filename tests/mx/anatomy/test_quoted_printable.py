"""Quoted-printable, in every reading."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.quoted_printable import (
    has_codes,
    is_canonical,
    is_plausible_quoted_printable,
    quoted_printable_readings,
    without_line_ends,
    without_small_codes,
)
from tests.contracts.mail import EICAR

CODED = b"".join(b"=%02X" % octet for octet in EICAR)
LINES = b"=\r\n".join(CODED[at : at + 24] for at in range(0, len(CODED), 24))


def at_lines(end: bytes) -> bytes:
    return LINES.replace(b"=\r\n", end)


def within(text: bytes) -> bytes:
    return re.sub(rb"(?m)^(=..)", rb"\1" + text.replace(b"\\", b"\\\\"), LINES)


READ = {
    "as it should be": LINES,
    "small digits": LINES.lower(),
    "white space before the line end": at_lines(b"= \t\r\n"),
    "CR": at_lines(b"=\r"),
    "white space and half a code": at_lines(b"=E\r\n"),
    "half codes in plain text": b"=0".join(EICAR[at : at + 9] for at in range(0, 68, 9)),
    "codes of x": CODED.replace(b"=", b"=x"),
    "line ends within codes": LINES.replace(b"=5", b"=\r\n5"),
    "CR CR LF": at_lines(b"=\r\r\n"),
    "CR LF LF": at_lines(b"=\r\n\n"),
    "two equals signs": at_lines(b"==\r\n"),
    "half a code": at_lines(b"=2=\r\n"),
    "a sign": at_lines(b"=@=\r\n"),
    "hard line ends": at_lines(b"\r\n"),
    "a code cut by a line end": LINES.replace(b"=35", b"=3=\r\n5"),
    "lines that begin with white space": at_lines(b"=\r\n \t"),
    **{
        f"within: {text!r}": within(text)
        for text in (b"=", b"=0", b"=0x", b"=@", b"=\t", b"\t", b"\x12", b"\xaa", b"= =")
    },
}


@pytest.mark.parametrize("case", READ)
def test_one_reading_is_the_content(case: str) -> None:
    """Whatever was done to it, some reading gives the octets."""
    assert EICAR in [reading.strip() for reading in quoted_printable_readings(READ[case])]


CANONICAL = [
    (b"a=3Db=\r\nc", True),
    (b"a=3db =\n", True),
    (b"a= \r\nb", False),
    (b"100% = all", False),
    (b"a=\rb", False),
    (b"a\x12", False),
    (b"\xc3\xa9", False),
    (b"a\rb", False),
]


@pytest.mark.parametrize(("raw", "expected"), CANONICAL)
def test_knows_what_all_read_alike(raw: bytes, expected: bool) -> None:
    """An equals sign alone, a bare CR, or an octet that may not stand there makes doubt."""
    assert is_canonical(raw) is expected


def test_knows_where_there_is_something_to_decode() -> None:
    """An equals sign that is no padding."""
    assert is_plausible_quoted_printable(b"a=3D")
    assert is_plausible_quoted_printable(b"a= \r\nb")
    assert not is_plausible_quoted_printable(b"QUI=\r\n")
    assert has_codes(b"a=3D")
    assert has_codes(b"a= \r\nb")
    assert not has_codes(b'name="x"')


def test_some_decoders_drop_all_line_ends() -> None:
    """What they make of lines that end without an equals sign."""
    assert EICAR in without_line_ends(at_lines(b"\r\n"))
    assert EICAR in without_line_ends(LINES.replace(b"=5", b"=\r\n5"))


@given(st.lists(st.sampled_from([b"=", b"A", b"0", b"\r", b"\n", b" ", b"x", b"\xff"]), max_size=30).map(b"".join))
def test_any_octets_can_be_read(raw: bytes) -> None:
    """Never raises; no reading stands twice."""
    readings = quoted_printable_readings(raw)
    assert len(set(readings)) == len(readings)


def test_codes_in_small_letters_among_others_may_be_dropped() -> None:
    """RFC 2045 does not know them; where all are small, all programs read them."""
    assert without_small_codes(b"=0a".join(b"=%02X" % octet for octet in EICAR)) == (EICAR,)
    assert without_small_codes(LINES.lower()) == ()
    assert without_small_codes(LINES) == ()
