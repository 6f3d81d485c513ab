"""The greylisting agent: it passes the contract; first tries wait, vouched senders and DSNs do not."""

from datetime import datetime

from twisted.internet import reactor

from mx import reply
from mx.agents.chain import Chain, Hearing
from mx.agents.contract import About, Agent, Answers, Hook, MailBegun, Vouch
from mx.agents.greylisting import NAME, Greylisting
from mx.envelope import ReversePath
from tenants.senders.greylist import WAIT
from tenants.storage.database import DatabaseUnavailable
from tests.contracts.agent import AUTHOR, AgentContract, customer_of, events_for, heard
from tests.contracts.customer_world import NOW
from tests.contracts.with_database import WithDatabase


class Friend:
    """Vouches for everybody."""

    about = About("friend")

    async def on_mail(self, event: MailBegun) -> Answers:
        """Always."""
        return Vouch()


class GreylistingTest(AgentContract, WithDatabase):
    """The contract, and what senders see of it."""

    def make_agent(self) -> Agent:
        return Greylisting(self.threads, lambda: NOW)

    async def tried(self, now: datetime, sender: str = AUTHOR.address) -> Hearing:
        """What the agent says of a try."""
        customer = customer_of(tenant_id=self.world.acme.id)
        agent = Greylisting(self.threads, lambda: now)
        return await heard(agent, events_for(customer, reverse_path=ReversePath(sender))[Hook.RECIPIENT])

    async def test_a_first_try_is_put_off_and_the_next_is_taken(self) -> None:
        """With 451, which loses nothing: every mail server comes back."""
        first, second = await self.tried(NOW), await self.tried(NOW + WAIT)
        assert first.refusal is not None and first.refusal.reply == reply.GREYLISTED
        assert second.refusal is None

    async def test_dsns_are_not_put_off(self) -> None:
        """Nor a server that asks whether a recipient exists."""
        assert (await self.tried(NOW, sender="")).refusal is None

    async def test_who_is_vouched_for_is_not_put_off(self) -> None:
        """By any agent that stands before this one in the policy's order."""
        customer = customer_of(tenant_id=self.world.acme.id)
        chain = Chain([Friend(), self.make_agent()], reactor)
        hearing = Hearing(chain.order_of(["friend", NAME]) or {})
        events = events_for(customer)
        for hook in (Hook.MAIL, Hook.RECIPIENT):
            await chain.ask(hearing, events[hook])
        assert hearing.refusal is None

    async def test_without_the_database_mail_goes_on(self) -> None:
        """And the trace says that the agent failed."""
        agent = Greylisting(self.threads_without_database(), lambda: NOW)
        hearing = await heard(agent, events_for()[Hook.RECIPIENT])
        assert hearing.refusal is None and hearing.notes[0].fact.name == "failed"
        assert self.flushLoggedErrors(DatabaseUnavailable)
