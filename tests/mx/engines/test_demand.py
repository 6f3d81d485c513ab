"""What several policies together ask of the engines."""

import pytest

from mx.engines.demand import Demand, demand_of
from tenants.policies.entries import Bias
from tenants.policies.policy import Policy


def test_nobody_demands_the_default() -> None:
    """As for a file on the command line."""
    assert demand_of([]) == Demand() == demand_of([Policy()])


def test_every_engine_that_one_policy_names_is_asked() -> None:
    """All of them as soon as one policy names none."""
    one, two = Policy(engines=("clamd", "rspamd")), Policy(engines=("icap", "clamd"))
    assert demand_of([one, two]).engines == ("clamd", "rspamd", "icap")
    assert demand_of([one, Policy()]).engines == ()


def test_the_most_certain_bias_counts() -> None:
    """Whichever comes first."""
    fast, middle = Policy(bias=Bias.MAX_PERFORMANCE), Policy(bias=Bias.NEUTRAL)
    assert demand_of([fast, middle]).bias is demand_of([middle, fast]).bias is Bias.NEUTRAL


@pytest.mark.parametrize(("hours", "least"), [((0,), 0), ((0, 168), 168), ((24, 168), 24), ((0, 0), 0)])
def test_the_youngest_signatures_are_asked_for(hours: tuple[int, ...], least: int) -> None:
    """0 is any age."""
    assert demand_of([Policy(signature_age_hours=each) for each in hours]).signature_age_hours == least


def test_one_who_wants_the_whole_message_shown_is_enough() -> None:
    """The others lose nothing by it."""
    assert demand_of([Policy(), Policy(whole_message=True)]).whole_message
    assert not demand_of([Policy(), Policy()]).whole_message
