"""The DNS blocklists agent: it passes the contract; weights, ranges, zones that do not answer."""

from dataclasses import replace
from ipaddress import ip_address

from twisted.trial.unittest import TestCase

from mx import reply
from mx.agents.chain import Hearing
from mx.agents.contract import Agent, Hook
from mx.agents.dns_blocklists import DnsBlocklists, question
from tenants.policies.policy import parse_policy
from tests.contracts.agent import CLIENT, AgentContract, customer_of, events_for, heard
from tests.contracts.dns_table import DnsTable


def test_the_address_is_asked_backwards() -> None:
    """By octets for IPv4, by nibbles for IPv6 (RFC 5782)."""
    assert question(ip_address("192.0.2.99"), "bl.example") == "99.2.0.192.bl.example"
    assert question(ip_address("2001:db8::1"), "bl.example").endswith("0.8.b.d.0.1.0.0.2.bl.example")


class DnsBlocklistsTest(AgentContract, TestCase):
    """The contract, and what clients see of it."""

    def make_agent(self) -> Agent:
        return DnsBlocklists(DnsTable({}))

    async def hear(
        self, answers: dict[str, list[str]], *zones: str, client: str = "9.9.9.9", broken: str = ""
    ) -> Hearing:
        """What the agent says of a client."""
        agent = DnsBlocklists(DnsTable(answers, frozenset({broken})))
        customer = customer_of(parse_policy({"dns_blocklists": list(zones)}))
        return await heard(agent, events_for(customer, client=replace(CLIENT, address=client))[Hook.CONNECT])

    async def test_a_listed_client_is_refused(self) -> None:
        """Also one that is on two lists of half the weight."""
        for zones in (["bl.example"], ["bl.example*0.5", "other.example*0.5"]):
            answers = {f"A 9.9.9.9.{zone.partition('*')[0]}": ["127.0.0.2"] for zone in zones}
            hearing = await self.hear(answers, *zones)
            assert hearing.refusal is not None and hearing.refusal.reply == reply.CLIENT_LISTED
            assert hearing.notes[0].fact.value == "9.9.9.9 bl.example"

    async def test_half_the_weight_is_noted_alone(self) -> None:
        """The trace says who listed it."""
        hearing = await self.hear({"A 9.9.9.9.bl.example": ["127.0.0.2"]}, "bl.example*0.5")
        assert hearing.refusal is None and [note.fact.name for note in hearing.notes] == ["listed"]

    async def test_answers_that_are_no_listing_do_not_count(self) -> None:
        """Outside the range that is meant, outside 127/8, and a zone's word that it does not answer us."""
        for answer in ("127.0.0.10", "203.0.113.1", "127.255.255.254"):
            hearing = await self.hear({"A 9.9.9.9.bl.example": [answer]}, "bl.example=127.0.0.2-127.0.0.9")
            assert hearing.refusal is None
            assert all(note.fact.name == "no-answer" for note in hearing.notes)

    async def test_a_zone_that_does_not_answer_lists_nobody(self) -> None:
        """And the trace says so; the others count."""
        answers = {"A 9.9.9.9.bl.example": ["127.0.0.2"]}
        hearing = await self.hear(answers, "dead.example", "bl.example", broken="9.9.9.9.dead.example")
        assert hearing.refusal is not None
        assert [note.fact.name for note in hearing.notes] == ["listed", "no-answer"]

    async def test_private_clients_are_not_asked_about(self) -> None:
        """Nobody outside could say anything about them."""
        for client in ("127.0.0.1", "10.1.2.3", "fd00::1"):
            agent = DnsBlocklists(table := DnsTable({}))
            customer = customer_of(parse_policy({"dns_blocklists": ["bl.example"]}))
            await heard(agent, events_for(customer, client=replace(CLIENT, address=client))[Hook.CONNECT])
            assert table.asked == []
