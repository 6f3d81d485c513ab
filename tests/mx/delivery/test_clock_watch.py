"""A wall clock that is set is noticed; one that is corrected by degrees is not."""

from datetime import timedelta

import pytest

from mx.delivery.clock_watch import MOST_SECONDS, ClockWatch
from tests.contracts.customer_world import NOW


@pytest.mark.parametrize(
    ("passed", "shown", "has_jumped"),
    [
        (0.0, timedelta(0), False),
        (86400.0, timedelta(days=1), False),
        (86400.0, timedelta(days=1, seconds=MOST_SECONDS), False),
        (10.0, timedelta(days=1), True),
        (10.0, timedelta(days=-1), True),
        (10.0, timedelta(days=3653), True),
        (10.0, timedelta(hours=-1), True),
    ],
)
def test_what_counts_as_a_jump(passed: float, shown: timedelta, has_jumped: bool) -> None:
    """A day, ten years, an hour back."""
    wall, seconds = [NOW], [5.0]
    watch = ClockWatch(lambda: wall[0], lambda: seconds[0])
    wall[0], seconds[0] = NOW + shown, 5.0 + passed
    assert watch.has_jumped() is has_jumped
    wall[0] = NOW + timedelta(seconds=passed)
    assert not watch.has_jumped()
