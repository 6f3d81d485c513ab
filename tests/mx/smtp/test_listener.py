"""The listener on real loopback sockets, with real TLS; its counting and draining."""

import socket
import ssl
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from twisted.internet import reactor
from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from mx import reply
from mx.smtp.limits import Limits
from mx.smtp.listener import SmtpFactory, SmtpListener, client_key
from mx.smtp.reading_turns import ReadingTurns
from mx.smtp.surroundings import Surroundings
from mx.smtp.traffic import Traffic
from mx.smtp.transport import SmtpProtocol
from tests.contracts.receiving import DecidingConversation, KeepingConversation, Taken
from tests.contracts.tls import TlsContextFactory, make_certificate

ENVELOPE = b"MAIL FROM:<a@s.example>\r\nRCPT TO:<b@valid.example>\r\nDATA\r\n"


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::4", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
    ],
)
def test_connections_are_counted_by_address_and_by_64(address: str, key: str) -> None:
    """One IPv6 client has a whole /64 to itself."""
    assert client_key(address) == key


def build(factory: SmtpFactory, address: str) -> tuple[object, StringTransport]:
    """A connection from this address."""
    protocol = factory.buildProtocol(IPv4Address("TCP", address, 1234))
    transport = StringTransport()
    transport.getHandle = lambda: None  # type: ignore[attr-defined]
    transport.setTcpNoDelay = lambda enabled: None  # type: ignore[attr-defined]
    protocol.makeConnection(transport)
    return protocol, transport


@pytest.mark.parametrize(("most", "taken"), [(3, 3), (0, 5)])
def test_a_client_over_its_number_of_connections_is_turned_away(most: int, taken: int) -> None:
    """Others are not; a connection that ends makes room; 0 is no limit."""
    limits = replace(Limits(), connections_a_client=most)
    clock = Clock()
    surroundings = Surroundings(clock, "mx.example", limits, None, Traffic(limits, clock.seconds), ReadingTurns(clock))
    factory = SmtpFactory(surroundings, KeepingConversation)
    open_ones = [build(factory, "192.0.2.1") for _ in range(5)]
    sessions = [protocol for protocol, _ in open_ones if isinstance(protocol, SmtpProtocol)]
    assert len(sessions) == taken == factory.connections
    for protocol, transport in open_ones:
        if protocol not in sessions:
            assert transport.value() == reply.TOO_MANY_CONNECTIONS.wire
            assert transport.disconnecting
    assert isinstance(build(factory, "192.0.2.2")[0], SmtpProtocol)
    sessions[0].connectionLost()
    assert isinstance(build(factory, "192.0.2.1")[0], SmtpProtocol)


def tls() -> TlsContextFactory:
    """TLS with a certificate of our own."""
    with TemporaryDirectory() as folder:
        chain, key = Path(folder, "chain.pem"), Path(folder, "key.pem")
        for file, octets in zip((chain, key), make_certificate("mx.example"), strict=True):
            file.write_bytes(octets)
        return TlsContextFactory(chain, key)


class Client:
    """A blocking client, for a thread."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 10)

    def ask(self, octets: bytes, until: bytes) -> bytes:
        """Send, and read until these octets, or the end, are there."""
        self.socket.sendall(octets)
        return self.hear(until)

    def hear(self, until: bytes = b"\0never") -> bytes:
        """Read until these octets, or the end, are there."""
        heard = b""
        while until not in heard and (octets := self.socket.recv(65536)):
            heard += octets
        return heard

    def start_tls(self) -> None:
        """The handshake; nobody checks the certificate of an MX."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket)

    def close(self) -> None:
        """Gone."""
        self.socket.close()


