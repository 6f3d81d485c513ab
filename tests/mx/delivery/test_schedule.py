"""Waits between attempts."""

from datetime import UTC, datetime, timedelta

import pytest

from mx.delivery.schedule import LONGEST_REST, Absence, end_of_life, next_attempt_at, next_wait, rest_until

WAITS = (1.0, 2.0, 5.0)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 1), (1, 1), (2, 2), (3, 5), (4, 5), (1000, 5)])
def test_waits_grow_and_the_last_one_repeats(attempts: int, seconds: float) -> None:
    """After the first attempt the first wait, and so on."""
    assert next_wait(attempts, WAITS, lambda: 0.0) == seconds


def test_jitter_makes_a_wait_longer_by_a_tenth_at_most() -> None:
    """Never shorter than what was asked for."""
    assert next_wait(2, WAITS, lambda: 1.0) == pytest.approx(2.2)


@pytest.mark.parametrize(
    ("lifetime", "wait"), [(timedelta(days=5), timedelta(seconds=5)), (timedelta(seconds=3), timedelta(seconds=3))]
)
def test_the_last_attempt_is_at_the_end_of_the_lifetime(lifetime: timedelta, wait: timedelta) -> None:
    """Not one wait before it."""
    assert next_attempt_at(NOW, 3, NOW + lifetime, WAITS, lambda: 0.0) == NOW + wait


@pytest.mark.parametrize("over", [timedelta(0), timedelta(seconds=1)])
def test_there_is_no_attempt_after_the_lifetime(over: timedelta) -> None:
    """The delivery is undeliverable then."""
    assert next_attempt_at(NOW, 3, NOW - over, WAITS, lambda: 0.0) is None


@pytest.mark.parametrize(("failures", "seconds"), [(1, 1), (2, 2), (3, LONGEST_REST), (9, LONGEST_REST)])
def test_a_next_hop_that_is_away_is_asked_after_the_same_waits_but_never_late(failures: int, seconds: float) -> None:
    """So that mail goes within minutes when it is back, however long it was away."""
    assert rest_until(NOW, failures, (1.0, 2.0, 9000.0), lambda: 0.0) == NOW + timedelta(seconds=seconds)


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("absences", "longer"),
    [
        ([], timedelta(0)),
        ([Absence(NOW + DAY, DAY / 2)], DAY / 2),
        ([Absence(NOW + 3653 * DAY, 3652 * DAY)], 3652 * DAY),
        ([Absence(NOW + DAY, DAY / 2), Absence(NOW + 3 * DAY, DAY)], 1.5 * DAY),
        ([Absence(NOW - DAY, DAY)], timedelta(0)),
        ([Absence(NOW + 9 * DAY, DAY)], timedelta(0)),
        ([Absence(NOW + 4 * DAY, 2 * DAY), Absence(NOW + 8 * DAY, 2 * DAY)], 4 * DAY),
    ],
    ids=["none", "one", "ten years", "two", "before it was queued", "after its end", "within another's extension"],
)
def test_absences_do_not_count_as_lifetime(absences: list[Absence], longer: timedelta) -> None:
    """Of a copy that was queued now, for five days."""
    assert end_of_life(NOW + 5 * DAY, 5 * DAY, absences) == NOW + 5 * DAY + longer
