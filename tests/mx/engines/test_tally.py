"""The count of what an engine has done."""

from mx.engines.tally import EngineStatistics, Tally
from mx.finding import EngineFailed, Finding, Found, NothingFound, Severity


def test_a_fresh_tally_has_no_median() -> None:
    """Nothing is made up before the first answer."""
    assert Tally().statistics() == EngineStatistics(0, 0, None)


def test_failures_are_scans_without_a_time() -> None:
    """A time-out would otherwise hide how fast the engine is when it answers."""
    tally = Tally()
    tally.add(NothingFound("a"), 1.0)
    tally.add(Found("a", (Finding("a", "x", 0, Severity.INFECTED),)), 3.0)
    tally.add(EngineFailed("a", "no answer"), 20.0)
    assert tally.statistics() == EngineStatistics(3, 1, 2.0)
