"""The resolver against a DNS server on loopback, over UDP and TCP."""

from collections.abc import Sequence

from twisted.internet import reactor
from twisted.names import dns
from twisted.trial.unittest import TestCase

from mx.names.failures import DnsFailed, NoSuchName
from mx.names.resolver import NamesResolver
from tests.contracts.scripted_dns import ScriptedDns, scripted_dns

RECORDS: dict[tuple[str, int], Sequence[dns.IEncodableRecord]] = {
    ("s.example", dns.TXT): [dns.Record_TXT(b"v=spf1 ", b"-all", ttl=60)],
    ("s.example", dns.A): [dns.Record_A("192.0.2.1", 60)],
    ("s.example", dns.AAAA): [dns.Record_AAAA("2001:db8::1", 60)],
    ("s.example", dns.MX): [dns.Record_MX(20, "b.example", 60), dns.Record_MX(10, "A.example", 60)],
    ("1.2.0.192.in-addr.arpa", dns.PTR): [dns.Record_PTR("host.example", 60)],
}


class ResolverTest(TestCase):
    """One server for each test."""

    timeout = 30

    def setUp(self) -> None:
        self.script = ScriptedDns(RECORDS)
        serving = scripted_dns(self.script)
        address = serving.__enter__()
        self.addCleanup(serving.__exit__, None, None, None)
        self.resolver = NamesResolver(reactor, (address.host, address.port))

    async def test_every_kind_of_question_has_its_answer(self) -> None:
        """Strings of a text put together, the best exchanger first, names in lower case."""
        assert await self.resolver.txt("s.example") == (b"v=spf1 -all",)
        assert await self.resolver.addresses("s.example", 4) == ("192.0.2.1",)
        assert await self.resolver.addresses("s.example", 6) == ("2001:db8::1",)
        assert await self.resolver.mail_exchangers("s.example") == ("a.example", "b.example")
        assert await self.resolver.names("192.0.2.1") == ("host.example",)

    async def test_what_does_not_exist_is_an_answer(self) -> None:
        """No such record, and no such name."""
        assert await self.resolver.txt("other.example") == ()
        self.script.code = dns.ENAME
        assert await self.resolver.txt("nowhere.example") == ()

    async def test_delivery_has_hosts_and_exchangers_with_their_preference(self) -> None:
        """And can tell a null MX, and an alias that leads nowhere."""
        assert await self.resolver.hosts("s.example") == ("2001:db8::1", "192.0.2.1")
        assert await self.resolver.exchangers("s.example") == ((20, "b.example"), (10, "a.example"))
        self.script.records = {
            ("null.example", dns.MX): [dns.Record_MX(0, "", 60)],
            ("loop.example", dns.A): [dns.Record_CNAME("loop.example", 60)],
        }
        assert await self.resolver.exchangers("null.example") == ((0, ""),)
        assert await self.resolver.hosts("loop.example") == ()

    async def test_delivery_is_told_that_there_is_no_such_name(self) -> None:
        """Which is not the same as a name without such records; that nobody answers is neither."""
        assert await self.resolver.exchangers("other.example") == ()
        self.script.code = dns.ENAME
        for _ in range(2):
            with self.assertRaises(NoSuchName):
                await self.resolver.exchangers("nowhere.example")
        with self.assertRaises(NoSuchName):
            await self.resolver.hosts("a..example")
        self.script.code = dns.ESERVER
        with self.assertRaises(DnsFailed):
            await self.resolver.hosts("third.example")

    async def test_a_server_that_fails_is_no_answer(self) -> None:
        """And is asked again the next time."""
        self.script.code = dns.ESERVER
        with self.assertRaises(DnsFailed):
            await self.resolver.txt("s.example")
        self.script.code = dns.OK
        assert await self.resolver.txt("s.example") == (b"v=spf1 -all",)

    async def test_an_answer_is_kept_while_it_is_good(self) -> None:
        """Whatever the server says meanwhile."""
        await self.resolver.txt("s.example")
        self.script.code = dns.ESERVER
        assert await self.resolver.txt("S.example") == (b"v=spf1 -all",)

    async def test_a_cut_answer_is_asked_for_over_tcp(self) -> None:
        """Long keys do not fit into a datagram."""
        self.script.is_cut = True
        assert await self.resolver.txt("s.example") == (b"v=spf1 -all",)

    async def test_a_name_that_cannot_be_asked_is_nowhere(self) -> None:
        """Macros can make any text of a name."""
        for name in ("x" * 64 + ".example", "a..example", ".".join(["x" * 60] * 6), "d\u00f6.example", ""):
            assert await self.resolver.txt(name) == ()
