"""Deliveries over real loopback sockets, to next hops that behave and to those that do not."""

import shutil
import tempfile

import pytest
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.trial.unittest import TestCase

from mx.delivery.contract import (
    CopyResult,
    Delivered,
    PermanentlyRefused,
    Stage,
    Transfer,
    TransientlyRefused,
    Unreachable,
    Welcome,
)
from mx.delivery.esmtp.dot_stuffing import UnsafeContentError
from mx.delivery.hops.surroundings import Surroundings
from mx.delivery.next_hop import NextHops
from tenants.domains.routes import Route
from tests.contracts.octets import CONTENT, HEADERS, Octets, Unreadable, transfer
from tests.contracts.tls import TlsContextFactory, make_certificate
from tests.servers.ports import free_port
from tests.servers.scripted_smtp import CUT, SILENCE, TLS, ScriptedHop

SECONDS = 10.0


class NextHopTestCase(TestCase):
    """A next hop on loopback, and the deliverer."""

    timeout = 30

    def setUp(self) -> None:
        self.hop = ScriptedHop()
        self.hops = NextHops(reactor, "mx.example", Surroundings(allow_private=True))
        self.hops.startService()
        self.route = Route("smtp", "127.0.0.1", self.hop.listen(reactor))

    async def tearDown(self) -> None:
        closing = self.hops.stopService()
        await self.hop.stop()
        await closing

    async def start_anew(self) -> None:
        """A deliverer that knows nothing of the next hop."""
        await self.hops.stopService()
        self.hops = NextHops(reactor, "mx.example", Surroundings(allow_private=True))
        self.hops.startService()

    async def deliver(self, given: Transfer | None = None, seconds: float = SECONDS) -> tuple[CopyResult, ...]:
        """The results for this transfer."""
        return await self.hops.deliver((self.route,), given or transfer(), seconds)


class Deliveries(NextHopTestCase):
    """A next hop that takes mail."""

    async def test_a_message_arrives_byte_for_byte_behind_the_headers_on_top(self) -> None:
        """The proof is the next hop's own reply."""
        content = b"Subject: x\r\n\r\n.\r\n..\r\n.a\r\n"
        results = await self.deliver(transfer("b@t.example", "c@t.example", content=content))
        assert [type(result) for result in results] == [Delivered, Delivered]
        assert isinstance(results[0], Delivered)
        assert results[0].reply.line == "250 2.0.0 taken"
        (taken,) = self.hop.taken
        assert (taken.reverse_path, taken.recipients) == ("a@sender.example", ["b@t.example", "c@t.example"])
        assert taken.content == HEADERS + content

    async def test_eight_bit_mail_goes_as_it_is_to_a_next_hop_without_8bitmime(self) -> None:
        """A rewrite would break signatures, and there is no next hop left that minds."""
        self.hop.answers["EHLO"] = "250-hop.example\r\n250 PIPELINING"
        content = b"Subject: x\r\n\r\nGr\xfc\xdfe, \xe4\xb8\xad\r\n"
        (result,) = await self.deliver(transfer(content=content, is_eight_bit=True))
        assert isinstance(result, Delivered)
        assert self.hop.taken[0].content == HEADERS + content

    async def test_mail_that_needs_smtputf8_is_refused_where_it_is_not_offered(self) -> None:
        """RFC 6531 section 3.2; nothing is sent."""
        (result,) = await self.deliver(transfer("\u7528\u6237@t.example", is_smtputf8=True))
        assert isinstance(result, PermanentlyRefused)
        assert (result.reply.code, result.reply.enhanced) == (550, "5.6.7")
        assert not self.hop.taken and "MAIL" not in self.hop.commands

    async def test_a_long_message_arrives_whole(self) -> None:
        """Piece by piece, with back-pressure."""
        pieces = [b"." + b"x" * 65532 + b"\r\n"[:1] if number % 2 else b"\n" + b"y" * 65000 for number in range(1, 60)]
        content = Octets(b"Subject: x\r\n\r", b"\n", *pieces, b"\nend")
        results = await self.deliver(Transfer("", ("b@t.example",), HEADERS, content, False, False))
        assert isinstance(results[0], Delivered)
        assert self.hop.taken[0].content == HEADERS + b"".join(content.pieces) + b"\r\n"

    async def test_recipients_are_asked_about_without_a_message(self) -> None:
        """From the null reverse-path; the same connection then takes mail."""
        self.hop.answers["RCPT c@t.example"] = "550 5.1.1 no such user"
        results = await self.hops.inquire((self.route,), ["b@t.example", "c@t.example"], SECONDS)
        assert isinstance(results[0], Welcome)
        assert isinstance(results[1], PermanentlyRefused)
        assert results[1].stage is Stage.RECIPIENT
        assert self.hop.taken == []
        assert self.hop.commands == ["CONNECT", "EHLO", "MAIL", "RCPT", "RCPT"]
        assert isinstance((await self.deliver())[0], Delivered)
        assert self.hop.connections == 1

    async def test_a_connection_is_used_again(self) -> None:
        """One after the other: one connection."""
        for _ in range(3):
            await self.deliver()
        assert self.hop.connections == 1
        assert len(self.hop.taken) == 3
        assert "RSET" not in self.hop.commands

    async def test_transfers_at_the_same_time_have_a_connection_each(self) -> None:
        """All arrive."""
        results = await gatherResults([Deferred.fromCoroutine(self.deliver()) for _ in range(5)])
        assert all(isinstance(result[0], Delivered) for result in results)
        assert self.hop.connections == 5
        assert len(self.hop.taken) == 5

    async def test_refusals_come_back_with_their_stage(self) -> None:
        """For the recipients concerned."""
        self.hop.answers = {"RCPT c@t.example": "550 5.1.1 no such user", "RCPT d@t.example": "450 4.2.1 later"}
        results = await self.deliver(transfer("b@t.example", "c@t.example", "d@t.example"))
        assert isinstance(results[0], Delivered)
        assert isinstance(results[1], PermanentlyRefused)
        assert (results[1].stage, results[1].reply.line) == (Stage.RECIPIENT, "550 5.1.1 no such user")
        assert isinstance(results[2], TransientlyRefused)

    async def test_a_message_refused_at_the_end_is_refused(self) -> None:
        """The reply is passed on by others."""
        self.hop.answers = {".": "550 5.7.1 spam"}
        (result,) = await self.deliver()
        assert result == PermanentlyRefused(result.reply, Stage.END_OF_DATA)  # type: ignore[union-attr]


