"""ASN.1 elements."""

from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.ber import OCTET_STRING, SEQUENCE, children, read_element, string_of


def test_reads_definite_lengths() -> None:
    """Short and long form; children in order."""
    octets = bytes.fromhex("30 07 02 01 05 04 02 4142".replace(" ", ""))
    outer = read_element(octets, 0, len(octets))
    assert outer is not None
    assert (outer.tag, outer.next) == (SEQUENCE, 9)
    assert [(child.tag, octets[child.start : child.end]) for child in children(octets, outer)] == [
        (2, b"\5"),
        (OCTET_STRING, b"AB"),
    ]
    long = b"\x04\x82\x01\x00" + bytes(256)
    element = read_element(long, 0, len(long))
    assert element is not None
    assert element.end - element.start == 256


def test_reads_indefinite_lengths_and_strings_in_pieces() -> None:
    """As streaming signers write them."""
    octets = b"\x24\x80\x04\x02AB\x24\x80\x04\x01C\0\0\x04\x01D\0\0rest"
    element = read_element(octets, 0, len(octets))
    assert element is not None
    assert octets[element.next :] == b"rest"
    assert string_of(octets, element) == b"ABCD"


def test_what_leads_nowhere_is_none_or_cut() -> None:
    """No element at the end, none of indefinite length that is not constructed; lengths are cut at the end."""
    assert read_element(b"\x30", 0, 1) is None
    assert read_element(b"\x04\x80\0\0", 0, 4) is None
    assert read_element(b"\x1f\x81\x00\x00", 0, 4) is None
    element = read_element(b"\x04\x7fAB", 0, 4)
    assert element is not None
    assert element.end == 4


def test_depth_is_limited() -> None:
    """Indefinite lengths within each other end soon."""
    assert read_element(b"\x30\x80" * 1000, 0, 2000) is None


@given(st.binary(max_size=200))
def test_any_octets_will_do(octets: bytes) -> None:
    """Never raises."""
    element = read_element(octets, 0, len(octets))
    if element is not None:
        assert element.start <= element.end <= len(octets)
        list(children(octets, element))
        string_of(octets, element)
