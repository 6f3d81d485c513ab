"""Routes whose DNS is dead, broken or hostile: a DNS server on loopback that says what a test wants.

Connections are noted and refused, so that what was connected to is known, and is nowhere but in the list.
"""

from collections.abc import Sequence
from typing import Any

from twisted.internet import reactor
from twisted.internet.error import ConnectionRefusedError
from twisted.names import dns
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from mx.delivery.contract import CopyResult, PermanentlyRefused, Stage, Unreachable
from mx.delivery.hops.surroundings import Surroundings
from mx.delivery.next_hop import NextHops
from tenants.domains.own_places import OwnPlaces
from tenants.domains.routes import parse_route
from tests.contracts.octets import transfer
from tests.contracts.scripted_dns import Records, ScriptedDns, scripted_dns
from tests.servers.ports import free_port

PUBLIC = "8.8.8.8"
RECORDS: Records = {
    ("good.example", dns.MX): [dns.Record_MX(10, "mail.good.example", 60)],
    ("mail.good.example", dns.A): [dns.Record_A(PUBLIC, 60)],
    ("implicit.example", dns.A): [dns.Record_A(PUBLIC, 60)],
    ("backup.example", dns.MX): [
        dns.Record_MX(10, "absent.example", 60),
        dns.Record_MX(20, "broken.example", 60),
        dns.Record_MX(30, "mail.good.example", 60),
    ],
    ("loop.example", dns.A): [dns.Record_CNAME("loop.example", 60)],
    ("loop.example", dns.AAAA): [dns.Record_CNAME("loop.example", 60)],
    ("loop.example", dns.MX): [dns.Record_CNAME("loop.example", 60)],
    ("loopback.example", dns.MX): [dns.Record_MX(10, "local.example", 60)],
    ("local.example", dns.A): [dns.Record_A("127.0.0.1", 60)],
    ("local.example", dns.AAAA): [dns.Record_AAAA("::ffff:127.0.0.1", 60)],
    ("metadata.example", dns.A): [dns.Record_A("169.254.169.254", 60)],
    ("mixed.example", dns.A): [dns.Record_A("10.0.0.1", 60), dns.Record_A(PUBLIC, 60), dns.Record_A("127.0.0.1", 60)],
    ("ours.example", dns.MX): [dns.Record_MX(10, "ours-example.mx.service.example", 60)],
    ("hidden.example", dns.A): [dns.Record_A("9.9.9.9", 60)],
    ("mx.service.example", dns.A): [dns.Record_A("9.9.9.9", 60)],
    ("null.example", dns.MX): [dns.Record_MX(0, "", 60)],
}
OWN = OwnPlaces(frozenset({"mx.service.example"}), "service.example", (("0.0.0.0", 2525),))


class Refusing:
    """The reactor, but for TCP: every connection is noted and refused."""

    def __init__(self) -> None:
        self.connected: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(reactor, name)

    def connectTCP(self, host: str, port: int, factory: Any, *arguments: Any, **named: Any) -> object:
        """As one that nobody answers."""
        self.connected.append(host)
        reactor.callLater(0, factory.clientConnectionFailed, None, Failure(ConnectionRefusedError()))  # type: ignore[attr-defined]
        return object()


