"""The authentication agent passes the contract: a field on top, facts, and findings where a domain asks for them."""

import time
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from mx.agents import authentication
from mx.agents.authentication import Authentication
from mx.agents.body_digests import INLINE_OCTETS
from mx.agents.contract import Agent, Hook
from mx.envelope import ReversePath
from mx.finding import Severity
from tests.contracts.agent import CLIENT, AgentContract, events_for, heard
from tests.contracts.dns_table import DnsTable

RECORDS = {
    "TXT supplier.example": [f"v=spf1 ip4:{CLIENT.address} -all"],
    "TXT forged.example": ["v=spf1 -all"],
    "TXT _dmarc.forged.example": ["v=DMARC1; p=reject"],
}
FORGED = b"From: boss@forged.example\r\nSubject: Pay now\r\n\r\nNow.\r\n"


class AuthenticationTest(AgentContract, TestCase):
    """The contract, and what people see of it."""

    timeout = 30

    def make_agent(self) -> Agent:
        return self.authentication()

    def authentication(self, **records: Any) -> Authentication:
        """With these answers of the DNS."""
        return Authentication(DnsTable({**RECORDS, **records}), reactor, "mx.service.example", time.time)

    async def test_the_results_stand_on_top_and_in_the_trace(self) -> None:
        """SPF passes, nothing is signed, and no DMARC record is there."""
        hearing = await heard(self.authentication(), events_for()[Hook.MESSAGE])
        [(field,)] = hearing.added
        assert field.split("\r\n\t") == [
            "Authentication-Results: mx.service.example;",
            "spf=pass smtp.mailfrom=author@supplier.example;",
            "dkim=none;",
            "dmarc=none header.from=supplier.example",
        ]
        assert {note.fact.name: note.fact.value for note in hearing.notes} == {
            "spf": "pass supplier.example",
            "dkim": "none",
            "dmarc": "none supplier.example",
        }
        assert not hearing.findings

    async def test_mail_in_a_domains_name_that_it_does_not_stand_behind_is_a_finding(self) -> None:
        """Of the severity that policies have an entry for."""
        hearing = await heard(self.authentication(), events_for(content=FORGED)[Hook.MESSAGE])
        [finding] = hearing.findings
        assert (finding.name, finding.severity) == ("dmarc.reject", Severity.PHISHING)

    async def test_a_large_body_is_hashed_beside_the_reactor(self) -> None:
        """With the same result as a small one: here a signature that cannot fit."""
        signature = b"DKIM-Signature: v=1; a=rsa-sha256; d=s.example; s=k; h=from; bh=YQ==; b=YQ==\r\n"
        content = signature + FORGED + b"x" * INLINE_OCTETS + b"\r\n"
        hearing = await heard(self.authentication(), events_for(content=content)[Hook.MESSAGE])
        assert "dkim=permerror" in hearing.added[0][0]

    async def test_a_domain_whose_dns_is_slow_hides_nothing_of_the_others(self) -> None:
        """It is `temperror` after its time, and what DMARC says of the author stands."""
        self.patch(authentication, "METHOD_SECONDS", 0.2)
        agent = Authentication(SlowAbout("slow.example", DnsTable(RECORDS)), reactor, "mx.service.example", time.time)
        event = events_for(reverse_path=ReversePath("x@slow.example"), content=FORGED)[Hook.MESSAGE]
        hearing = await heard(agent, event)
        assert "spf=temperror" in hearing.added[0][0] and "dmarc=fail" in hearing.added[0][0]
        assert [finding.name for finding in hearing.findings] == ["dmarc.reject"]


class SlowAbout:
    """Never answers about one name."""

    def __init__(self, name: str, dns: DnsTable) -> None:
        self.name, self.dns = name, dns

    def __getattr__(self, kind: str) -> Any:
        async def ask(name: str, *more: int) -> Any:
            if name == self.name:
                await Deferred()
            return await getattr(self.dns, kind)(name, *more)

        return ask
