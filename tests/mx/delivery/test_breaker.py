"""The breaker, second by second."""

from mx.delivery.breaker import FAILURES, FIRST_SECONDS, MOST_REMEMBERED, MOST_SECONDS, Breaker


def opened(at: float = 100.0) -> Breaker[str]:
    """One that has just opened for `a`."""
    result: Breaker[str] = Breaker()
    for _ in range(FAILURES):
        assert result.closed_for("a", at) == 0.0
        result.begun("a")
        seconds = result.ended("a", at, is_answered=False)
    assert seconds == FIRST_SECONDS
    return result


def test_it_opens_after_some_failures_in_a_row() -> None:
    """For this hop alone, and for a little while."""
    result = opened()
    assert result.closed_for("a", 100.0) == FIRST_SECONDS
    assert result.closed_for("a", 101.0) == FIRST_SECONDS - 1.0
    assert result.closed_for("b", 100.0) == 0.0
    assert result.closed_for("a", 100.0 + FIRST_SECONDS) == 0.0


def test_what_was_wrong_is_kept_until_it_is_right() -> None:
    """So that those that are turned away know why."""
    result: Breaker[str] = Breaker()
    assert result.reason("a") == ""
    result.ended("a", 100.0, is_answered=False, reason="TLS: no")
    assert result.reason("a") == "TLS: no"
    result.ended("a", 100.0, is_answered=True)
    assert result.reason("a") == ""


def test_an_answer_between_them_begins_the_count_anew() -> None:
    """Of any kind."""
    result: Breaker[str] = Breaker()
    for number in range(3 * FAILURES):
        result.ended("a", 100.0, is_answered=number % FAILURES == 0)
        assert result.closed_for("a", 100.0) == 0.0


def test_what_says_nothing_counts_for_nothing() -> None:
    """A limit of ours, or too little time."""
    result: Breaker[str] = Breaker()
    for _ in range(3 * FAILURES):
        result.ended("a", 100.0, is_answered=None)
    assert result.closed_for("a", 100.0) == 0.0


def test_one_tries_at_a_time() -> None:
    """The others are turned away until it has ended; one that learned nothing leaves the next to try."""
    result = opened()
    result.begun("a")
    assert result.closed_for("a", 500.0) >= FIRST_SECONDS
    result.ended("a", 500.0, is_answered=None)
    assert result.closed_for("a", 500.0) == 0.0
    result.begun("a")
    result.ended("a", 501.0, is_answered=True)
    result.begun("a")
    assert result.closed_for("a", 501.0) == 0.0


def test_it_stays_open_longer_each_time_and_never_too_long() -> None:
    """A next hop that is back is found within MOST_SECONDS."""
    result, now, waits = opened(), 100.0, []
    for _ in range(8):
        now += result.closed_for("a", now)
        result.begun("a")
        waits.append(result.ended("a", now, is_answered=False))
        assert result.closed_for("a", now) == waits[-1]
    assert waits == [4.0, 8.0, 16.0, 30.0, 30.0, 30.0, 30.0, 30.0]
    assert waits[-1] == MOST_SECONDS


def test_those_that_began_before_it_opened_do_not_open_it_further() -> None:
    """They fail behind one another."""
    result = opened()
    for _ in range(50):
        result.ended("a", 101.0, is_answered=False)
    assert result.closed_for("a", 101.0) == FIRST_SECONDS - 1.0


def test_troubles_are_not_kept_without_end() -> None:
    """Those that failed longest ago are forgotten."""
    result = opened()
    for number in range(MOST_REMEMBERED):
        result.ended(str(number), 101.0, is_answered=False)
    assert result.closed_for("a", 101.0) == 0.0
    assert len(result._troubles) == MOST_REMEMBERED
