"""The circuit breaker and the canary of one engine."""

from mx.engines.health import CANARY_SECONDS, FAILURES, KEPT, LONGEST_WAIT_SECONDS, MISSED, Health


def broken(at: float = 0.0) -> Health:
    health = Health()
    for _ in range(FAILURES):
        health.failed(at)
    return health


def test_an_engine_that_failed_in_a_row_is_not_asked_any_more() -> None:
    """Not before, and an answer between two failures begins the row again."""
    health = Health()
    for _ in range(FAILURES - 1):
        health.failed(0)
    assert not health.obstacle
    health.answered()
    health.failed(0)
    assert not health.obstacle
    assert broken().obstacle == "it failed 3 times in a row"


def test_the_wait_for_the_next_canary_grows_to_its_longest() -> None:
    """And begins at a second again once the engine is well."""
    health, now, waits = broken(), 0.0, []
    for _ in range(6):
        waits.append(next(wait for wait in range(1, 60) if health.wants_probe(now + wait)))
        now += waits[-1]
        health.probing()
        assert not health.wants_probe(now), "one canary at a time"
        health.canary_failed(now)
    assert waits == [1, 2, 4, 8, LONGEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS]
    health.canary_found(now)
    assert not health.obstacle
    assert not health.wants_probe(now + CANARY_SECONDS - 1)
    assert health.wants_probe(now + CANARY_SECONDS)


def test_messages_that_fail_while_the_engine_is_out_do_not_lengthen_the_wait() -> None:
    """They were asked before it was."""
    health = broken(0)
    health.failed(0.5)
    assert health.wants_probe(1.0)


def test_an_engine_that_misses_its_canary_is_out_until_it_finds_it() -> None:
    """Whatever it answers about messages that were under way."""
    health = Health()
    health.canary_missed(0)
    health.answered()
    assert health.obstacle == MISSED
    assert health.wants_probe(1.0)
    health.canary_failed(1.0)
    assert health.obstacle == MISSED
    health.canary_found(3.0)
    assert not health.obstacle


def test_a_dead_engine_is_found_out_by_its_canaries_alone() -> None:
    """A second after each other, without anybody's message."""
    health, now = Health(), 0.0
    for _ in range(FAILURES):
        assert not health.obstacle
        assert health.wants_probe(now)
        health.probing()
        health.canary_failed(now)
        now += 1
    assert health.obstacle


def test_the_failing_share_is_of_the_newest_answers() -> None:
    """Old failures are forgotten."""
    health = Health()
    assert health.failing_share == 0
    health.failed(0)
    health.answered()
    assert health.failing_share == 0.5
    for _ in range(KEPT):
        health.answered()
    assert health.failing_share == 0
