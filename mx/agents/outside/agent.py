"""An agent of another package, in processes of its own (`mx/outside/crew.py`): what it does costs its own answers.

Comes in: what starts a process of it. Goes out: an `Agent` as any other, with the methods of the events that it wants.

Failure: no answer in time, a process that ended, nonsense: no answer, which means what the agent declared
(`About.on_failure`).
"""

from typing import Any

from twisted.internet.defer import Deferred

from mx.agents.answers import NotAnAnswer
from mx.agents.contract import About, AgentEvent, Answer
from mx.agents.outside.wire import Told, answers_of, event_octets, told_of
from mx.outside import crew
from mx.outside.crew import Crew, Start
from mx.outside.process import NoAnswer, Speech

SPEECH = Speech(told_of, answers_of)


class OutsideAgent:
    """One agent, as the chain sees it."""

    def __init__(self, told: Told, processes: Crew) -> None:
        self._told, self._crew = told, processes
        for hook in told.hooks:
            # The chain asks an agent for what it has.
            setattr(self, hook.method, self._ask)

    @property
    def about(self) -> About:
        return self._told.about

    @property
    def processes(self) -> int:
        """How many there are that have said what they are."""
        return self._crew.processes

    def stop(self) -> Deferred[None]:
        """End its processes, and fire once they are gone; nobody is asked any more."""
        return self._crew.stop()

    async def _ask(self, event: AgentEvent) -> tuple[Answer, ...] | NotAnAnswer:
        given: tuple[Answer, ...] | NotAnAnswer | NoAnswer = await self._crew.ask(
            event_octets(event, self.about.rights)
        )
        return NotAnAnswer(given.reason) if isinstance(given, NoAnswer) else given


def begin(reactor: Any, name: str, start: Start) -> OutsideAgent:
    """The agent, its first process ready; waits for it, and no reactor need run. Raises CannotBegin."""
    told, processes = crew.begin(reactor, name, SPEECH, start)
    return OutsideAgent(told, processes)
