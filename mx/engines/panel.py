"""The panel: asks all engines at once, and makes of each exactly one outcome that can be relied on.

Comes in: artifacts and a time limit. Goes out: an EngineOutcome for each engine, in the order of the engines.
Also counts what each engine did, for `pratique engines`.

Failure: an engine that raises, gives no answer in time, or answers with anything but an outcome in its own name about
artifacts that it was shown has *failed* (`EngineFailed`), and the policy decides. It is never counted as "nothing
found", and one engine's failure changes nothing for the others.
Limits: the deadline holds for engines that wait. One that computes without end stops the whole process, so engines
that work on hostile octets themselves belong in the cells.
"""

from collections.abc import Callable, Coroutine, Sequence, Set
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from mx.artifact import Artifact
from mx.engines.contract import Engine, EngineState
from mx.engines.tally import EngineStatistics, Tally
from mx.finding import EngineFailed, EngineOutcome, Finding, Found, NothingFound

STATE_SECONDS = 10.0

Answer = TypeVar("Answer")

log = Logger()


class Panel:
    """All engines that look at artifacts outside the cells."""

    def __init__(self, engines: Sequence[Engine], reactor: IReactorTime) -> None:
        """`engines` in the order in which people see them. Raises ValueError when two have the same name."""
        self._engines = tuple(engines)
        self._reactor = reactor
        self._counts = {engine.name: Tally() for engine in self._engines}
        if len(self._counts) < len(self._engines):
            raise ValueError("two engines have the same name")

    @property
    def names(self) -> frozenset[str]:
        """Every engine that must have answered before a verdict is complete."""
        return frozenset(self._counts)

    async def ask(self, artifacts: Sequence[Artifact], seconds: float) -> tuple[EngineOutcome, ...]:
        """One outcome for each engine, after at most `seconds`. Does not raise for anything that an engine does."""
        if not self._engines:
            return ()
        shown = frozenset(artifact.number for artifact in artifacts)
        asking = [self._ask_one(engine, artifacts, shown, seconds) for engine in self._engines]
        if len(asking) == 1:
            return (await asking[0],)
        return tuple(await gatherResults([Deferred.fromCoroutine(each) for each in asking]))

    async def states(self) -> tuple[EngineState, ...]:
        """The state of each engine now, in order."""
        asking = [self._state_of(engine) for engine in self._engines]
        return tuple(await gatherResults([Deferred.fromCoroutine(each) for each in asking]))

    def statistics(self, name: str) -> EngineStatistics:
        """What the engine of this name has done. Raises KeyError for a name that is not among `names`."""
        return self._counts[name].statistics()

    async def _ask_one(
        self, engine: Engine, artifacts: Sequence[Artifact], shown: Set[int], seconds: float
    ) -> EngineOutcome:
        name, started = engine.name, self._reactor.seconds()
        answer = await _within(
            lambda: engine.examine(artifacts, seconds),
            seconds,
            self._reactor,
            lambda reason: EngineFailed(name, reason),
        )
        outcome = _checked(answer, name, shown)
        self._counts[name].add(outcome, self._reactor.seconds() - started)
        return outcome

    async def _state_of(self, engine: Engine) -> EngineState:
        return await _within(
            engine.state, STATE_SECONDS, self._reactor, lambda reason: EngineState(engine.name, False, reason)
        )


def _checked(answer: object, name: str, shown: Set[int]) -> EngineOutcome:
    """The answer, when it is one: an engine of somebody else's may give anything."""
    match answer:
        case NothingFound(engine=engine) | EngineFailed(engine=engine) if engine == name:
            return answer
        case Found(engine=engine, findings=findings) if engine == name and _are_findings(findings, name, shown):
            return answer
        case _:
            return EngineFailed(name, "the engine's answer is not one")


def _are_findings(findings: object, name: str, shown: Set[int]) -> bool:
    """At least one, all in the engine's own name, and about artifacts that it was shown."""
    if not isinstance(findings, tuple) or not findings:
        return False
    return all(isinstance(each, Finding) and each.engine == name and each.artifact in shown for each in findings)


def _within(
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
