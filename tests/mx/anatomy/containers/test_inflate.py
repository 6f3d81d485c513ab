"""One deflate stream within the budget."""

import os
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.budget import Budget, LimitReached, Limits
from mx.anatomy.containers.inflate import MOST_OF_SCRAP, inflate, inflate_scrap


def deflated(octets: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(octets) + packer.flush()


def budget(**limits: int) -> Budget:
    return Budget(lambda: 0.0, Limits(**limits))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "octets", [b"", b"x", bytes(1 << 20), os.urandom(300_000), b"ab" * 500_000, bytes((1 << 16) * 3)]
)
def test_ends_where_the_stream_ends(octets: bytes) -> None:
    """All of the content, and the place of the octet after the stream."""
    stream = deflated(octets)
    unpacked = inflate(b"xx" + stream + b"tail", 2, len(stream) + 6, budget())
    assert (unpacked.octets, unpacked.end, unpacked.is_complete) == (octets, 2 + len(stream), True)


def test_a_cut_stream_gives_what_came_out() -> None:
    """The beginning is kept, and it is not complete."""
    octets = os.urandom(300_000)
    unpacked = inflate(deflated(octets), 0, 200_000, budget())
    assert not unpacked.is_complete
    assert octets.startswith(unpacked.octets)
    assert len(unpacked.octets) > 190_000


@pytest.mark.parametrize(
    ("limits", "what"), [({"unpacked_octets": 1 << 20}, "octets"), ({"ratio_from_octets": 1 << 20}, "ratio")]
)
def test_a_bomb_stops_soon_after_its_limit(limits: dict[str, int], what: str) -> None:
    """At most one piece more than allowed is ever made."""
    with pytest.raises(LimitReached, match=what):
        inflate(deflated(bytes(200 << 20)), 0, 1 << 20, budget(**limits))


@given(st.binary(max_size=100))
def test_any_octets_are_a_stream_or_not(octets: bytes) -> None:
    """Never raises on any octets."""
    inflate(octets, 0, len(octets), budget())


def test_what_comes_out_before_a_break_can_be_had() -> None:
    """The library keeps it back when it raises."""
    stream = deflated(b"content of a file")[:-1] + b"\xff" * 9
    assert inflate_scrap(b"xx" + stream, 2, len(stream) + 2, budget()).startswith(b"content of a fil")
    assert inflate_scrap(b"", 0, 0, budget()) == b""
    assert len(inflate_scrap(deflated(bytes(1 << 20)), 0, 4000, budget())) == MOST_OF_SCRAP
