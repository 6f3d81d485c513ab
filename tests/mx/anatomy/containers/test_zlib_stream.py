"""Zlib streams that stand alone."""

import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.containers.contract import Member
from mx.anatomy.containers.zlib_stream import open_zlib
from tests.contracts.stepping import contents_of, obstacles_of, steps_of

CONTENT = random.Random(1).randbytes(3000)


@pytest.mark.parametrize("level", [0, 1, 6, 9])
@pytest.mark.parametrize("head", [b"", b"CWS\x09\0\0\1\0"])
def test_the_content(level: int, head: bytes) -> None:
    """Of a stream of any level, and of a film; checksums and what follows do not matter."""
    assert contents_of(open_zlib, head + zlib.compress(CONTENT, level)[:-4] + b"sum and more") == [CONTENT]


def test_a_text_is_no_stream() -> None:
    """Though it begins so."""
    assert contents_of(open_zlib, b"x^2 + 3x - 4 = 0") == []
    assert obstacles_of(open_zlib, b"x^2 + 3x - 4 = 0") == []


def test_what_breaks_off_is_a_guess() -> None:
    """What came out before, and no obstacle: two octets say little."""
    (member,) = steps_of(open_zlib, zlib.compress(CONTENT)[:-500])
    assert isinstance(member, Member)
    assert member.is_guess
    assert CONTENT.startswith(member.content.raw)


@given(st.binary(max_size=60))
def test_any_octets_will_do(octets: bytes) -> None:
    """Never raises."""
    for head in (b"\x78\x9c", b"CWS\x09"):
        contents_of(open_zlib, head + octets)
