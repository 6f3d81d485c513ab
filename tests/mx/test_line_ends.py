import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.line_ends import are_whole, has_bare_cr, has_dot_line


@pytest.mark.parametrize(
    ("octets", "whole"),
    [
        (b"", True),
        (b"a", True),
        (b"\r\n", True),
        (b"a\r\nb\r\n", True),
        (b"\r", False),
        (b"\n", False),
        (b"a\r", False),
        (b"\na", False),
        (b"a\rb\nc", False),
        (b"\r\r\n", False),
        (b"\r\n\n", False),
        (b"\n\r", False),
        (b"a\nb\r\nc\rd", False),
    ],
)
def test_line_ends(octets: bytes, whole: bool) -> None:
    assert are_whole(octets) is whole


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"a", b"\0", b"\xff"])).map(b"".join))
def test_they_are_whole_when_all_three_counts_are_equal(octets: bytes) -> None:
    pairs = octets.count(b"\r\n")
    assert are_whole(octets) is (octets.count(b"\r") == pairs == octets.count(b"\n"))
    assert has_bare_cr(octets) is (octets.count(b"\r") != pairs)


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"a"])).map(b"".join))
def test_a_dot_counts_behind_a_whole_line_end_alone(octets: bytes) -> None:
    """What would be unstuffed as it arrives, and stuffed as it leaves."""
    assert has_dot_line(octets) is (b"\r\n." in octets)
