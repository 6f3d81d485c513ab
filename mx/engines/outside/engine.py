"""An engine of another package, in processes of its own (`mx/outside/crew.py`): what it does costs its own answers.

Comes in: what starts a process of it. Goes out: an `Engine` as any other. Contents go to it by copy, large ones packed
in a thread, so that other mail does not wait.

Failure: no answer in time, a process that ended, nonsense: EngineFailed, and a state that is not available; the policy
decides, and nothing of it is ever clean. A finding about an artifact that it was not shown is nonsense too.
"""

from collections.abc import Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool

from mx.artifact import Artifact
from mx.engines.contract import Circumstances, EngineState, Purpose
from mx.engines.outside.wire import STATE_OCTETS, Told, answer_of, question_octets, told_of
from mx.finding import EngineFailed, EngineOutcome, Found, NothingFound
from mx.outside import crew
from mx.outside.crew import Crew, Start
from mx.outside.process import NoAnswer, Speech

SPEECH = Speech(told_of, answer_of)
_AT_ONCE_OCTETS = 1 << 20


class OutsideEngine:
    """One engine, as the panel sees it."""

    def __init__(self, reactor: Any, told: Told, processes: Crew) -> None:
        self._reactor, self._told, self._crew = reactor, told, processes

    @property
    def name(self) -> str:
        return self._told.name

    @property
    def purpose(self) -> Purpose:
        return self._told.purpose

    @property
    def canary(self) -> bytes:
        return self._told.canary

    @property
    def processes(self) -> int:
        """How many there are that have said what they are."""
        return self._crew.processes

    def stop(self) -> Deferred[None]:
        """End its processes, and fire once they are gone; nobody is asked any more."""
        return self._crew.stop()

    async def examine(
        self, artifacts: Sequence[Artifact], circumstances: Circumstances, deadline: float
    ) -> EngineOutcome:
        """See `mx.engines.contract.Engine`."""
        given = await self._crew.ask(await self._packed(artifacts, circumstances, deadline))
        match given:
            case NoAnswer():
                return EngineFailed(self.name, given.reason)
            case Found() if not {each.artifact for each in given.findings} <= {each.number for each in artifacts}:
                return EngineFailed(self.name, "found something in what it was not shown")
            case NothingFound() | Found() | EngineFailed():
                return given
            case _:
                return EngineFailed(self.name, given if isinstance(given, str) else "answered with no outcome")

    async def state(self) -> EngineState:
        """See `mx.engines.contract.Engine`."""
        given = await self._crew.ask(STATE_OCTETS)
        if isinstance(given, EngineState):
            return given
        reason = given.reason if isinstance(given, NoAnswer) else str(given)
        return EngineState(self.name, is_available=False, text=reason)

    async def _packed(self, artifacts: Sequence[Artifact], circumstances: Circumstances, deadline: float) -> bytes:
        octets = sum(artifact.content.octets for artifact in artifacts)
        if octets <= _AT_ONCE_OCTETS:
            return question_octets(artifacts, circumstances, deadline)
        pool = self._reactor.getThreadPool()
        return await deferToThreadPool(self._reactor, pool, question_octets, artifacts, circumstances, deadline)


def begin(reactor: Any, name: str, start: Start) -> OutsideEngine:
    """The engine, its first process ready; waits for it, and no reactor need run. Raises CannotBegin."""
    told, processes = crew.begin(reactor, name, SPEECH, start)
    return OutsideEngine(reactor, told, processes)
