"""The sender lists agent: it passes the contract; block, allow, and allowed names that are only claimed."""

from dataclasses import replace

from mx import reply
from mx.agents.chain import Hearing
from mx.agents.contract import Agent, Hook
from mx.agents.sender_lists import SenderLists
from mx.envelope import ReversePath
from tenants.senders.lists import Listing, put_senders
from tenants.storage.database import DatabaseUnavailable
from tenants.storage.viewpoint import Reader
from tests.contracts.agent import AUTHOR, CLIENT, AgentContract, customer_of, events_for, heard
from tests.contracts.customer_world import NOW
from tests.contracts.dns_table import DnsTable
from tests.contracts.with_database import WithDatabase

GENUINE = {"TXT supplier.example": [f"v=spf1 ip4:{CLIENT.address} -all"]}


class SenderListsTest(AgentContract, WithDatabase):
    """The contract, and what senders see of it."""

    def make_agent(self) -> Agent:
        return SenderLists(self.threads, DnsTable({}))

    def put(self, listing: Listing, *entries: str) -> None:
        """On acme's list."""
        with self.database.unit_of_work(Reader.OPERATOR) as session:
            put_senders(session, tenant_id=self.world.acme.id, listing=listing, entries=entries, now=NOW, who="ann")

    async def at_mail(self, records: dict[str, list[str]] | None = None, sender: str = AUTHOR.address) -> Hearing:
        """What the agent says of the envelope's sender."""
        agent = SenderLists(self.threads, DnsTable(records or {}))
        customer = customer_of(tenant_id=self.world.acme.id)
        return await heard(agent, events_for(customer, reverse_path=ReversePath(sender))[Hook.MAIL])

    async def test_a_blocked_sender_is_refused(self) -> None:
        """By address, domain or network; the trace names the entry."""
        for entry in ("203.0.113.0/24", "supplier.example", AUTHOR.address):
            self.put(Listing.BLOCK, entry)
            hearing = await self.at_mail()
            assert hearing.refusal is not None and hearing.refusal.reply == reply.SENDER_BLOCKED
            assert hearing.notes[0].fact.value == entry

    async def test_an_allowed_sender_that_is_genuine_is_vouched_for(self) -> None:
        """SPF says that this client may write for that domain."""
        self.put(Listing.ALLOW, "supplier.example")
        hearing = await self.at_mail(GENUINE)
        assert hearing.is_vouched and hearing.refusal is None

    async def test_a_claimed_name_is_not_vouched_for(self) -> None:
        """Nor refused; nor one whose domain says nothing, or whose DNS is away."""
        self.put(Listing.ALLOW, "supplier.example")
        for records in ({"TXT supplier.example": ["v=spf1 -all"]}, {}):
            hearing = await self.at_mail(records)
            assert not hearing.is_vouched and hearing.refusal is None
            assert hearing.notes[0].fact.name == "allowed-but-not-genuine"
        broken = SenderLists(self.threads, DnsTable({}, frozenset({"supplier.example"})))
        hearing = await heard(broken, events_for(customer_of(tenant_id=self.world.acme.id))[Hook.MAIL])
        assert not hearing.is_vouched and "spf=temperror" in hearing.notes[0].fact.value

    async def test_an_allowed_network_needs_no_proof(self) -> None:
        """An address of TCP cannot be claimed; so it holds for the null reverse-path as well."""
        self.put(Listing.ALLOW, f"{CLIENT.address}/32")
        for sender in (AUTHOR.address, ""):
            assert (await self.at_mail(sender=sender)).is_vouched

    async def test_a_blocked_address_in_from_is_refused(self) -> None:
        """Behind an envelope that nobody lists; an allowed one counts for nothing there."""
        self.put(Listing.BLOCK, "spam.example")
        customer = customer_of(tenant_id=self.world.acme.id)
        content = b"From: Friend <friend@spam.example>, other@x.example\r\nSubject: Hi\r\n\r\nHi.\r\n"
        agent = SenderLists(self.threads, DnsTable({}))
        hearing = await heard(agent, events_for(customer, content=content)[Hook.HEADERS])
        assert hearing.refusal is not None
        self.put(Listing.ALLOW, "spam.example")
        hearing = await heard(agent, events_for(customer, content=content)[Hook.HEADERS])
        assert hearing.refusal is None and not hearing.is_vouched

    async def test_without_the_database_it_is_put_off(self) -> None:
        """A list that cannot be read is not an empty one."""
        agent = SenderLists(self.threads_without_database(), DnsTable({}))
        hearing = await heard(agent, events_for()[Hook.MAIL])
        assert hearing.refusal is not None and hearing.refusal.reply == reply.AGENT_UNAVAILABLE
        assert self.flushLoggedErrors(DatabaseUnavailable)

    async def test_another_tenants_list_says_nothing(self) -> None:
        """Neither way."""
        self.put(Listing.BLOCK, "supplier.example")
        customer = replace(customer_of(), tenant_id=self.world.blue_harbour.id)
        hearing = await heard(self.make_agent(), events_for(customer)[Hook.MAIL])
        assert hearing.refusal is None and not hearing.notes
