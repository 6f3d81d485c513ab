"""Base64 that is not canonical, in every reading."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.base64_readings import base64_by_lines, is_plausible_base64, lenient_base64, shifted_base64

OCTETS = b"any octets at all\xfb\xff, and more of them than one line holds."
CODED = base64.b64encode(OCTETS)


def by_fours(joint: bytes) -> bytes:
    return joint.join(CODED[at : at + 4] for at in range(0, len(CODED), 4))


READ = {
    "junk between letters": b".".join(bytes([letter]) for letter in CODED),
    "junk letters of other alphabets": b"\xc3\xa9\0".join([CODED[:8], CODED[8:]]),
    "padding between": by_fours(b"="),
    "padding at the end of lines": by_fours(b"=\r\n"),
    "each octet for itself": b"".join(base64.b64encode(bytes([octet])) for octet in OCTETS),
    "two octets each": b"".join(base64.b64encode(OCTETS[at : at + 2]) for at in range(0, len(OCTETS), 2)),
    "no padding": CODED.rstrip(b"="),
    "URL-safe letters": base64.urlsafe_b64encode(OCTETS),
    "a comment line": CODED[:8] + b"\r\n# a comment\r\n" + CODED[8:],
    "lines that end within an octet": b"\r\n".join(base64.b64encode(octets) for octets in (OCTETS[:7], OCTETS[7:])),
    "UTF-16": CODED.decode().encode("utf-16"),
    "lines with two letters too many": CODED[:40] + b"XX\r\n" + CODED[40:],
    "lines with three letters too many": CODED[:40] + b"XXX\r\n" + CODED[40:],
    "the rest of a line behind a sign": CODED[:8] + b"#abcd1234\r\n" + CODED[8:24] + b" ;more\r\n" + CODED[24:],
    "padding within each group": b"".join(
        (group := base64.b64encode(OCTETS[at : at + 2]))[:1] + b"=" + group[1:3] for at in range(0, len(OCTETS), 2)
    ),
    "text after the end": CODED + b"\r\n--\r\nA list's footer",
}


@pytest.mark.parametrize("case", READ)
def test_one_reading_is_the_content(case: str) -> None:
    """Whatever was done to it, some reading gives the octets."""
    assert any(reading.startswith(OCTETS) for reading in lenient_base64(READ[case]))


def test_padding_counts_as_a_letter_worth_nothing() -> None:
    """Decoders that look letters up in a table may find a zero for it."""
    octets = b"PK\3\4\0\0\0\0\0\0 and what follows"
    assert octets in lenient_base64(base64.b64encode(octets).replace(b"AA", b"=A"))


@pytest.mark.parametrize("before", [b"c", b"Hi", b"and", b"text", b"a line of words\r\n"])
def test_text_before_the_block_shifts_it(before: bytes) -> None:
    """The content is found behind letters that are no part of it."""
    readings = (*lenient_base64(before + CODED), *shifted_base64(before + CODED))
    assert any(OCTETS in reading for reading in readings)


def lines(width: int, more: bytes = b"", end: bytes = b"\r\n") -> bytes:
    return end.join(CODED[at : at + width] + more for at in range(0, len(CODED), width)) + end


@pytest.mark.parametrize("even", [lines(76), lines(20), lines(8, end=b"\n"), CODED, b"\r\n" + lines(60), b""])
def test_even_lines_have_no_reading_of_their_own(even: bytes) -> None:
    """Nearly all base64 is so, and costs no look at each line."""
    assert base64_by_lines(even, len(CODED) if even else 0) == ()


@pytest.mark.parametrize("odd", [lines(4, b"XX"), lines(12, b"XXX", b"\n"), lines(8, b"XX") + b"QQ=="])
def test_lines_that_end_within_a_group_may_each_begin_anew(odd: bytes) -> None:
    """What is left over in a line may be dropped."""
    readings = base64_by_lines(odd, len(odd.translate(None, b"\r\n")))
    assert any(reading.startswith(OCTETS) for reading in readings)


def test_knows_text_from_base64() -> None:
    """A text in small letters cannot be base64; a short block within a long text is seen."""
    text = b"these are words of a text in a line and nothing else is here\r\n" * 40
    assert not is_plausible_base64(text)
    assert is_plausible_base64(text + CODED)
    assert not is_plausible_base64(b"==")


@given(st.binary(max_size=200))
def test_any_octets_can_be_read(raw: bytes) -> None:
    """Never raises; no reading stands twice."""
    readings = lenient_base64(raw)
    assert len(set(readings)) == len(readings)
    shifted_base64(raw)
    is_plausible_base64(raw)