class TestOnLoopback(TestCase):
    """A real listener, real clients in threads."""

    timeout = 20

    def listen(
        self,
        make: Callable[[], KeepingConversation] = KeepingConversation,
        drain_seconds: float = 5.0,
        balancers: tuple[str, ...] = (),
        before: Callable[[int], None] = lambda _: None,
    ) -> int:
        """Starts a listener; the port."""
        self.conversations: list[KeepingConversation] = []

        def factory() -> KeepingConversation:
            self.conversations.append(make())
            return self.conversations[-1]

        listening = socket.create_server(("127.0.0.1", 0))
        port = int(listening.getsockname()[1])
        before(port)
        self.service = SmtpListener(
            reactor,
            [listening],
            factory,
            tls(),
            replace(Limits(), connections_a_client=2),
            "mx.example",
            drain_seconds,
            [ip_network(each) for each in balancers],
        )
        self.service.startService()
        self.addCleanup(self.stop)
        return port

    async def stop(self) -> None:
        """Stops the listener, if it still runs."""
        if self.service.running:
            await self.service.stopService()

    async def client(self, port: int) -> Client:
        """A client that has connected and read the banner."""
        client = await deferToThread(Client, port)
        self.addCleanup(client.close)
        self.assertTrue((await deferToThread(client.hear, b"\r\n")).startswith(b"220 mx.example "))
        return client

    async def test_a_message_goes_through_plain_and_through_tls(self) -> None:
        """STARTTLS with a real handshake; the version is told."""
        port = self.listen()
        client = await self.client(port)
        await deferToThread(client.ask, b"EHLO c.example\r\n" + ENVELOPE, b"354 ")
        await deferToThread(client.ask, b"plain\r\n.\r\n", b"250 ")
        await deferToThread(client.ask, b"STARTTLS\r\n", b"220 ")
        await deferToThread(client.start_tls)
        heard = await deferToThread(client.ask, b"EHLO c.example\r\n" + ENVELOPE, b"354 ")
        self.assertNotIn(b"STARTTLS", heard)
        big = b"y" * 998 + b"\r\n"
        await deferToThread(client.ask, big * 2000 + b".\r\n", b"250 ")
        self.assertEqual(await deferToThread(client.ask, b"QUIT\r\n", b"\0"), reply.BYE.wire)
        conversation = self.conversations[0]
        recipients = ("b@valid.example",)
        self.assertEqual(conversation.taken[0], Taken("a@s.example", recipients, b"plain\r\n"))
        self.assertEqual(conversation.taken[1].octets, big * 2000)
        self.assertEqual([client.tls for client in conversation.clients], [None, "TLSv1.3"])
        self.assertEqual(conversation.clients[0].address, "127.0.0.1")

    async def test_plain_text_behind_starttls_closes_the_connection(self) -> None:
        """Nothing of it is answered."""
        client = await self.client(self.listen())
        await deferToThread(client.ask, b"EHLO c.example\r\n", b"250 STARTTLS")
        self.assertEqual(await deferToThread(client.ask, b"STARTTLS\r\nNOOP\r\n", b"\0"), reply.UNEXPECTED_OCTETS.wire)

    async def test_a_third_connection_is_turned_away(self) -> None:
        """Until one of the two ends."""
        port = self.listen()
        first = await self.client(port)
        await self.client(port)
        third = await deferToThread(Client, port)
        self.assertEqual(await deferToThread(third.hear), reply.TOO_MANY_CONNECTIONS.wire)
        third.close()
        await deferToThread(first.ask, b"QUIT\r\n", b"\0")
        await self.client(port)

    async def test_stopping_answers_421_to_the_idle_and_waits_for_a_message(self) -> None:
        """The promise is kept and told before the service has stopped."""
        port = self.listen(DecidingConversation)
        idle, busy = await self.client(port), await self.client(port)
        await deferToThread(busy.ask, b"EHLO c.example\r\n" + ENVELOPE, b"354 ")
        busy.socket.sendall(b"x\r\n.\r\n")
        deciding = self.conversations[1]
        assert isinstance(deciding, DecidingConversation)
        await deciding.asked
        stopped = self.service.stopService()
        self.assertEqual(await deferToThread(idle.hear), reply.SHUTTING_DOWN.wire)
        self.assertFalse(stopped.called)
        deciding.decision.callback(reply.message_taken("id"))
        heard = await deferToThread(busy.hear)
        self.assertEqual(heard, reply.message_taken("id").wire + reply.SHUTTING_DOWN.wire)
        await stopped
        with self.assertRaises(ConnectionRefusedError):
            await deferToThread(Client, port)

    async def test_stopping_cuts_off_what_does_not_end_in_time(self) -> None:
        """Its sender has no answer, and tries again."""
        port = self.listen(drain_seconds=0.1)
        client = await self.client(port)
        await deferToThread(client.ask, b"EHLO c.example\r\n" + ENVELOPE, b"354 ")
        await self.service.stopService()
        self.assertEqual(self.service.factory.connections, 0)
        self.assertEqual(self.conversations[0].taken, [])
        with self.assertRaises(ConnectionResetError):
            await deferToThread(client.hear)

    async def test_who_spoke_before_it_was_accepted_is_turned_away(self) -> None:
        """Nobody waits for it: what is there when the connection is accepted is looked at."""
        clients: list[Client] = []

        def speak(port: int) -> None:
            clients.append(Client(port))
            clients[0].socket.sendall(b"EHLO c.example\r\n")

        self.listen(before=speak)
        self.addCleanup(clients[0].close)
        assert await deferToThread(clients[0].hear) == reply.EARLY_TALKER.wire

    async def test_a_listed_balancer_names_the_client(self) -> None:
        """The client's own address reaches the conversation, inside TLS too, and counts against its limit."""
        port = self.listen(balancers=("127.0.0.0/8",))

        def talk() -> tuple[bytes, bytes, bytes]:
            header = b"PROXY TCP4 203.0.113.7 192.0.2.1 1111 25\r\n"
            client, second, third = Client(port), Client(port), Client(port)
            client.ask(header, b"\r\n")
            client.ask(b"EHLO c.example\r\nSTARTTLS\r\n", b"Ready to start TLS\r\n")
            client.start_tls()
            mail = client.ask(b"EHLO c.example\r\nMAIL FROM:<a@s.example>\r\n", b"Sender ok\r\n")
            banner, refusal = second.ask(header, b"\r\n"), third.ask(header, b"\r\n")
            for each in (client, second, third):
                each.close()
            return mail, banner, refusal

        mail, banner, refusal = await deferToThread(talk)
        assert mail.endswith(reply.SENDER_OK.wire)
        assert banner.startswith(b"220 ")
        assert refusal == reply.TOO_MANY_CONNECTIONS.wire
        assert [(client.address, client.port) for client in self.conversations[0].clients] == [("203.0.113.7", 1111)]

    async def test_nobody_else_can_say_who_the_client_is(self) -> None:
        """A PROXY line from anywhere else is an unknown command."""
        port = self.listen()

        def talk() -> bytes:
            client = Client(port)
            client.hear(b"\r\n")
            heard = client.ask(b"PROXY TCP4 203.0.113.7 192.0.2.1 1111 25\r\nQUIT\r\n", b"221 ")
            client.close()
            return heard

        assert reply.UNKNOWN_COMMAND.wire in await deferToThread(talk)
