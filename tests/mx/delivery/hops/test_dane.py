"""What DNSSEC vouches for, asked of a DNS server on loopback."""

import os
from collections.abc import Sequence

import pytest
from twisted.internet import reactor
from twisted.names import dns
from twisted.trial.unittest import TestCase

from mx.delivery.hops.dane import Assurance, Dane, NotSecure, Place, Vouched
from mx.delivery.hops.hop import Tlsa
from mx.names.failures import NoSuchName
from tests.contracts.scripted_dns import TLSA, ScriptedDns, scripted_dns, tlsa

DIGEST = os.urandom(32)
RECORDS: dict[tuple[str, int], Sequence[dns.IEncodableRecord]] = {
    ("_25._tcp.mail.acme.example", TLSA): [tlsa(3, 1, 1, DIGEST), tlsa(1, 1, 1, DIGEST), tlsa(2, 0, 1, DIGEST)],
    ("mail.acme.example", dns.A): [dns.Record_A("192.0.2.1", 60)],
    ("alias.acme.example", dns.A): [dns.Record_CNAME("mail.acme.example", 60), dns.Record_A("192.0.2.1", 60)],
    ("_26._tcp.mail.acme.example", TLSA): [tlsa(0, 0, 0, b"x")],
    ("acme.example", dns.MX): [dns.Record_MX(10, "Mail.acme.example", 60)],
    ("null.example", dns.MX): [dns.Record_MX(0, "", 60)],
}


