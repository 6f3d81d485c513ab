"""The watch has the clock note that the service is there, and tells of a wall clock that was set, once."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher

from pratique.clock.service_clock import NAME, open_clock
from pratique.clock.watch import LOOK_SECONDS, ClockWatch
from tests.contracts.customer_world import NOW


@pytest.fixture
def told():
    """What is logged meanwhile."""
    events: list[dict[str, Any]] = []
    globalLogPublisher.addObserver(events.append)
    yield events
    globalLogPublisher.removeObserver(events.append)


def test_a_clock_that_is_set_is_told_of_once_and_once_when_it_is_right_again(tmp_path: Path, told) -> None:
    reactor, wall = Clock(), [NOW.timestamp()]
    watch = ClockWatch(open_clock(tmp_path, lambda: wall[0] + reactor.seconds(), reactor.seconds), reactor)
    watch.startService()
    for step in (0, 86400, 0, -86400, 0):
        wall[0] += step
        reactor.advance(LOOK_SECONDS)
    watch.stopService()
    assert reactor.getDelayedCalls() == []
    assert (tmp_path / NAME).stat().st_mtime == (NOW + timedelta(seconds=5 * LOOK_SECONDS)).timestamp()
    assert [each["wall_ahead_seconds"] for each in told if each["log_format"] == "clock.set"] == [86400, 0]
