"""What a tenant asks of the examination."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.cell.wishes import (
    MOST_OCTETS,
    MOST_PASSWORD_CHARACTERS,
    MOST_PASSWORDS,
    MOST_RULES_OCTETS,
    NO_WISHES,
    Wishes,
    wishes_of,
)
from tenants.policies.policy import Policy


@given(st.lists(st.text(st.characters(codec=None), max_size=9), max_size=9), st.text(max_size=9))
def test_wishes_survive_the_wire(passwords: list[str], rules: str) -> None:
    """Whatever characters they hold; whose they are stays here."""
    wishes = Wishes(7, tuple(passwords), rules)
    assert Wishes.from_octets(wishes.to_octets()) == Wishes(0, tuple(passwords), rules)


def test_no_wishes_are_no_octets() -> None:
    """Most messages carry none."""
    assert (NO_WISHES.to_octets(), Wishes.from_octets(b"")) == (b"", NO_WISHES)


def test_the_passwords_of_all_policies_are_tried_each_once() -> None:
    """In the order of the recipients; up to the limits."""
    policies = [Policy(passwords=("a", "b")), Policy(passwords=("b", "c" * 500))]
    assert wishes_of(policies, 7) == Wishes(7, ("a", "b", "c" * MOST_PASSWORD_CHARACTERS))
    many = Policy(passwords=tuple(str(number) for number in range(500)))
    assert len(wishes_of([many]).passwords) == MOST_PASSWORDS


def test_the_largest_wishes_have_room() -> None:
    """The child takes no more than its limit, and the limit is enough."""
    wishes = wishes_of([Policy(passwords=("\U0001f600" * 200,) * 100)], rules="\x01" * MOST_RULES_OCTETS)
    assert len(wishes.to_octets()) <= MOST_OCTETS


def test_rules_beyond_the_limit_are_never_left_out_silently() -> None:
    """They are refused when they are set; should they come here, there is no verdict."""
    with pytest.raises(ValueError, match="limit"):
        wishes_of([Policy()], rules="x" * (MOST_RULES_OCTETS + 1))
