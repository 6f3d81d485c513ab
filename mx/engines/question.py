"""One question to one engine: bounded in time, and answered by exactly one outcome that can be relied on.

Comes in: an engine and what it is shown. Goes out: an EngineOutcome in its name.

Failure: an engine that raises, gives no answer in time, or answers with anything but an outcome in its own name about
artifacts that it was shown has *failed* (`EngineFailed`). It is never counted as "nothing found".
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from mx.artifact import Artifact
from mx.engines.contract import Circumstances, Engine
from mx.finding import EngineFailed, EngineOutcome, Finding, Found, NothingFound

Answer = TypeVar("Answer")

log = Logger()


async def outcome_of(
    engine: Engine, artifacts: Sequence[Artifact], circumstances: Circumstances, seconds: float, reactor: IReactorTime
) -> EngineOutcome:
    """The engine's one outcome, after at most `seconds`. Does not raise for anything that an engine does."""
    name = engine.name
    answer = await within(
        lambda: engine.examine(artifacts, circumstances, seconds),
        seconds,
        reactor,
        lambda reason: EngineFailed(name, reason),
    )
    return _checked(answer, name, frozenset(artifact.number for artifact in artifacts))


def _checked(answer: object, name: str, shown: frozenset[int]) -> EngineOutcome:
    """The answer, when it is one: an engine of somebody else's may give anything."""
    match answer:
        case NothingFound(engine=engine) | EngineFailed(engine=engine) if engine == name:
            return answer
        case Found(engine=engine, findings=findings) if engine == name and _are_findings(findings, name, shown):
            return answer
        case _:
            return EngineFailed(name, "the engine's answer is not one")


def _are_findings(findings: object, name: str, shown: frozenset[int]) -> bool:
    """At least one, all in the engine's own name, and about artifacts that it was shown."""
    if not isinstance(findings, tuple) or not findings:
        return False
    return all(isinstance(each, Finding) and each.engine == name and each.artifact in shown for each in findings)


def within(
    call: Callable[[], Coroutine[Any, Any, Answer]],
    seconds: float,
    reactor: IReactorTime,
    on_failure: Callable[[str], Answer],
) -> "Deferred[Answer]":
    """The call's result, or what `on_failure` makes of the reason, after `seconds` at the latest.

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
            log.failure("engine.raised", failure)
            settle(on_failure(f"the engine raised {getattr(failure.type, '__name__', 'something')}"))

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
    # The call starts before the timer does: an engine that keeps to the same deadline by itself answers first.
    work = Deferred.fromCoroutine(_begun(call))
    work.addCallbacks(settle, raised)
    if not is_over:
        timer = reactor.callLater(seconds, too_late)
    return result


async def _begun(call: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
    # So that a call that raises before there is a coroutine fails in the same way as one that raises later.
    return await call()
