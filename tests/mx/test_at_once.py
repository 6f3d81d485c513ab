from collections.abc import Awaitable

from twisted.internet.defer import Deferred, fail, succeed
from twisted.python.failure import Failure

from mx.at_once import at_once


class Run:
    """A coroutine that waits for each of these in turn, and what became of it."""

    def __init__(self, *waits: Awaitable[object]) -> None:
        self.heard: list[object] = []
        self.failures: list[Failure] = []
        self.is_over = False
        at_once(self._work(waits), self.failures.append)

    async def _work(self, waits: tuple[Awaitable[object], ...]) -> None:
        for each in waits:
            try:
                self.heard.append(await each)
            except LookupError as error:
                self.heard.append(f"caught {error}")
        self.is_over = True


def test_what_waits_for_nobody_is_over_at_once():
    run = Run(succeed(1), succeed(2))
    assert (run.heard, run.is_over, run.failures) == ([1, 2], True, [])


def test_what_waits_goes_on_when_it_is_answered():
    first, second = Deferred(), Deferred()
    run = Run(first, succeed("between"), second)
    assert run.heard == []
    first.callback("first")
    assert (run.heard, run.is_over) == (["first", "between"], False)
    second.callback(None)
    assert (run.heard, run.is_over, run.failures) == (["first", "between", None], True, [])


def test_a_failure_that_is_waited_for_can_be_caught():
    late: Deferred[None] = Deferred()
    run = Run(fail(LookupError("now")), late, succeed("and on"))
    late.errback(LookupError("late"))
    assert run.heard == ["caught now", "caught late", "and on"]
    assert run.is_over


def test_what_it_raises_is_told_once():
    for run, fire in ((Run(fail(ValueError("at once"))), None), (Run(late := Deferred()), late)):
        if fire is not None:
            fire.errback(ValueError("later"))
        [failure] = run.failures
        assert failure.check(ValueError)
        assert not run.is_over
