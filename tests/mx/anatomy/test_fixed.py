"""Fixed values: as good as frozen ones for everything but an assignment that mypy refuses anyway."""

from dataclasses import replace

import pytest

from mx.anatomy.fixed import fixed


@fixed
class Pair:
    """Two numbers."""

    first: int
    second: int = 2


def test_equal_values_are_equal_and_hash_alike() -> None:
    """They stand in sets and dictionaries."""
    assert Pair(1) == Pair(1, 2) != Pair(1, 3)
    assert len({Pair(1), Pair(1, 2), Pair(2)}) == 2


def test_a_changed_one_is_another_one() -> None:
    assert replace(Pair(1), second=5) == Pair(1, 5)


def test_there_is_nothing_beside_the_fields() -> None:
    """Slots, as in every value of ours."""
    with pytest.raises(AttributeError):
        Pair(1).third = 3  # type: ignore[attr-defined]


def test_it_is_matched_by_its_fields() -> None:
    match Pair(1, 7):
        case Pair(first, second):
            assert (first, second) == (1, 7)