class DaneTest(TestCase):
    """One server for each test, which vouches for what it says."""

    timeout = 30

    def setUp(self) -> None:
        self.script = ScriptedDns(RECORDS)
        self.script.is_vouched_for = True
        serving = scripted_dns(self.script)
        address = serving.__enter__()
        self.addCleanup(serving.__exit__, None, None, None)
        self.server = (address.host, address.port)
        self.dane = Dane(reactor, self.server)

    async def fails(self, host: str, port: int = 25) -> str:
        """Why nothing is secure here."""
        with pytest.raises(NotSecure) as raised:
            await self.dane.records(host, port)
        return str(raised.value)

    async def test_usable_records_are_given_with_their_name(self) -> None:
        """Those of usages that SMTP has no use for are left out; an alias is followed."""
        expected = Vouched("mail.acme.example", (Tlsa(3, 1, 1, DIGEST), Tlsa(2, 0, 1, DIGEST)))
        assert await self.dane.records("mail.acme.example", 25) == expected
        assert await self.dane.records("alias.acme.example", 25) == expected

    async def test_an_answer_is_kept(self) -> None:
        """For as long as it is good."""
        await self.dane.records("mail.acme.example", 25)
        asked = len(self.script.asked)
        await self.dane.records("mail.acme.example", 25)
        assert len(self.script.asked) == asked

    async def test_what_nobody_vouches_for_counts_for_nothing(self) -> None:
        """Though the records are there."""
        self.script.is_vouched_for = False
        assert "that DNSSEC vouches for" in await self.fails("mail.acme.example")
        with pytest.raises(NotSecure, match="does not vouch for the MX records"):
            await self.dane.exchangers("acme.example")

    async def test_no_records_and_no_usable_ones_are_told_apart(self) -> None:
        """Neither lets mail go."""
        assert "has no TLSA record for port 27" in await self.fails("mail.acme.example", 27)
        assert "has no use for the TLSA records" in await self.fails("mail.acme.example", 26)
        self.script.missing = frozenset({"mail.absent.example", "_25._tcp.mail.absent.example"})
        assert "has no TLSA record" in await self.fails("mail.absent.example")

    async def test_a_server_that_fails_is_no_answer(self) -> None:
        """A look-up that an attacker can stop must not open the way."""
        self.script.failing = frozenset({"_25._tcp.mail.acme.example"})
        assert "could not be looked up" in await self.fails("mail.acme.example")

    async def test_a_record_that_cannot_be_read_is_no_answer(self) -> None:
        """Too short for its fields: mail waits, also on a route that does not ask for DANE."""
        record = dns.UnknownRecord(bytes((3, 1)), ttl=60)
        record.TYPE = TLSA
        self.script.records = {**RECORDS, ("_25._tcp.mail.acme.example", TLSA): [record]}
        assert "could not be looked up" in await self.fails("mail.acme.example")
        with pytest.raises(NotSecure, match="could not be looked up"):
            await self.dane.assurance(Place("", "mail.acme.example", 25))

    async def test_exchangers_are_those_that_dnssec_vouches_for(self) -> None:
        """Null MX, none at all, and no such domain included."""
        assert await self.dane.exchangers("acme.example") == ((10, "mail.acme.example"),)
        assert await self.dane.exchangers("null.example") == ((0, ""),)
        assert await self.dane.exchangers("mail.acme.example") == ()
        self.script.missing = frozenset({"absent.example"})
        with pytest.raises(NoSuchName):
            await self.dane.exchangers("absent.example")

    async def test_records_are_binding_where_no_route_asks_for_them(self) -> None:
        """Usable or not, also behind an alias; and where there are none, that is known."""
        usable = (Tlsa(3, 1, 1, DIGEST), Tlsa(2, 0, 1, DIGEST))
        for place, expected in (
            (Place("", "mail.acme.example", 25), Assurance(True, "mail.acme.example", usable)),
            (Place("acme.example", "mail.acme.example", 25), Assurance(True, "mail.acme.example", usable)),
            (Place("", "alias.acme.example", 25), Assurance(True, "mail.acme.example", usable)),
            (Place("", "mail.acme.example", 26), Assurance(True, "mail.acme.example", ())),
            (Place("", "mail.acme.example", 27), Assurance(True)),
        ):
            assert await self.dane.assurance(place) == expected

    async def test_what_can_be_forged_binds_nobody(self) -> None:
        """Addresses, MX records or the TLSA records themselves; an alias of a zone that is signed has its own."""
        mail, bare = Place("", "mail.acme.example", 25), Assurance(is_name_sure=True)
        self.script.open_to_forgers = frozenset({"mail.acme.example", "acme.example"})
        assert await self.dane.assurance(mail) == bare
        assert ("_25._tcp.mail.acme.example", TLSA) not in self.script.asked
        assert await self.dane.assurance(Place("acme.example", "mail.acme.example", 25)) == Assurance(False)
        self.dane = Dane(reactor, self.server)
        self.script.open_to_forgers = frozenset({"_25._tcp.mail.acme.example"})
        assert await self.dane.assurance(mail) == bare
        self.script.missing = frozenset({"absent.example"})
        assert await self.dane.assurance(Place("", "absent.example", 25)) == bare

    async def test_an_alias_of_a_signed_zone_that_leads_elsewhere_has_records_of_its_own(self) -> None:
        """RFC 7672 section 2.2.2: where the addresses are not vouched for, and the alias itself is."""
        records = {
            ("away.acme.example", dns.CNAME): [dns.Record_CNAME("mail.plain.example", 60)],
            ("_25._tcp.away.acme.example", TLSA): [tlsa(3, 1, 1, DIGEST)],
        }
        self.script.records = {**self.script.records, **records}

        class OneByOne(frozenset[str]):
            """The answer with the address is open to forgers, the one with the alias is not."""

            def __contains__(_, name: object) -> bool:
                return name == "away.acme.example" and self.script.asked[-1][1] == dns.A

        self.script.open_to_forgers = OneByOne()
        found = await self.dane.assurance(Place("", "away.acme.example", 25))
        assert found == Assurance(True, "away.acme.example", (Tlsa(3, 1, 1, DIGEST),))

    async def test_a_look_up_that_fails_is_not_the_answer_that_there_are_none(self) -> None:
        """Whoever can stop it must not open the way."""
        for failing in ("_25._tcp.mail.acme.example", "mail.acme.example", "acme.example"):
            self.dane, self.script.failing = Dane(reactor, self.server), frozenset({failing})
            with pytest.raises(NotSecure, match="could not be looked up"):
                await self.dane.assurance(Place("acme.example", "mail.acme.example", 25))

    async def test_without_a_resolver_of_the_operators_nothing_is_secure(self) -> None:
        """The bit of a stranger's resolver vouches for nothing."""
        self.dane = Dane(reactor, None)
        assert not self.dane.is_possible
        assert "PRATIQUE_RESOLVER" in await self.fails("mail.acme.example")
