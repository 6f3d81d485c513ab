"""How many engines are asked by each bias, and which."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.engines.bias import MOST_ENGINES, Candidate, Plan, plan_of
from tenants.policies.entries import Bias


def well(count: int) -> list[Candidate]:
    return [Candidate(f"e{number}") for number in range(count)]


# bias, engines, load: asked at once, needed
COUNTS = [
    (Bias.MAX_CERTAINTY, 5, 0.0, 5, 5),
    (Bias.MAX_CERTAINTY, 1, 1.0, 1, 1),
    (Bias.FAVOR_CERTAINTY, 5, 1.0, 5, 1),
    (Bias.NEUTRAL, 5, 0.0, 3, 3),
    (Bias.NEUTRAL, 4, 1.0, 2, 2),
    (Bias.NEUTRAL, 1, 0.0, 1, 1),
    (Bias.FAVOR_PERFORMANCE, 5, 0.0, 3, 3),
    (Bias.FAVOR_PERFORMANCE, 5, 0.5, 2, 2),
    (Bias.FAVOR_PERFORMANCE, 5, 1.0, 1, 1),
    (Bias.FAVOR_PERFORMANCE, 5, 7.0, 1, 1),
    (Bias.FAVOR_PERFORMANCE, 2, 0.0, 1, 1),
    (Bias.MAX_PERFORMANCE, 5, 0.0, 1, 1),
]


@pytest.mark.parametrize(("bias", "engines", "load", "asked", "needed"), COUNTS)
def test_each_bias_asks_so_many(bias: Bias, engines: int, load: float, asked: int, needed: int) -> None:
    """The others wait, to be asked when one of these fails; with certainty nobody is left to wait."""
    plan = plan_of(bias, well(engines), load)
    assert (len(plan.first), plan.needed) == (asked, needed)
    assert len(plan.spares) == (0 if "certainty" in bias.value else engines - asked)


def test_no_more_than_five_are_asked() -> None:
    """The best five."""
    plan = plan_of(Bias.MAX_CERTAINTY, [Candidate("bad", is_available=False), *well(MOST_ENGINES)], 0)
    assert plan.needed == MOST_ENGINES
    assert "bad" not in plan.first


def test_certainty_is_favoured_among_the_available() -> None:
    """Where none is available, all are asked, so that nothing passes for examined."""
    one, two = Candidate("one", is_available=False), Candidate("two")
    assert plan_of(Bias.FAVOR_CERTAINTY, [one, two], 0).first == ("two",)
    assert plan_of(Bias.FAVOR_CERTAINTY, [one], 0) == Plan(("one",), (), 1)


# the worse engine, the better engine
BETTER = [
    (Candidate("worse", is_available=False, median_seconds=0.1), Candidate("better", failing_share=0.9)),
    (Candidate("worse", failing_share=0.2, age_hours=1), Candidate("better", failing_share=0.04, age_hours=70)),
    (Candidate("worse", age_hours=72, median_seconds=0.1), Candidate("better", age_hours=30, median_seconds=2)),
    (Candidate("worse", age_hours=49), Candidate("better", age_hours=None)),
    (Candidate("worse", age_hours=5, median_seconds=2), Candidate("better", age_hours=23, median_seconds=0.1)),
    (Candidate("worse"), Candidate("better", median_seconds=9)),
]


@pytest.mark.parametrize(("worse", "better"), BETTER)
def test_the_better_engine_is_asked_first(worse: Candidate, better: Candidate) -> None:
    """By rotation, then by recent failures, then by the age of its signatures, then by speed."""
    assert plan_of(Bias.MAX_PERFORMANCE, [worse, better], 0) == Plan(("better",), ("worse",), 1)


@given(st.sampled_from(Bias), st.integers(0, 8), st.floats(0, 2))
def test_a_plan_can_always_be_met(bias: Bias, engines: int, load: float) -> None:
    """Never are more answers wanted than can be had, and never none where there is an engine."""
    plan = plan_of(bias, well(engines), load)
    assert min(1, engines) <= plan.needed <= len(plan.first) <= MOST_ENGINES
    assert not set(plan.first) & set(plan.spares)
