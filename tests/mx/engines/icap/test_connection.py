"""Kept connections, previews, and servers that do neither as they should; a scripted server on loopback."""

from collections.abc import Callable, Iterator

import pytest
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import TestCase

from mx.engines.icap.connection import CannotConnect, Connections
from mx.engines.icap.protocol import IcapService, Nonsense
from tests.contracts.engine import MEBIBYTE, Octets

CLEAN = b"ICAP/1.0 204 No Content\r\n\r\n"
CONTINUE = b"ICAP/1.0 100 Continue\r\n\r\n"


class Talking(Protocol):
    """Answers as its server is told; all that it reads is kept there."""

    def __init__(self, server: "Talks") -> None:
        self._server, self._raw = server, b""

    def connectionMade(self) -> None:
        self._server.connections += 1

    def dataReceived(self, octets: bytes) -> None:
        self._raw += octets
        while (answer := self._server.talk(self._raw)) is not None:
            self._server.questions.append(self._raw)
            self._raw = b""
            self.transport.write(answer)
            if b"Connection: close" in answer or not answer:
                self.transport.loseConnection()


class Talks(TestCase):
    """What the server says is a function of what it has read since its last answer."""

    timeout = 20

    def setUp(self) -> None:
        self.connections = 0
        self.questions: list[bytes] = []
        self.talk: Callable[[bytes], bytes | None] = self.after_all
        port = reactor.listenTCP(0, Factory.forProtocol(lambda: Talking(self)), interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        self.service = IcapService("127.0.0.1", port.getHost().port, "avscan")
        self.asked = Connections(reactor, self.service)
        self.addCleanup(self.asked.close)

    def after_all(self, raw: bytes) -> bytes | None:
        return CLEAN if raw.endswith((b"\r\n0\r\n\r\n", b"; ieof\r\n\r\n")) else None

    async def assert_nonsense(self, content: Octets = Octets(b"clean"), preview: int | None = None) -> None:  # noqa: B008
        with pytest.raises(Nonsense):
            await self.asked.ask(content, "RESPMOD", preview)

    async def test_a_connection_is_kept_for_the_next_question(self) -> None:
        """As long as the server keeps it."""
        for number in range(3):
            reply, is_whole = await self.asked.ask(Octets(b"clean %d" % number), "RESPMOD", None)
            assert (reply.status, is_whole) == (204, True)
        assert self.connections == 1
        assert b"7\r\nclean 2\r\n0\r\n\r\n" in self.questions[2]

    async def test_a_connection_that_the_server_will_close_is_not_kept(self) -> None:
        """It says so, or it closes it while nobody asks anything."""
        self.talk = lambda raw: CLEAN[:-2] + b"Connection: close\r\n\r\n" if self.after_all(raw) else None
        for _ in range(2):
            await self.asked.ask(Octets(b"clean"), "RESPMOD", None)
        assert self.connections == 2

    async def test_a_kept_connection_that_is_gone_is_replaced(self) -> None:
        """The server closed it when the next question came; a new one that closes has failed."""
        await self.asked.ask(Octets(b"clean"), "RESPMOD", None)
        self.talk = lambda raw: (b"" if self.connections == 1 else self.after_all(raw)) if raw else None
        reply, _ = await self.asked.ask(Octets(b"clean"), "RESPMOD", None)
        assert (reply.status, self.connections) == (204, 2)
        self.talk = lambda raw: b"" if raw else None
        await self.assert_nonsense()

    async def test_a_preview_waits_for_its_continue(self) -> None:
        """Then comes the rest, of any size; what fits is all within its preview."""
        self.talk = lambda raw: (
            CONTINUE if raw.startswith(b"RESPMOD") and raw.endswith(b"\r\n0\r\n\r\n") else self.after_all(raw)
        )
        for octets in (101, 70_000, 3 * MEBIBYTE):
            reply, is_whole = await self.asked.ask(Octets(b"x" * octets), "RESPMOD", 100)
            assert (reply.status, is_whole) == (204, True)
        assert self.questions[0].endswith(b"\r\n64\r\n" + b"x" * 100 + b"\r\n0\r\n\r\n")
        assert self.questions[1] == b"1\r\nx\r\n0\r\n\r\n"
        await self.asked.ask(Octets(b"x" * 100), "RESPMOD", 100)
        assert self.questions[-1].endswith(b"64\r\n" + b"x" * 100 + b"\r\n0; ieof\r\n\r\n")
        assert self.connections == 1

    async def test_an_answer_to_the_preview_alone_says_so(self) -> None:
        """What it is worth is for others to say."""
        reply, is_whole = await self.asked.ask(Octets(bytes(101)), "RESPMOD", 100)
        assert (reply.status, is_whole) == (204, False)

    async def test_an_answer_before_everything_was_sent_says_so(self) -> None:
        """The server did not read the rest."""
        self.talk = lambda raw: CLEAN if raw.startswith(b"RESPMOD") else None
        _, is_whole = await self.asked.ask(Octets(bytes(30 * MEBIBYTE)), "RESPMOD", None)
        assert not is_whole

    async def test_what_a_server_must_not_say(self) -> None:
        """Continue where none was asked for, or twice; two answers; nothing that is ICAP."""
        for says in (CONTINUE, CLEAN * 2, CLEAN + b"x", b"HTTP/1.1 200 OK\r\n\r\n", bytes(range(256)) + b"\r\n\r\n"):
            self.talk = lambda raw, says=says: says if self.after_all(raw) else None
            await self.assert_nonsense()
        self.talk = lambda raw: CONTINUE if self.after_all(raw) else None
        await self.assert_nonsense(Octets(bytes(200)), 100)

    async def test_what_comes_while_nobody_asks_is_no_answer(self) -> None:
        """The connection is closed by it."""
        self.talk = lambda raw: CLEAN if raw else None
        await self.asked.ask(Octets(b"clean"), "RESPMOD", None)
        self.talk = self.after_all
        reply, is_whole = await self.asked.ask(Octets(b"other"), "RESPMOD", None)
        assert (reply.status, is_whole) == (204, True)

    async def test_what_cannot_be_read_is_not_sent_in_part(self) -> None:
        """The server must not judge a half."""

        class Broken(Octets):
            def chunks(self) -> Iterator[bytes]:
                yield bytes(1000)
                raise OSError("the disk is gone")

        self.talk = lambda raw: CONTINUE if b"Preview" in raw and self.after_all(raw) else None
        for preview in (None, 100, 5000):
            await self.assert_nonsense(Broken(bytes(5001)), preview)

    async def test_a_question_that_is_given_up_closes_its_connection(self) -> None:
        """Its answer must not meet the next question."""
        read: Deferred[None] = Deferred()
        self.talk = lambda raw: None if read.called else read.callback(None)
        asking = Deferred.fromCoroutine(self.asked.ask(Octets(b"x"), "RESPMOD", None))
        await read
        asking.cancel()
        with pytest.raises(CancelledError):
            await asking

    async def test_nobody_there_is_told_apart(self) -> None:
        """So that another server can be asked."""
        port = reactor.listenTCP(0, Factory(), interface="127.0.0.1")
        gone = Connections(reactor, IcapService("127.0.0.1", port.getHost().port, "avscan"))
        await port.stopListening()
        with pytest.raises(CannotConnect):
            await gone.options()
