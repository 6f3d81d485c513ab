"""Lists of numbers behind one key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.number_lists import shifted

OCTETS = b"MZ\x90\0\3\0\0\0the rest"


@pytest.mark.parametrize("key", [1, 7, 90, 255, -3])
def test_finds_the_number_that_was_added(key: int) -> None:
    """Whether or not the sums are octets still."""
    assert OCTETS in list(shifted([octet + key for octet in OCTETS]))


@pytest.mark.parametrize("key", [1, 90, 255])
def test_finds_the_key_of_an_xor(key: int) -> None:
    """One for all numbers."""
    assert OCTETS in list(shifted([octet ^ key for octet in OCTETS]))


def test_other_lists_are_nothing() -> None:
    """The list as it stands is read elsewhere."""
    assert list(shifted(list(OCTETS))) == []
    assert list(shifted([1, 2])) == []
    assert list(shifted(range(100))) == []


@given(st.lists(st.integers(-999, 9999)))
def test_any_numbers_will_do(numbers: list[int]) -> None:
    """Never raises."""
    list(shifted(numbers))
