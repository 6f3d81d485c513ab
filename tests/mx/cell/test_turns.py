"""Whose turn it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.cell.turns import Turn, Turns


def line(*tenants: int, most_waiting: int = 100, most_each: int = 2) -> tuple[Turns, list[Turn]]:
    turns = Turns(most_waiting, most_each)
    waiting = [Turn(tenant) for tenant in tenants]
    for turn in waiting:
        assert turns.add(turn) is None
    return turns, waiting


def order(turns: Turns) -> list[int]:
    """Tenants in the order in which they get cells that nobody gives back."""
    got = []
    while (turn := turns.next_for(is_deep=True)) is not None:
        turns.begin(turn.tenant_id)
        got.append(turn.tenant_id)
    return got


def test_one_tenant_is_served_in_the_order_of_arrival() -> None:
    """First come, first served."""
    turns, waiting = line(1, 1, 1)
    assert [turns.next_for(is_deep=True) for _ in waiting] == waiting


def test_tenants_take_turns_whatever_one_of_them_sends() -> None:
    """A hundred of one tenant's messages stand behind the first of another's."""
    turns, _ = line(1, 1, 1, 1, 2, 3, most_each=3)
    assert order(turns) == [1, 2, 3, 1, 1]


def test_no_tenant_has_more_cells_than_its_share() -> None:
    """Its next message waits until one comes back, even with a cell free."""
    turns, _ = line(1, 1, 1, most_each=2)
    assert order(turns) == [1, 1]
    assert not turns.may_begin(Turn(1), is_deep=True)
    assert turns.may_begin(Turn(2), is_deep=True)
    turns.end(1)
    assert turns.under_way(1) == 1
    assert order(turns) == [1]


def test_a_second_try_comes_first() -> None:
    """It has waited once already."""
    turns, waiting = line(1, 2)
    again = Turn(1, is_second_try=True)
    turns.add(again)
    assert turns.next_for(is_deep=True) is again
    assert turns.waiting == tuple(waiting)


def test_a_light_cell_is_passed_over_by_those_that_need_a_deep_one() -> None:
    """They lose nothing by it."""
    turns, _ = line()
    deep, light = Turn(1, needs_deep=True), Turn(2)
    turns.add(deep)
    assert turns.next_for(is_deep=False) is None
    turns.add(light)
    assert turns.next_for(is_deep=False) is light
    assert turns.next_for(is_deep=True) is deep


def test_the_longest_line_gives_way() -> None:
    """A flood of one tenant's mail sends its own away, not another's."""
    turns, waiting = line(1, 1, 1, 2, most_waiting=4)
    other = Turn(3)
    assert turns.add(other) is waiting[2]
    assert turns.waiting == (waiting[0], waiting[1], waiting[3], other)
    mine = Turn(1)
    assert turns.add(mine) is mine


def test_who_has_gone_is_not_called() -> None:
    """Neither is it a fault to go twice."""
    turns, (first, second) = line(1, 1)
    turns.remove(first)
    turns.remove(first)
    assert turns.next_for(is_deep=True) is second


@pytest.mark.parametrize("most_each", [1, 3])
@given(tenants=st.lists(st.integers(1, 4), max_size=30))
def test_everybody_gets_a_turn_in_the_end(most_each: int, tenants: list[int]) -> None:
    """As long as cells come back, nobody starves."""
    turns, waiting = line(*tenants, most_each=most_each)
    served = []
    while (turn := turns.next_for(is_deep=True)) is not None:
        turns.begin(turn.tenant_id)
        turns.end(turn.tenant_id)
        served.append(turn)
    assert sorted(map(id, served)) == sorted(map(id, waiting))
