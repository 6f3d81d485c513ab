"""AppleSingle, AppleDouble and MacBinary."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.containers.apple_file import MOST_ENTRIES, open_apple_file
from mx.anatomy.containers.contract import whole
from mx.anatomy.kinds import is_macbinary
from tests.contracts.stepping import contents_of, obstacles_of
from tests.corpus.formats.archives import apple_single, macbinary

DATA, RESOURCE = b"the data fork", b"the resource fork"


def test_both_forks_are_members() -> None:
    """Of AppleSingle, and of AppleDouble, which has no data fork."""
    assert contents_of(open_apple_file, apple_single({9: bytes(32), 1: DATA, 2: RESOURCE})) == [DATA, RESOURCE]
    double = b"\0\5\x16\7" + apple_single({2: RESOURCE})[4:]
    assert contents_of(open_apple_file, double) == [RESOURCE]


@pytest.mark.parametrize(
    ("data", "resource", "found"),
    [(DATA, RESOURCE, [DATA, RESOURCE]), (DATA, b"", [DATA]), (b"", RESOURCE, [RESOURCE])],
)
def test_macbinary_has_its_forks_in_blocks(data: bytes, resource: bytes, found: list[bytes]) -> None:
    """An empty one is left out."""
    octets = macbinary(data, resource)
    assert is_macbinary(whole(octets))
    assert contents_of(open_apple_file, octets) == found


def test_a_second_header_may_count_or_not() -> None:
    """Programs that know the first version alone take it for data."""
    octets = bytearray(macbinary(bytes(128) + DATA, b""))
    octets[120:122] = b"\0\x10"
    assert contents_of(open_apple_file, bytes(octets)) == [bytes(128) + DATA, DATA + bytes(115)]


@pytest.mark.parametrize("place", [0, 1, 74, 82])
def test_other_octets_are_no_macbinary(place: int) -> None:
    """Zeros, a length of a name, forks that there is room for."""
    octets = bytearray(macbinary(DATA, RESOURCE))
    octets[place] = 200
    assert not is_macbinary(whole(bytes(octets)))
    assert not is_macbinary(whole(bytes(octets[:140])))
    assert not is_macbinary(whole(bytes(500)))


def test_entries_without_end_are_an_obstacle() -> None:
    """No file has so many, and none of them costs much."""
    head = b"\0\5\x16\0\0\2\0\0" + bytes(16) + struct.pack(">H", 60_000)
    octets = head + struct.pack(">III", 1, 0, 90) * 60_000
    assert obstacles_of(open_apple_file, octets) == ["limit.apple-entries"]
    assert len(contents_of(open_apple_file, octets)) == MOST_ENTRIES


def test_forks_outside_of_the_file_are_cut() -> None:
    """Or left out."""
    octets = apple_single({1: DATA})
    assert contents_of(open_apple_file, octets[:-3]) == [DATA[:-3]]
    assert contents_of(open_apple_file, octets[: -len(DATA)]) == []


@given(st.binary(max_size=80))
def test_any_octets_will_do(octets: bytes) -> None:
    """Never raises."""
    for start in (b"\0\5\x16\0\0\2\0\0", b"\0\1a"):
        contents_of(open_apple_file, (start + octets).ljust(130, b"\0"))