class Faults(NextHopTestCase):
    """Next hops that misbehave: never an exception, never a delivery that was none."""

    async def test_a_port_where_nothing_listens_is_unreachable(self) -> None:
        """At once."""
        (result,) = await self.hops.deliver((Route("smtp", "127.0.0.1", free_port()),), transfer(), SECONDS)
        assert isinstance(result, Unreachable)
        assert "no connection" in result.reason

    async def test_silence_and_cuts_at_every_stage_are_unreachable(self) -> None:
        """Only after the end of data may the copy have been taken."""
        for verb in ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."):
            await self.start_anew()
            for answer in (SILENCE, CUT, "nonsense"):
                self.hop.answers = {verb: answer}
                (result,) = await self.deliver(seconds=0.2 if answer == SILENCE else SECONDS)
                assert isinstance(result, Unreachable), (verb, answer)
                assert result.may_have_been_taken is (verb == "."), (verb, answer)

    async def test_a_banner_that_refuses_is_unreachable(self) -> None:
        """Stored and tried again: a next hop that does not want us today is no refusal of the message."""
        self.hop.answers = {"CONNECT": "554 go away"}
        (result,) = await self.deliver()
        assert result == Unreachable("greeting was answered 554 go away")

    async def test_a_kept_connection_that_has_ended_is_replaced(self) -> None:
        """Also where its end shows only when it is used: 421, or a cut, as the first answer."""
        await self.deliver()
        await self.hop.cut()
        (result,) = await self.deliver()
        assert isinstance(result, Delivered)
        for answer in ("421 4.4.2 idle for too long", CUT):
            self.hop.answers = {"MAIL": answer}
            self.hop.commands.clear()
            connections = self.hop.connections
            delivering = Deferred.fromCoroutine(self.deliver())
            await self.hop.until("EHLO")
            self.hop.answers = {}
            (result,) = await delivering
            assert isinstance(result, Delivered), answer
            assert self.hop.connections == connections + 1

    async def test_a_fresh_connection_is_not_tried_twice(self) -> None:
        """421 to its first command is an answer."""
        self.hop.answers = {"MAIL": "421 not today"}
        (result,) = await self.deliver()
        assert isinstance(result, TransientlyRefused)
        assert self.hop.connections == 1

    async def test_a_next_hop_that_does_not_read_is_given_up(self) -> None:
        """The deadline holds while a long message waits to be written."""
        self.hop.answers = {"DATA": "354 go ahead"}
        delivering = Deferred.fromCoroutine(self.deliver(transfer(content=b"x" * 78 + b"\r\n"), 0.3))
        await self.hop.until("CONNECT")
        self.hop.open[0].transport.pauseProducing()  # type: ignore[union-attr]
        (result,) = await delivering
        assert isinstance(result, Unreachable)

    async def test_content_that_must_not_go_out_raises_and_nothing_arrives(self) -> None:
        """A bug of ours is not the next hop's fault, and half a message gets no dot."""
        for pieces in ((b"a\nb\r\n",), (b"x" * 300_000 + b"\r\n", b"a\nb\r\n")):
            with pytest.raises(UnsafeContentError):
                await self.deliver(Transfer("", ("b@t.example",), b"", Octets(*pieces), False, False))
        with pytest.raises(ValueError, match="closed"):
            await self.deliver(Transfer("", ("b@t.example",), b"", Unreadable(), False, False))
        assert not self.hop.taken
        assert isinstance((await self.deliver())[0], Delivered)

    async def test_a_delivery_that_is_cancelled_cuts_its_connection(self) -> None:
        """Nothing is left behind."""
        self.hop.answers = {"MAIL": SILENCE}
        delivering = Deferred.fromCoroutine(self.deliver())
        await self.hop.until("MAIL")
        delivering.cancel()
        with pytest.raises(CancelledError):
            await delivering
        self.hop.answers = {}
        assert isinstance((await self.deliver())[0], Delivered)


