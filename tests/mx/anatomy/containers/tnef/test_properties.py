"""MAPI properties as TNEF packs them."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import whole
from mx.anatomy.containers.tnef.properties import Property, read_properties

TEXT = struct.pack("<HHII", 0x001E, 0x3707, 1, 6) + b"a.com\0\0\0"


def read(octets: bytes) -> list[Property]:
    return list(read_properties(whole(octets), Budget(lambda: 0.0)))


BEFORE = {
    "a number": struct.pack("<HHI", 3, 0x0E07, 1),
    "a time": struct.pack("<HHQ", 0x40, 0x3007, 1),
    "three numbers": struct.pack("<HHIIII", 0x1003, 0x0E07, 3, 1, 2, 3),
    "a numbered name": struct.pack("<HH16sIII", 3, 0x8001, bytes(16), 0, 0x8501, 1),
    "a name of its own": struct.pack("<HH16sII", 3, 0x8002, bytes(16), 1, 6) + b"a\0b\0\0\0\0\0" + bytes(4),
}


def test_values_of_known_length_are_passed_over() -> None:
    """Whatever their names are."""
    for before in BEFORE.values():
        (found,) = read(bytes(4) + before + TEXT)
        assert (found.number, found.text()) == (0x3707, "a.com")


def test_several_values_of_one_property_are_all_read() -> None:
    """Each has its own length."""
    values = struct.pack("<HHII", 0x101E, 0x3707, 2, 1) + b"a\0\0\0" + struct.pack("<I", 1) + b"b\0\0\0"
    assert [found.text() for found in read(bytes(4) + values)] == ["a", "b"]


def test_unknown_types_end_the_list() -> None:
    """Their length is not known."""
    assert read(bytes(4) + struct.pack("<HH", 0x0666, 1) + TEXT) == []


@given(st.binary(max_size=200))
def test_any_octets_are_read(octets: bytes) -> None:
    """Nothing is raised, and no value lies outside."""
    for found in read(octets):
        assert found.value.start <= found.value.end <= len(octets) or not found.value.octets
