"""The panel, by engines that do all that an engine should not."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from mx.artifact import Artifact
from mx.engines.contract import EICAR, Circumstances, EngineState, Purpose
from mx.engines.demand import Demand
from mx.engines.panel import BUSY_MESSAGES, Panel, PanelAnswer
from mx.engines.tally import TIMES_KEPT, EngineStatistics
from mx.examination import Elsewhere
from mx.finding import EngineFailed, EngineOutcome, Finding, Found, NothingFound, Severity
from tenants.policies.entries import Bias
from tests.contracts.engine import artifact

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)

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
        assert self.outcome(fail) == EngineFailed("one", "raised ZeroDivisionError")
        assert len(self.flushLoggedErrors(ZeroDivisionError)) == 1

    def test_an_engine_that_is_no_coroutine_function_has_failed(self) -> None:
        """Python finds out only when it is asked."""
        engine = Scripted("one", fail)
        engine.examine = lambda artifacts, circumstances, deadline: NothingFound("one")  # type: ignore[method-assign,assignment,misc]
        assert self.successResultOf(self.ask(engine)) == (EngineFailed("one", "raised TypeError"),)
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
            EngineState("one", False, "raised ZeroDivisionError"),
            EngineState("two", False, "no answer within 10 s"),
            EngineState("three", True, "ready"),
        )
        self.flushLoggedErrors(ZeroDivisionError)


CLEAN, FAILS, HANGS = "clean", "fails", "hangs"


class Standby:
    """An engine that is clean, fails, or hangs, as it is told; it counts how often it is asked."""

    def __init__(
        self, name: str, does: str, purpose: Purpose = Purpose.MALWARE, age_hours: float | None = None
    ) -> None:
        self.name, self.does, self.purpose, self.asked = name, does, purpose, 0
        self.canary = EICAR
        self.time = None if age_hours is None else NOW - timedelta(hours=age_hours)
        self.says: EngineOutcome = NothingFound(name)

    async def examine(
        self, artifacts: Sequence[Artifact], circumstances: Circumstances, deadline: float
    ) -> EngineOutcome:
        self.asked += 1
        self.circumstances, self.shown = circumstances, [each.number for each in artifacts]
        if self.does == HANGS:
            await Deferred()
        return EngineFailed(self.name, "away") if self.does == FAILS else self.says

    async def state(self) -> EngineState:
        return EngineState(self.name, True, "ready", signature_time=self.time)


# bias, what the engines a, b, c, d do, who counts as asked, who is without an answer
BIASES = [
    (Bias.MAX_CERTAINTY, (CLEAN, CLEAN, CLEAN), "abc", ""),
    (Bias.MAX_CERTAINTY, (CLEAN, FAILS, CLEAN), "abc", "b"),
    (Bias.MAX_CERTAINTY, (CLEAN, HANGS, CLEAN), "abc", "b"),
    (Bias.FAVOR_CERTAINTY, (CLEAN, FAILS, CLEAN), "ac", ""),
    (Bias.FAVOR_CERTAINTY, (FAILS, FAILS, CLEAN), "c", ""),
    (Bias.FAVOR_CERTAINTY, (FAILS, FAILS, HANGS), "abc", "abc"),
    (Bias.NEUTRAL, (CLEAN, CLEAN, CLEAN, CLEAN), "ab", ""),
    (Bias.NEUTRAL, (CLEAN, CLEAN, CLEAN), "ab", ""),
    (Bias.NEUTRAL, (FAILS, CLEAN, CLEAN, CLEAN), "bc", ""),
    (Bias.NEUTRAL, (HANGS, HANGS, CLEAN, CLEAN), "cd", ""),
    (Bias.NEUTRAL, (HANGS, FAILS, FAILS, CLEAN), "abcd", "abc"),
    (Bias.FAVOR_PERFORMANCE, (CLEAN, CLEAN, CLEAN, CLEAN), "ab", ""),
    (Bias.FAVOR_PERFORMANCE, (FAILS, HANGS, CLEAN, CLEAN), "cd", ""),
    (Bias.MAX_PERFORMANCE, (CLEAN, CLEAN, CLEAN), "a", ""),
    (Bias.MAX_PERFORMANCE, (FAILS, HANGS, CLEAN), "c", ""),
    (Bias.MAX_PERFORMANCE, (FAILS, HANGS, FAILS), "abc", "abc"),
]


class TestBias(SynchronousTestCase):
    """Which engines are asked, and whose missing answer counts."""

    def setUp(self) -> None:
        self.clock = Clock()

    def answer(self, engines: Sequence[Standby], demand: Demand) -> PanelAnswer:
        self.panel = Panel(engines, self.clock, lambda: NOW)
        self.successResultOf(Deferred.fromCoroutine(self.panel.states()))
        return self.again(demand)

    def again(self, demand: Demand) -> PanelAnswer:
        asking = Deferred.fromCoroutine(self.panel.ask([artifact(b"x", 1)], 20.0, demand=demand))
        for _ in range(40):
            if not asking.called:
                self.clock.advance(0.5)
        return self.successResultOf(asking)

    def test_each_bias_with_engines_that_fail_on_purpose(self) -> None:
        """Within the message's time, and never is a missing answer passed over that the bias wants."""
        for bias, does, asked, silent in BIASES:
            engines = [Standby(name, each) for name, each in zip("abcd", does, strict=False)]
            answer = self.answer(engines, Demand(bias=bias))
            failed = [each.engine for each in answer.outcomes if isinstance(each, EngineFailed)]
            assert ("".join(sorted(answer.asked)), "".join(failed)) == (asked, silent), (bias, does)
            assert [each.engine for each in answer.outcomes] == list(asked), (bias, does)
            assert self.clock.getDelayedCalls() == []

    def test_an_engine_that_the_bias_does_not_need_is_not_asked(self) -> None:
        """That is what performance is favoured for."""
        engines = [Standby(name, CLEAN) for name in "abcd"]
        self.answer(engines, Demand(bias=Bias.NEUTRAL))
        assert [engine.asked for engine in engines] == [1, 1, 0, 0]

    def test_what_was_examined_elsewhere_is_shown_to_engines_with_newer_signatures(self) -> None:
        """And to those that state no age, and to those that look for something else than malware."""
        malware, spam, ages = Purpose.MALWARE, Purpose.SPAM, (5, 1, None, 5)
        kinds = zip("abcd", (malware, malware, malware, spam), ages, strict=True)
        engines = [Standby(name, CLEAN, purpose, age) for name, purpose, age in kinds]
        self.answer(engines, Demand())
        assert [engine.shown for engine in engines] == [[1], [1], [1], [1]]
        elsewhere = Elsewhere(frozenset({artifact(b"x").sha256}), NOW - timedelta(hours=2))
        asking = self.panel.ask([artifact(b"x", 1)], 20.0, Circumstances(elsewhere=elsewhere))
        self.successResultOf(Deferred.fromCoroutine(asking))
        assert [engine.shown for engine in engines] == [[], [1], [1], [1]]

    def test_load_lets_fewer_be_asked(self) -> None:
        """Down to one."""
        engines = [Standby(name, HANGS) for name in "abcde"]
        panel = Panel(engines, self.clock)
        demand = Demand(bias=Bias.FAVOR_PERFORMANCE)
        waiting = [Deferred.fromCoroutine(panel.ask([], 20.0, demand=demand)) for _ in range(BUSY_MESSAGES)]
        assert sum(engine.asked for engine in engines) < BUSY_MESSAGES * 3
        before = sum(engine.asked for engine in engines)
        waiting.append(Deferred.fromCoroutine(panel.ask([], 20.0, demand=demand)))
        assert sum(engine.asked for engine in engines) == before + 1
        for each in waiting:
            each.cancel()
            self.failureResultOf(each, CancelledError)

    def test_the_policys_engines_are_asked_alone(self) -> None:
        """One that is not configured has no answer; the signatures in the cells are asked in any case."""
        engines = [Standby(name, CLEAN) for name in "abc"]
        assert self.answer(engines, Demand(engines=("b", "yara"))).asked == {"b"}
        assert self.answer(engines, Demand(engines=("yara",))).asked == frozenset()
        assert self.answer(engines, Demand(engines=("b", "other"))).outcomes == (
            NothingFound("b"),
            EngineFailed("other", "it is not configured here"),
        )

    def test_engines_for_spam_are_counted_apart(self) -> None:
        """One scanner and one for spam, not one of the two."""
        engines = [Standby("a", CLEAN), Standby("s", CLEAN, Purpose.SPAM), Standby("b", CLEAN)]
        answer = self.answer(engines, Demand(bias=Bias.MAX_PERFORMANCE))
        assert (answer.asked, answer.no_scanners) == ({"a", "s"}, {"s"})

    def test_an_engine_that_failed_in_a_row_costs_no_message_its_time(self) -> None:
        """It has failed at once, without being asked; others take its place."""
        hanging, other = Standby("a", HANGS), Standby("b", CLEAN)
        demand = Demand(bias=Bias.MAX_CERTAINTY)
        self.answer([hanging, other], demand)
        for _ in range(4):
            self.again(demand)
        assert hanging.asked == 3
        before = self.clock.seconds()
        outcomes = self.again(demand).outcomes
        assert outcomes == (EngineFailed("a", "out of rotation: it failed 3 times in a row"), NothingFound("b"))
        assert self.again(Demand(bias=Bias.MAX_PERFORMANCE)).outcomes == (NothingFound("b"),)
        assert self.clock.seconds() == before

    def test_signatures_that_are_too_old_have_not_answered(self) -> None:
        """Where the engine states an age and the policy a limit; yet what they find is infected."""
        old, young, silent = (Standby(*each) for each in (("a", CLEAN), ("b", CLEAN), ("c", CLEAN)))
        old.time, young.time = NOW - timedelta(hours=200), NOW - timedelta(hours=100)
        failed = EngineFailed("a", "its signatures are 200 hours old")
        clean = (NothingFound("b"), NothingFound("c"))
        assert self.answer([old, young, silent], Demand()).outcomes == (failed, *clean)
        assert self.again(Demand(signature_age_hours=0)).outcomes == (NothingFound("a"), *clean)
        assert self.again(Demand(signature_age_hours=300)).outcomes == (NothingFound("a"), *clean)
        assert self.again(Demand(bias=Bias.NEUTRAL)).outcomes == clean
        old.says = Found("a", (found("a"),))
        assert self.again(Demand()).outcomes == (old.says, *clean)
        old.says = Found("a", (Finding("a", "Odd", 1, Severity.SUSPICIOUS),))
        assert self.again(Demand()).outcomes == (failed, *clean)
        states = self.successResultOf(Deferred.fromCoroutine(self.panel.states()))
        assert [state.text for state in states] == ["out of date", "ready", "ready"]

    def test_the_engine_is_told_what_the_policies_demand(self) -> None:
        """And what is known of the message."""
        engine = Standby("a", CLEAN)
        self.answer([engine], Demand(whole_message=True))
        assert engine.circumstances == Circumstances(whole_message=True)


def test_two_engines_cannot_have_one_name() -> None:
    """Their outcomes could not be told from each other."""
    with pytest.raises(ValueError, match="two engines have the same name"):
        Panel([Scripted("one", fail), Scripted("one", fail)], Clock())