class Routes(NextHopTestCase):
    """Several routes."""

    async def test_routes_are_tried_in_order_until_one_answers(self) -> None:
        """Silence leads to the next, by priority and not by position."""
        dead = Route("smtp", "127.0.0.1", free_port(), 0)
        live = Route("smtp", "127.0.0.1", self.route.port, 1)
        (result,) = await self.hops.deliver((live, dead), transfer(), SECONDS)
        assert isinstance(result, Delivered)

    async def test_a_refusal_is_an_answer(self) -> None:
        """Another route is not asked."""
        other = ScriptedHop()
        second = Route("smtp", "127.0.0.1", other.listen(reactor), 1)
        self.hop.answers = {"RCPT": "550 no"}
        (result,) = await self.hops.deliver((self.route, second), transfer(), SECONDS)
        assert isinstance(result, PermanentlyRefused)
        self.hop.answers = {".": CUT}
        (result,) = await self.hops.deliver((self.route, second), transfer(), SECONDS)
        assert result == Unreachable("the connection was cut", may_have_been_taken=True)
        assert not other.connections
        await other.stop()

    async def test_no_route_and_no_address_are_unreachable(self) -> None:
        """With the reason met last."""
        assert await self.hops.deliver((), transfer(), SECONDS) == (Unreachable("there is no route"),)
        guarded = NextHops(reactor, "mx.example", Surroundings())
        guarded.startService()
        assert (
            await guarded.deliver((self.route,), transfer("b@t.example", "c@t.example"), SECONDS)
            == (Unreachable("127.0.0.1 is a private address"),) * 2
        )
        assert not self.hop.connections
        await guarded.stopService()


class Tls(NextHopTestCase):
    """STARTTLS, where the next hop offers it."""

    def setUp(self) -> None:
        super().setUp()
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        chain, key = make_certificate("hop.example")
        for name, content in (("chain", chain), ("key", key)):
            with open(f"{folder}/{name}", "wb") as file:
                file.write(content)
        self.hop.tls = TlsContextFactory(f"{folder}/chain", f"{folder}/key")  # type: ignore[arg-type]
        self.hop.answers = {"EHLO": TLS}

    async def test_tls_is_used_where_it_is_offered(self) -> None:
        """Whoever signed the certificate; for long messages too, and again on the same connection."""
        for content in (CONTENT, b"x" * 998 + b"\r\n", (b"y" * 998 + b"\r\n") * 1000):
            (result,) = await self.deliver(transfer(content=content))
            assert isinstance(result, Delivered)
            assert self.hop.taken[-1].is_tls
            assert self.hop.taken[-1].content == HEADERS + content
        assert self.hop.connections == 1

    async def test_a_handshake_that_fails_leads_to_plain_text_on_a_new_connection(self) -> None:
        """And it is not tried again at once."""
        self.hop.tls = None
        for _ in range(2):
            (result,) = await self.deliver()
            assert isinstance(result, Delivered)
            assert not self.hop.taken[-1].is_tls
        assert self.hop.connections == 2
        assert self.hop.commands.count("STARTTLS") == 1

    async def test_a_refused_starttls_leads_to_plain_text_on_the_same_connection(self) -> None:
        """Opportunistic."""
        self.hop.answers["STARTTLS"] = "454 4.7.0 not now"
        (result,) = await self.deliver()
        assert isinstance(result, Delivered)
        assert self.hop.connections == 1
