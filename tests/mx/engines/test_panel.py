"""The panel, by engines that do all that an engine should not."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from mx.artifact import Artifact
from mx.engines.contract import EICAR, Circumstances, EngineState, Purpose
from mx.engines.panel import Panel
from mx.engines.tally import TIMES_KEPT, EngineStatistics
from mx.finding import EngineFailed, EngineOutcome, Finding, Found, NothingFound, Severity
from tests.contracts.engine import artifact

NOT_ONE = "the engine's answer is not one"


class Scripted:
    """An engine that does what it is told."""

    purpose = Purpose.MALWARE
    canary = EICAR

    def __init__(self, name: str, does: Callable[[], Any], state: Callable[[], Any] | None = None) -> None:
        self.name, self._does = name, does
        self._state = state or (lambda: EngineState(name, True, "ready"))

    async def examine(
        self, artifacts: Sequence[Artifact], circumstances: Circumstances, deadline: float
    ) -> EngineOutcome:
        answer = self._does()
        return await answer if isinstance(answer, Deferred) else answer

    async def state(self) -> EngineState:
        answer = self._state()
        return await answer if isinstance(answer, Deferred) else answer


def fail() -> None:
    raise ZeroDivisionError


def found(name: str = "one", number: int = 1) -> Finding:
    return Finding(name, "Name", number, Severity.INFECTED)


NO_ANSWERS = {
    "nothing": None,
    "a truth": True,
    "a word": "clean",
    "a class of outcome": NothingFound,
    "another engine's": NothingFound("other"),
    "another engine's failure": EngineFailed("other", "away"),
    "findings of another engine": Found("one", (found(), found("other"))),
    "a finding in what it was not shown": Found("one", (found(number=7),)),
    "found, but no finding": Found("one", ()),
    "findings that are none": Found("one", ("Name",)),  # type: ignore[arg-type]
    "a list of findings": Found("one", [found()]),  # type: ignore[arg-type]
}


class TestPanel(SynchronousTestCase):
    """One outcome for each engine, whatever it does."""

    def setUp(self) -> None:
        self.clock = Clock()

    def ask(self, *engines: Any, seconds: float = 20.0) -> "Deferred[tuple[EngineOutcome, ...]]":
        self.panel = Panel(engines, self.clock)
        return Deferred.fromCoroutine(self._outcomes(seconds))

    async def _outcomes(self, seconds: float) -> tuple[EngineOutcome, ...]:
        return (await self.panel.ask([artifact(b"x", 1)], seconds)).outcomes

    def outcome(self, does: Callable[[], Any]) -> EngineOutcome:
        (outcome,) = self.successResultOf(self.ask(Scripted("one", does)))
        return outcome

    def test_no_engines_have_no_outcomes(self) -> None:
        """YARA-X alone, in the cells."""
        assert self.successResultOf(self.ask()) == ()
        assert self.panel.names == frozenset()
        assert self.successResultOf(Deferred.fromCoroutine(self.panel.states())) == ()

    def test_outcomes_are_in_the_order_of_the_engines(self) -> None:
        """Not in the order in which they answered; they are asked at the same time."""
        first: Deferred[EngineOutcome] = Deferred()
        second: Deferred[EngineOutcome] = Deferred()
        asking = self.ask(Scripted("one", lambda: first), Scripted("two", lambda: second))
        second.callback(NothingFound("two"))
        self.assertNoResult(asking)
        first.callback(Found("one", (found(),)))
        assert self.successResultOf(asking) == (Found("one", (found(),)), NothingFound("two"))
        assert self.panel.names == {"one", "two"}

    def test_an_engine_that_raises_has_failed(self) -> None:
        """It is a bug, so it is logged with where it happened."""
        assert self.outcome(fail) == EngineFailed("one", "the engine raised ZeroDivisionError")
        assert len(self.flushLoggedErrors(ZeroDivisionError)) == 1

    def test_an_engine_that_is_no_coroutine_function_has_failed(self) -> None:
        """Python finds out only when it is asked."""
        engine = Scripted("one", fail)
        engine.examine = lambda artifacts, circumstances, deadline: NothingFound("one")  # type: ignore[method-assign,assignment,misc]
        assert self.successResultOf(self.ask(engine)) == (EngineFailed("one", "the engine raised TypeError"),)
        assert len(self.flushLoggedErrors(TypeError)) == 1

    def test_one_engines_failure_changes_nothing_for_the_other(self) -> None:
        """Neither its outcome nor its time."""
        asking = self.ask(Scripted("one", fail), Scripted("two", lambda: Found("two", (found("two"),))))
        outcomes = self.successResultOf(asking)
        assert [type(outcome) for outcome in outcomes] == [EngineFailed, Found]
        self.flushLoggedErrors(ZeroDivisionError)

    def test_what_is_no_answer_is_a_failure(self) -> None:
        """An engine may be somebody else's, and Python checks no types."""
        for what, answer in NO_ANSWERS.items():
            assert self.outcome(lambda answer=answer: answer) == EngineFailed("one", NOT_ONE), what

    def test_an_engine_may_say_itself_that_it_failed(self) -> None:
        """Its reason is passed on."""
        assert self.outcome(lambda: EngineFailed("one", "away")) == EngineFailed("one", "away")

    def test_an_engine_that_hangs_is_cancelled_at_the_deadline(self) -> None:
        """Not before, and nothing stays behind."""
        cancelled: list[object] = []
        hanging: Deferred[EngineOutcome] = Deferred(cancelled.append)
        asking = self.ask(Scripted("one", lambda: hanging))
        self.clock.advance(19.9)
        self.assertNoResult(asking)
        self.clock.advance(0.1)
        assert self.successResultOf(asking) == (EngineFailed("one", "no answer within 20 s"),)
        assert cancelled == [hanging]
        assert not self.clock.getDelayedCalls()

    def test_an_engine_that_will_not_be_cancelled_has_failed_all_the_same(self) -> None:
        """Its answer comes too late for anybody."""
        second: Deferred[EngineOutcome] = Deferred()

        class Stubborn(Scripted):
            async def examine(
                self, artifacts: Sequence[Artifact], circumstances: Circumstances, deadline: float
            ) -> EngineOutcome:
                try:
                    await Deferred()
                except CancelledError:
                    return await second
                raise AssertionError("it was not cancelled")

        asking = self.ask(Stubborn("one", fail))
        self.clock.advance(20)
        assert self.successResultOf(asking) == (EngineFailed("one", "no answer within 20 s"),)
        second.callback(NothingFound("one"))

    def test_an_engine_that_keeps_to_the_same_deadline_answers_first(self) -> None:
        """What it knows by then is better than nothing."""

        def own_deadline() -> "Deferred[EngineOutcome]":
            answer: Deferred[EngineOutcome] = Deferred()
            self.clock.callLater(20, answer.callback, EngineFailed("one", "its own words"))
            return answer

        asking = self.ask(Scripted("one", own_deadline))
        self.clock.advance(20)
        assert self.successResultOf(asking) == (EngineFailed("one", "its own words"),)

    def test_a_question_that_is_given_up_ends_the_engines_work(self) -> None:
        """The client has gone; nothing is logged, because nothing is wrong."""
        cancelled: list[object] = []
        hanging: Deferred[EngineOutcome] = Deferred(cancelled.append)
        asking = self.ask(Scripted("one", lambda: hanging))
        asking.cancel()
        self.failureResultOf(asking, CancelledError)
        assert cancelled == [hanging]
        assert not self.clock.getDelayedCalls()

    def test_scans_detections_and_the_median_time_are_counted(self) -> None:
        """A failure counts as a scan and has no time."""
        waiting: list[Deferred[EngineOutcome]] = []

        def wait() -> "Deferred[EngineOutcome]":
            waiting.append(Deferred())
            return waiting[-1]

        panel = Panel([Scripted("one", wait)], self.clock)
        assert panel.statistics("one") == EngineStatistics(0, 0, None)
        answers = [NothingFound("one"), Found("one", (found(),)), EngineFailed("one", "away"), NothingFound("one")]
        for seconds, answer in enumerate(answers, start=1):
            asking = Deferred.fromCoroutine(panel.ask([artifact(b"x", 1)], 20))
            self.clock.advance(seconds)
            waiting.pop().callback(answer)
            self.successResultOf(asking)
        assert panel.statistics("one") == EngineStatistics(scans=4, detections=1, median_seconds=2.0)

    def test_the_median_is_of_the_newest_answers(self) -> None:
        """An engine that has become slow shows it."""
        seconds = [1.0] * TIMES_KEPT + [3.0] * TIMES_KEPT
        waiting: list[Deferred[EngineOutcome]] = []
        panel = Panel([Scripted("one", lambda: waiting[-1])], self.clock)
        for each in seconds:
            waiting.append(Deferred())
            asking = Deferred.fromCoroutine(panel.ask([], 20))
            self.clock.advance(each)
            waiting[-1].callback(NothingFound("one"))
            self.successResultOf(asking)
        assert panel.statistics("one").median_seconds == 3.0

    def test_a_state_that_cannot_be_told_is_a_state(self) -> None:
        """In the place of that engine."""
        engines = [
            Scripted("one", fail, fail),
            Scripted("two", fail, Deferred),
            Scripted("three", fail),
        ]
        asking = Deferred.fromCoroutine(Panel(engines, self.clock).states())
        self.clock.advance(10)
        assert self.successResultOf(asking) == (
            EngineState("one", False, "the engine raised ZeroDivisionError"),
            EngineState("two", False, "no answer within 10 s"),
            EngineState("three", True, "ready"),
        )
        self.flushLoggedErrors(ZeroDivisionError)


def test_two_engines_cannot_have_one_name() -> None:
    """Their outcomes could not be told from each other."""
    with pytest.raises(ValueError, match="two engines have the same name"):
        Panel([Scripted("one", fail), Scripted("one", fail)], Clock())
