"""The simulation of the queue in short, and that it can fail; whole: `python -m tests.faults.queue_simulation`."""

import pytest

from tests.faults.queue_simulation import simulate


def test_nothing_is_lost_doubled_or_given_up_early() -> None:
    """A few seeds; each plays nodes, next hops, time and accidents."""
    told: list[str] = []
    assert simulate(range(4), told.append) == [], told


def test_a_report_that_is_not_asked_for_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the same way each time that the seed is played."""
    monkeypatch.setattr("tenants.queue.book.ask_report", lambda *_, **__: None)
    told: list[str] = []
    assert simulate([7, 7], told.append) == [7, 7]
    assert told[0] == told[1] and "reports are owed" in told[0]
