"""An agent in processes of its own: what it does there costs its own answers, and no other message waits for it."""

from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, ensureDeferred, gatherResults
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from mx.agents.chain import Chain, Hearing
from mx.agents.contract import Agent
from mx.agents.outside.agent import OutsideAgent, begin
from mx.outside import process as process_module
from mx.outside.crew import CannotBegin
from tests.contracts.agent import AgentContract
from tests.contracts.outside import event, start_of


class OutsideContractTest(AgentContract, TestCase):
    """It is an agent as any other."""

    timeout = 60

    def make_agent(self) -> Agent:
        agent = begin(reactor, "odd", start_of("odd"))
        self.addCleanup(agent.stop)
        return agent


class OutsideTest(TestCase):
    """Real processes."""

    timeout = 60

    def setUp(self) -> None:
        self.agent = self.begun("odd")

    def begun(self, name: str) -> OutsideAgent:
        agent = begin(reactor, name, start_of(name))
        self.addCleanup(agent.stop)
        return agent

    def ask(self, does: str, agent: OutsideAgent | None = None) -> "Deferred[Hearing]":
        """What the agent says of a message that asks it for this."""
        asked = agent or self.agent
        chain = Chain([asked], reactor)

        async def heard() -> Hearing:
            hearing = Hearing(chain.order_of([asked.about.name]) or {})
            await chain.ask(hearing, event(does))
            return hearing

        return ensureDeferred(heard())

    async def test_one_that_computes_for_ever_costs_its_own_answer(self) -> None:
        """Messages that come meanwhile are answered before it is given up, by another process; then it is killed."""
        await self.until(2)
        own = (await self.ask("adds")).headers_on_top
        stuck = self.ask("computes")
        for _ in range(3):
            hearing = await self.ask("adds")
            assert hearing.headers_on_top and hearing.headers_on_top != own, hearing.notes
            assert not stuck.called
        hearing = await stuck
        assert [note.fact.value for note in hearing.notes] == ["no answer within 1.5 s"]
        assert hearing.refusal is None, "the agent said that it means to go on"
        await self.until(1)
        await self.until(2)
        assert (await self.ask("adds")).headers_on_top != own

    async def test_one_that_computes_behind_a_wait_costs_its_own_answer(self) -> None:
        """What was given to it meanwhile goes to the other process."""
        await self.until(2)
        stuck = self.ask("computes later")
        hearings = await gatherResults([self.ask("adds") for _ in range(5)])
        assert all(hearing.headers_on_top for hearing in hearings)
        assert [note.fact.value for note in (await stuck).notes] == ["no answer within 1.5 s"]

    async def test_those_that_wait_do_not_keep_others_waiting(self) -> None:
        """Any number of calls waits in one process, and it has long to show that it lives."""
        self.patch(process_module, "SILENCE_SECONDS", 20.0)
        own = (await self.ask("adds")).headers_on_top
        waiting = [self.ask("waits") for _ in range(20)]
        assert (await self.ask("adds")).headers_on_top
        assert not any(each.called for each in waiting)
        for hearing in await gatherResults(waiting):
            assert [note.fact.name for note in hearing.notes] == ["failed"]
        # It was alive, and is not killed for being late: once nobody doubts it, it answers again.
        while (await self.ask("adds")).headers_on_top != own:
            await deferLater(reactor, 0.05)

    async def test_one_that_dies_takes_its_own_call_along(self) -> None:
        """What it had not begun is answered by the next process."""
        await self.until(2)
        dying, behind = self.ask("dies"), self.ask("adds")
        assert [note.fact.value for note in (await dying).notes] == ["its process ended"]
        assert (await behind).headers_on_top

    async def test_one_that_raises_has_not_answered(self) -> None:
        """As in our own process."""
        own = (await self.ask("adds")).headers_on_top
        assert [note.fact.value for note in (await self.ask("raises")).notes] == ["raised RuntimeError"]
        assert (await self.ask("adds")).headers_on_top == own

    async def test_it_sees_and_does_what_it_has_declared(self) -> None:
        """Who may not read the header section is not sent it; a field of who may add none is no answer."""
        modest = self.begun("modest")
        given: Any = await getattr(modest, "on_headers")(event("adds"))  # noqa: B009
        assert given[0].fields == ("X-Header: 0",)
        hearing = await self.ask("adds", modest)
        assert [note.fact.value for note in hearing.notes] == ["it has not declared that it may add headers"]

    async def test_one_that_is_stopped_answers_nobody(self) -> None:
        """And leaves no process behind."""
        waiting = self.ask("waits")
        await self.ask("adds")
        await self.agent.stop()
        assert [note.fact.value for note in (await waiting).notes] == ["its process ended"]
        assert self.agent.processes == 0

    def test_one_that_cannot_be_made_says_why(self) -> None:
        """What its factory raises."""
        with self.assertRaisesRegex(CannotBegin, "KeyError: 'host'"):
            begin(reactor, "broken", start_of("broken"))

    async def until(self, processes: int) -> None:
        """There are so many processes now."""
        running: Any = reactor
        while self.agent.processes != processes:
            moment: Deferred[None] = Deferred()
            running.callLater(0.01, moment.callback, None)
            await moment