class DnsTest(TestCase):
    """One DNS server and one deliverer for each test."""

    timeout = 60

    def setUp(self) -> None:
        self.script = ScriptedDns(RECORDS)
        self.script.missing = frozenset({"absent.example"})
        self.script.failing = frozenset({"broken.example"})
        self.script.silent = frozenset({"silent.example"})
        serving = scripted_dns(self.script)
        address = serving.__enter__()
        self.addCleanup(serving.__exit__, None, None, None)
        self.server = (address.host, address.port)
        self.start(self.server)

    def tearDown(self) -> None:
        # What was given up is still waited for by the library, which then does nothing.
        for call in reactor.getDelayedCalls():  # type: ignore[attr-defined]
            if "_clearFailed" in str(call):
                call.cancel()

    def start(self, server: tuple[str, int], *, allow_private: bool = False) -> None:
        """A deliverer that asks this server."""
        self.network = Refusing()
        given = Surroundings(resolver=server, own=OWN, allow_private=allow_private)
        self.hops = NextHops(self.network, "mx.service.example", given)  # type: ignore[arg-type]

    async def deliver(self, text: str, seconds: float = 10.0) -> CopyResult:
        """The result of one delivery."""
        (result,) = await self.hops.deliver((parse_route(text),), transfer(), seconds)
        return result

    async def assert_waits(self, cases: Sequence[tuple[str, str]], seconds: float = 10.0) -> None:
        """Each route's mail is to be stored, for this reason, and nothing was connected to."""
        for text, reason in cases:
            result = await self.deliver(text, seconds)
            assert isinstance(result, Unreachable) and not result.may_have_been_taken, (text, result)
            assert reason in result.reason, (text, result)
            assert not self.network.connected, (text, self.network.connected)

    async def test_good_answers_lead_to_connections(self) -> None:
        """So that the absence of one in the other tests means something."""
        for text in ("mx://good.example", "smtp://mail.good.example", "mx://implicit.example", "mx://backup.example"):
            result = await self.deliver(text)
            assert isinstance(result, Unreachable), text
            assert result.reason == f"no connection to {PUBLIC}: ConnectionRefusedError", text
        assert self.network.connected == [PUBLIC] * 4

    async def test_a_dns_that_fails_means_that_mail_waits(self) -> None:
        """Server failure, no such name, an alias of itself."""
        await self.assert_waits(
            (
                ("smtp://broken.example", "broken.example could not be looked up"),
                ("mx://broken.example", "the MX records of broken.example could not be looked up"),
                ("smtp://absent.example", "there is no name absent.example in the DNS"),
                ("mx://absent.example", "there is no name absent.example in the DNS"),
                ("smtp://loop.example", "loop.example has no address"),
                ("mx://loop.example", "loop.example has no address"),
            )
        )

    async def test_a_dns_that_says_nothing_keeps_nobody_waiting_longer_than_the_deadline(self) -> None:
        """Neither one that is slow, nor one that is not there."""
        await self.assert_waits(
            (
                ("smtp://silent.example", "silent.example could not be looked up in time"),
                ("mx://silent.example", "the MX records of silent.example could not be looked up in time"),
            ),
            0.3,
        )
        self.start(("127.0.0.1", free_port()))
        await self.assert_waits((("mx://good.example", "could not be looked up in time"),), 0.3)

    async def test_names_that_lead_inside_are_not_followed(self) -> None:
        """Loopback, in IPv4 and within IPv6, and the address where clouds keep their secrets."""
        await self.assert_waits(
            (
                ("mx://loopback.example", "local.example is a private address"),
                ("smtp://local.example", "local.example is a private address"),
                ("smtp://metadata.example", "metadata.example is a private address"),
            )
        )

    async def test_names_that_lead_to_ourselves_are_not_followed(self) -> None:
        """Though private addresses are allowed: by MX, by a socket at every address, by our own name's address."""
        self.start(self.server, allow_private=True)
        await self.hops._addresses.learn_own(5.0)
        await self.assert_waits(
            (
                ("mx://ours.example:2525", "lead to this service itself"),
                ("mx://loopback.example:2525", "is this service itself"),
                ("smtp://hidden.example:2525", "is this service itself"),
                ("smtp://mx.service.example", "is this service itself"),
            )
        )

    async def test_only_what_may_be_connected_to_is_taken_from_an_answer(self) -> None:
        """The rest of it is not tried either when that fails."""
        await self.deliver("smtp://mixed.example")
        assert self.network.connected == [PUBLIC]

    async def test_a_name_that_is_bound_anew_is_checked_anew(self) -> None:
        """DNS rebinding: public when it is first asked, loopback when its time is over."""
        name = ("rebound.example", dns.A)
        self.script.records = {name: [dns.Record_A(PUBLIC, 0)]}
        await self.deliver("smtp://rebound.example")
        assert self.network.connected == [PUBLIC]
        self.script.records = {name: [dns.Record_A("127.0.0.1", 0)]}
        self.hops._addresses._believed.clear()
        self.hops._hops._exchangers._kept.clear()  # type: ignore[union-attr, attr-defined]
        result = await self.deliver("smtp://rebound.example")
        assert result == Unreachable("rebound.example is a private address")
        assert self.network.connected == [PUBLIC]

    async def test_a_null_mx_refuses_at_once(self) -> None:
        """RFC 7505: waiting would change nothing."""
        result = await self.deliver("mx://null.example")
        assert isinstance(result, PermanentlyRefused)
        assert (result.stage, result.reply.code, result.reply.enhanced) == (Stage.ROUTING, 556, "5.1.10")
        (result,) = await self.hops.deliver(
            (parse_route("mx://null.example"), parse_route("smtp://broken.example", 1)), transfer(), 10.0
        )
        assert isinstance(result, Unreachable)
