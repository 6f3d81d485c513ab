"""One question to a clamd: a connection, the octets, the answer. The Twisted side of `clamd_protocol.py`.

Comes in: an endpoint and a Content. Goes out: an Answer; `CannotConnect` when there was no connection, so that another
daemon can be asked. One connection a question: sessions with several questions (IDSESSION) made no difference
worth code, and with one question nothing can be taken for the answer to another.

The answer counts once clamd has closed: only then is it certain that nothing else was said.

Failure: a cut, too much, an artifact that cannot be read: `NoAnswer`. Cancelling closes the connection.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as TooLate
from twisted.internet.endpoints import HostnameEndpoint, UNIXClientEndpoint
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IConsumer, IReactorTime, IStreamClientEndpoint, ITCPTransport
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.protocols.basic import FileSender
from twisted.python.failure import Failure

from mx.artifact import Content
from mx.engines.clamd_protocol import MOST_ANSWER_OCTETS, Answer, NoAnswer, question, read_answer

ONE_WRITE_OCTETS = 256 * 1024
CONNECT_SECONDS = 5.0


class CannotConnect(Exception):
    """No connection to this daemon; the text says why."""


@dataclass(frozen=True, slots=True)
class Daemon:
    """Where one clamd listens: a socket's path, or a host and a port."""

    path: str = ""
    host: str = ""
    port: int = 0

    def __str__(self) -> str:
        return f"unix:{self.path}" if self.path else f"tcp:{self.host}:{self.port}"

    def endpoint(self, reactor: IReactorTime) -> IStreamClientEndpoint:
        """Where to connect."""
        place: IStreamClientEndpoint
        if self.path:
            place = UNIXClientEndpoint(reactor, self.path, timeout=CONNECT_SECONDS)
        else:
            place = HostnameEndpoint(reactor, self.host, self.port, timeout=CONNECT_SECONDS)
        return place


def parse_daemon(text: str) -> Daemon:
    """The daemon that `unix:/path` or `tcp:host:port` names; the settings have checked the form."""
    kind, _, place = text.partition(":")
    if kind == "unix":
        return Daemon(path=place)
    host, _, port = place.rpartition(":")
    return Daemon(host=host.strip("[]"), port=int(port))


async def ask(endpoint: IStreamClientEndpoint, content: Content) -> Answer:
    """What the clamd behind this endpoint says of the content. Raises CannotConnect."""
    factory = Factory.forProtocol(lambda: _Question(content))
    factory.noisy = False
    try:
        asking = cast(_Question, await endpoint.connect(factory))
    except (ConnectError, OSError) as error:
        raise CannotConnect(f"no connection: {type(error).__name__}") from None
    return await asking.answer


async def answers_ping(reactor: IReactorTime, daemon: Daemon, seconds: float) -> bool:
    """Whether the daemon answers PING in time."""
    factory = Factory.forProtocol(_Ping)
    factory.noisy = False
    try:
        pinging = cast(_Ping, await daemon.endpoint(reactor).connect(factory).addTimeout(seconds, reactor))
        return await pinging.answer.addTimeout(seconds, reactor) == b"PONG\0"
    except (ConnectError, OSError, TooLate):
        return False


class _Ping(Protocol):
    """Says PING and collects what comes back."""

    def __init__(self) -> None:
        self.answer: Deferred[bytes] = Deferred(
            lambda _cancelled: cast(ITCPTransport, self.transport).abortConnection()
        )
        self._raw = b""

    def connectionMade(self) -> None:
        cast(ITCPTransport, self.transport).write(b"zPING\0")

    def dataReceived(self, octets: bytes) -> None:
        self._raw += octets
        if len(self._raw) > MOST_ANSWER_OCTETS:
            cast(ITCPTransport, self.transport).abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if not self.answer.called:
            self.answer.callback(self._raw)


class _Question(Protocol):
    """Sends one question and collects its answer."""

    def __init__(self, content: Content) -> None:
        self.answer: Deferred[Answer] = Deferred(lambda _cancelled: self._abort())
        self._content = content
        self._raw = b""
        self._failure = ""
        self._is_asked = False

    def connectionMade(self) -> None:
        pieces = question(self._content)
        if self._content.octets > ONE_WRITE_OCTETS:
            sending = FileSender().beginFileTransfer(_Pieces(pieces, self), IConsumer(self.transport))
            # The end of the connection tells what became of it; that the transfer stopped with it says nothing more.
            sending.addErrback(lambda _failure: None)
            return
        try:
            octets = b"".join(pieces)
        except Exception as error:
            self.fail(f"the artifact cannot be read: {type(error).__name__}")
            return
        self.asked()
        cast(ITCPTransport, self.transport).write(octets)

    def asked(self) -> None:
        """The last of the question is on its way."""
        self._is_asked = not self._raw

    def fail(self, reason: str) -> None:
        """Gives the question up."""
        self._failure = self._failure or reason
        self._abort()

    def dataReceived(self, octets: bytes) -> None:
        self._raw += octets
        if len(self._raw) > MOST_ANSWER_OCTETS:
            self.fail("clamd's answer is too long")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self.answer.called:
            return
        if self._failure:
            self.answer.callback(NoAnswer(self._failure))
        else:
            self.answer.callback(read_answer(self._raw, is_asked=self._is_asked))

    def _abort(self) -> None:
        cast(ITCPTransport, self.transport).abortConnection()


class _Pieces:
    """The pieces of a question as Twisted's FileSender reads them."""

    def __init__(self, pieces: Iterator[bytes], asking: _Question) -> None:
        self._pieces, self._asking = pieces, asking

    def read(self, _octets: int) -> bytes:
        """The next piece; empty at the end."""
        try:
            piece = next(self._pieces, b"")
        except Exception as error:
            self._asking.fail(f"the artifact cannot be read: {type(error).__name__}")
            return b""
        if not piece:
            self._asking.asked()
        return piece
