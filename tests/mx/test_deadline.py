"""A deadline always gives an answer, and gives it once."""

from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher
from twisted.trial.unittest import TestCase

from mx.deadline import within


async def answered() -> str:
    return "answer"


async def broken() -> str:
    raise LookupError("no")


def broken_at_once() -> Any:
    raise LookupError("no")


async def deaf(never: "Deferred[str]") -> str:
    """Takes no notice of being cancelled."""
    try:
        return await never
    except BaseException:
        return await Deferred()


class DeadlineTest(TestCase):
    """On a clock that does not run."""

    def setUp(self) -> None:
        self.clock = Clock()

    def asked(self, call: Any) -> "Deferred[str]":
        return within(call, 2.0, self.clock, lambda reason: f"failed: {reason}")

    def test_an_answer_is_given_and_nothing_stays_scheduled(self) -> None:
        """What answers at once never needs a timer."""
        assert self.successResultOf(self.asked(answered)) == "answer"
        assert not self.clock.getDelayedCalls()

    def test_what_raises_is_a_failure_with_its_name(self) -> None:
        """Before there is a coroutine, and later."""
        seen: list[Any] = []
        globalLogPublisher.addObserver(seen.append)
        self.addCleanup(globalLogPublisher.removeObserver, seen.append)
        for call in (broken, broken_at_once):
            assert self.successResultOf(self.asked(call)) == "failed: raised LookupError"
        assert [event["log_format"] for event in seen] == ["deadline.raised"] * 2
        self.flushLoggedErrors(LookupError)

    def test_what_is_late_is_cancelled(self) -> None:
        """And its answer is the failure's."""
        slow: Deferred[str] = Deferred()

        async def wait() -> str:
            return await slow

        result = self.asked(wait)
        self.clock.advance(1.9)
        self.assertNoResult(result)
        self.clock.advance(0.2)
        assert self.successResultOf(result) == "failed: no answer within 2 s"
        assert slow.called

    def test_what_does_not_let_itself_be_cancelled_is_left_behind(self) -> None:
        """The answer comes nevertheless."""
        result = self.asked(lambda: deaf(Deferred()))
        self.clock.advance(2.1)
        assert self.successResultOf(result) == "failed: no answer within 2 s"

    def test_whoever_gives_up_waiting_cancels_the_call(self) -> None:
        """Nothing stays scheduled."""
        slow: Deferred[str] = Deferred()

        async def wait() -> str:
            return await slow

        result = self.asked(wait)
        result.cancel()
        assert slow.called and not self.clock.getDelayedCalls()
        self.failureResultOf(result, CancelledError)
