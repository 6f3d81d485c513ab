"""A deadline: waits for somebody else's answer, and has one of its own when that does not come in time.

Comes in: a call that gives a coroutine, a number of seconds, and what a failure is to mean. Goes out: a Deferred that
always fires with an answer and never with a failure, at the latest when the seconds are over.

Failure: a call that raises, before or behind its first wait, is logged and becomes `on_failure` of a plain reason; one
that is late is cancelled, whether it takes notice of that or not, and what it says afterwards is dropped.
Limits: only what waits can be late. A call that computes without end stops the whole process.
"""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

Answer = TypeVar("Answer")

log = Logger()


def within(
    call: Callable[[], Coroutine[Any, Any, Answer]],
    seconds: float,
    reactor: IReactorTime,
    on_failure: Callable[[str], Answer],
) -> "Deferred[Answer]":
    """The call's answer, or what `on_failure` makes of the reason why there is none.

    Not `Deferred.addTimeout`: that waits on for a coroutine that takes no notice of being cancelled.
    """
    timer: IDelayedCall | None = None
    is_over = False

    def settle(answer: Answer) -> None:
        if not is_over:
            end()
            result.callback(answer)

    def raised(failure: Failure) -> None:
        if not is_over:
            log.failure("deadline.raised", failure)
            settle(on_failure(f"raised {getattr(failure.type, '__name__', 'something')}"))

    def too_late() -> None:
        settle(on_failure(f"no answer within {seconds:g} s"))
        work.cancel()

    def given_up(_: "Deferred[Answer]") -> None:
        end()
        work.cancel()

    def end() -> None:
        nonlocal is_over
        is_over = True
        if timer is not None and timer.active():
            timer.cancel()

    result: Deferred[Answer] = Deferred(given_up)
    # The call starts before the timer does: one that keeps to the same deadline by itself answers first.
    work = Deferred.fromCoroutine(_begun(call))
    work.addCallbacks(settle, raised)
    if not is_over:
        timer = reactor.callLater(seconds, too_late)
    return result


async def _begun(call: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
    # So that a call that raises before there is a coroutine fails in the same way as one that raises later.
    return await call()
