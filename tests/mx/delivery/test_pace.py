"""The pace of routes, second by second."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.delivery.pace import BURST_SECONDS, MOST_REMEMBERED, Pace
from tenants.domains.route_terms import Rate


def test_a_full_bucket_is_sent_at_once_and_the_rest_in_turn() -> None:
    """The third waits until a token is there, and takes it."""
    pace: Pace[str] = Pace()
    assert [pace.take("a", Rate(2, "s"), 100.0, 5.0) for _ in range(4)] == [0.0, 0.0, 0.5, 1.0]
    assert pace.take("b", Rate(2, "s"), 100.0, 5.0) == 0.0


def test_who_would_wait_too_long_takes_nothing() -> None:
    """So that who comes later does not wait for those that gave up."""
    pace: Pace[str] = Pace()
    rate = Rate(1, "m")
    assert pace.take("a", rate, 0.0, 5.0) == 0.0
    assert [pace.take("a", rate, 0.0, 5.0) for _ in range(100)] == [None] * 100
    assert pace.take("a", rate, 56.0, 5.0) == pytest.approx(4.0)
    assert pace.take("a", rate, 60.0, 5.0) is None


@given(st.lists(st.floats(0, 10), max_size=200), st.integers(1, 50))
def test_no_second_has_more_than_the_rate_and_a_burst(steps: list[float], messages: int) -> None:
    """Whenever messages come."""
    pace: Pace[str] = Pace()
    now, sent = 0.0, list[float]()
    for step in steps:
        now += step
        wait = pace.take("a", Rate(messages, "s"), now, 3.0)
        if wait is not None:
            sent.append(now + wait)
    for begin in sent:
        within = sum(begin <= moment < begin + 1.0 for moment in sent)
        assert within <= messages * (1 + BURST_SECONDS) + 1


def test_buckets_are_not_kept_without_end() -> None:
    """The ones used longest ago are forgotten."""
    pace: Pace[int] = Pace()
    for number in range(MOST_REMEMBERED + 5):
        pace.take(number, Rate(1, "h"), 0.0, 0.0)
    assert pace.take(MOST_REMEMBERED + 4, Rate(1, "h"), 0.0, 0.0) is None
    assert pace.take(0, Rate(1, "h"), 0.0, 0.0) == 0.0
