"""Owners take turns, however many each of them has in line."""

import hypothesis.strategies as st
from hypothesis import given

from mx.smtp.fair_line import FairLine


def order(line: FairLine[str]) -> list[str]:
    """All that wait, as their turns come."""
    found = []
    while (who := line.next()) is not None:
        found.append(who)
    return found


def test_one_of_another_owner_does_not_wait_for_a_whole_flood() -> None:
    """Two hundred of one, and one of another that came last."""
    line: FairLine[str] = FairLine()
    for number in range(200):
        line.join(f"flood {number}", "flood.example")
    line.join("honest", "honest.example")
    assert order(line)[:3] == ["flood 0", "honest", "flood 1"]


def test_who_joins_again_after_a_turn_stands_behind_the_others_of_its_owner() -> None:
    """And its owner behind the other owners."""
    line: FairLine[str] = FairLine()
    for who, owner in (("a1", "a"), ("a2", "a"), ("b1", "b")):
        line.join(who, owner)
    turns = []
    for _ in range(6):
        who = line.next()
        assert who is not None
        turns.append(who)
        line.join(who, who[0])
    assert turns == ["a1", "b1", "a2", "b1", "a1", "b1"]


def test_who_has_left_has_no_turn() -> None:
    """Whether it waits or not."""
    line: FairLine[str] = FairLine()
    line.join("a1", "a")
    line.join("a1", "a")
    line.join("b1", "b")
    line.leave("a1", "a")
    line.leave("a2", "a")
    assert len(line) == 1
    assert order(line) == ["b1"]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9)), unique=True))
def test_everybody_has_one_turn_and_no_owner_two_while_another_waits(joined: list[tuple[str, int]]) -> None:
    """Whatever the order in which they join."""
    line: FairLine[tuple[str, int]] = FairLine()
    for who in joined:
        line.join(who, who[0])
    turns = []
    while (turn := line.next()) is not None:
        turns.append(turn)
    assert sorted(turns) == sorted(joined)
    for at, (owner, _) in enumerate(turns[1:], 1):
        if turns[at - 1][0] == owner:
            assert {other for other, _ in turns[at:]} == {owner}
