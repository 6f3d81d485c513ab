"""ActiveMime: what is compressed within."""

import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.containers.activemime import open_activemime
from mx.anatomy.containers.contract import Obstacle
from mx.finding import Severity
from tests.contracts.archives import contents_of, names_of, steps_of

CONTENT = random.Random(1).randbytes(3000)
HEADER = b"ActiveMime\0\0\x01\xf0\x04\0\0\0\xff\xff\xff\xff\0\0\x07\xf0"


@pytest.mark.parametrize("lead", [0x32, 0x22, 200], ids=["usual", "short", "long"])
def test_the_content_is_found_by_itself(lead: int) -> None:
    """Whatever the header says of where it begins."""
    steps = steps_of(open_activemime, HEADER.ljust(lead, b"\0") + zlib.compress(CONTENT))
    assert contents_of(steps) == [CONTENT]
    assert names_of(steps) == set()


def test_octets_that_only_look_like_the_beginning_are_passed_over() -> None:
    assert contents_of(steps_of(open_activemime, HEADER + b"\x78\x01\x02\x78\x9c" + zlib.compress(CONTENT))) == [
        CONTENT
    ]


def test_what_breaks_off_is_unscannable() -> None:
    steps = steps_of(open_activemime, HEADER.ljust(50, b"\0") + zlib.compress(CONTENT)[:-100])
    assert contents_of(steps)
    assert [(step.name, step.severity) for step in steps if isinstance(step, Obstacle)] == [
        ("broken-activemime", Severity.UNSCANNABLE)
    ]


def test_what_only_begins_like_one_is_an_ambiguity() -> None:
    assert names_of(steps_of(open_activemime, HEADER + b" and nothing within")) == {"broken-activemime"}


@given(st.binary(max_size=200))
def test_any_octets(octets: bytes) -> None:
    """Nothing raises."""
    steps_of(open_activemime, b"ActiveMime\0" + octets)
