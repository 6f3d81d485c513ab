"""Content-Transfer-Encodings, in every reading."""

import base64
import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.base64_readings import decode_block, lenient_base64
from mx.anatomy.budget import Budget, LimitReached, Limits
from mx.anatomy.containers.contract import whole
from mx.anatomy.encodings import read_encoded

OCTETS = b"any octets at all, and more."
CODED = base64.b64encode(OCTETS)


def budget(**limits: int) -> Budget:
    return Budget(lambda: 0.0, Limits(**limits))  # type: ignore[arg-type]


def readings(raw: bytes, encoding: bytes) -> tuple[list[bytes], list[str]]:
    stretches, oddities = read_encoded(whole(raw), encoding, budget())
    return [stretch.raw for stretch in stretches], [name.value for name in oddities]


PLAIN = [
    (OCTETS, b"", OCTETS),
    (OCTETS, b"7bit", OCTETS),
    (OCTETS, b"binary", OCTETS),
    (OCTETS, b"x-uuencode", OCTETS),
    (b"a=3D=3d", b"quoted-printable", b"a=="),
    (CODED, b"base64", OCTETS),
    (CODED[:12] + b" \r\n\t" + CODED[12:24] + b" \r\n\t" + CODED[24:] + b"\r\n", b"base64", OCTETS),
    (b"", b"base64", b""),
    (b"a=3Db=\r\nc =\n", b"quoted-printable", b"a=bc "),
]


@pytest.mark.parametrize(("raw", "encoding", "expected"), PLAIN)
def test_canonical_content_has_one_reading(raw: bytes, encoding: bytes, expected: bytes) -> None:
    """No oddity, no second reading."""
    assert readings(raw, encoding) == ([expected], [])


def test_white_space_at_line_ends_is_kept_or_taken_out() -> None:
    """No oddity: many programs leave it there, and RFC 2045 wants it taken out."""
    assert readings(b"a \r\nb=20\t\r\n", b"quoted-printable") == ([b"a \r\nb \t\r\n", b"a\r\nb \r\n"], [])


def test_a_sign_at_the_very_end_is_kept_or_taken_out() -> None:
    """Nothing follows it, so it breaks no line."""
    assert readings(b"ab=", b"quoted-printable") == ([b"ab", b"ab="], [])


UUENCODED = b"\r\n" + binascii.b2a_uu(OCTETS)
IN_DOUBT = [
    (UUENCODED, b"x-some-uuencoding", OCTETS),
    (CODED[:9] + b"!*" + CODED[9:], b"base64", OCTETS),
    (CODED.rstrip(b"="), b"base64", OCTETS),
    (b"QQ==" + CODED, b"base64", b"A" + OCTETS),
    (b"QQ==" + CODED, b"base64", b"A"),
    (CODED + b"\r\n--\r\nfooter", b"base64", OCTETS),
    (b"a=zz", b"quoted-printable", b"a=zz"),
    (CODED, b"base-64", OCTETS),
    (CODED, b"base64 (comment)", OCTETS),
    (b"a=3Db", b"unknown", b"a=b"),
    (b"a=3Db", b"unknown", b"a=3Db"),
]


@pytest.mark.parametrize(("raw", "encoding", "among"), IN_DOUBT)
def test_content_in_doubt_has_every_reading(raw: bytes, encoding: bytes, among: bytes) -> None:
    """The reading that some program makes is among them, and the doubt is named."""
    found, oddities = readings(raw, encoding)
    assert among in [octets[: len(among)] for octets in found]
    assert oddities


@given(st.binary(max_size=100))
def test_any_octets_can_be_decoded(raw: bytes) -> None:
    """Never raises on any octets, under any encoding."""
    for encoding in (b"base64", b"quoted-printable", b"x"):
        assert readings(raw, encoding)[0]


@given(st.binary(max_size=60), st.integers(1, 20))
def test_what_base64_encoded_comes_back(octets: bytes, width: int) -> None:
    """Whatever the lines, the plain reading of canonical base64 is the strict decoder's."""
    coded = base64.b64encode(octets)
    lines = b"\r\n".join(coded[at : at + width] for at in range(0, len(coded), width))
    found, oddities = readings(lines, b"base64")
    assert found[0] == octets
    assert not oddities


@given(st.binary(max_size=40).map(base64.b64encode), st.data())
def test_one_lenient_reading_is_the_standard_library_s(coded: bytes, data: st.DataObject) -> None:
    """With junk anywhere, a reading equals what Python's own lenient decoder makes of it."""
    at = data.draw(st.integers(0, len(coded)))
    raw = coded[:at] + b"!" + coded[at:]
    assert binascii.a2b_base64(raw) in lenient_base64(raw)


def test_a_single_letter_is_dropped() -> None:
    """Six bits are no octet."""
    assert decode_block(b"QUJDR") == b"ABC"


def test_decoded_octets_are_charged() -> None:
    """More than the budget has left is refused before it is decoded."""
    with pytest.raises(LimitReached, match="octets"):
        read_encoded(whole(CODED), b"base64", budget(unpacked_octets=10))
