"""The agent to copy: it passes the contract, and does what its page says."""

from dataclasses import replace

from twisted.trial.unittest import TestCase

from mx.agents.contract import Agent, Hook
from mx.agents.skeleton import NOBODYS_NAME, Skeleton
from tests.contracts.agent import CLIENT, CONTENT, AgentContract, events_for, heard


class SkeletonTest(AgentContract, TestCase):
    """The contract, and two cases of its own."""

    def make_agent(self) -> Agent:
        return Skeleton()

    async def test_a_name_that_nobody_has_is_refused(self) -> None:
        """In capitals as well."""
        client = replace(CLIENT, helo=NOBODYS_NAME.upper())
        hearing = await heard(Skeleton(), events_for(client=client)[Hook.HELO])
        assert hearing.refusal is not None and hearing.refusal.reply.line == "550 5.7.1 Nobody has that name"

    async def test_what_it_learned_is_noted(self) -> None:
        """As a fact for the trace."""
        hearing = await heard(Skeleton(), events_for()[Hook.HEADERS])
        header = CONTENT.index(b"\r\n\r\n") + 2
        assert [(note.fact.name, note.fact.value) for note in hearing.notes] == [("header-octets", str(header))]
