"""One question to a clamd: a connection, the octets, the answer. The Twisted side of `protocol.py`.

Comes in: a daemon and a Content. Goes out: an Answer; `CannotConnect` when there was no connection, so that another
daemon can be asked. One connection a question: an open session (IDSESSION) kept clamd from reloading its signatures,
and from scanning, for 29 s (docs/decisions/0003), and with one question nothing can be taken for the answer to another.

The answer counts once clamd has closed: only then is it certain that nothing else was said.

Failure: a cut, too much, an artifact that cannot be read: `NoAnswer`. Cancelling closes the connection.
"""

import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as TooLate
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IConsumer, IReactorSocket, IReactorTime, ITCPTransport
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.protocols.basic import FileSender
from twisted.python.failure import Failure

from mx.artifact import Content
from mx.engines.answer import Answer, NoAnswer
from mx.engines.clamd.hearing import TOO_LONG, Hearing
from mx.engines.clamd.protocol import MOST_ANSWER_OCTETS, question, read_answer, whole_question

ONE_WRITE_OCTETS = 256 * 1024
CONNECT_SECONDS = 5.0
PING = b"zPING\0"


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


def parse_daemon(text: str) -> Daemon:
    """The daemon that `unix:/path` or `tcp:host:port` names; the settings have checked the form."""
    kind, _, place = text.partition(":")
    if kind == "unix":
        return Daemon(path=place)
    host, _, port = place.rpartition(":")
    return Daemon(host=host.strip("[]"), port=int(port))


async def ask(reactor: IReactorTime, daemon: Daemon, content: Content) -> Answer:
    """What this clamd says of the content. Raises CannotConnect."""
    is_small = content.octets <= ONE_WRITE_OCTETS
    pieces = question(content)
    try:
        first = whole_question(content) if is_small else [next(pieces)]
    except Exception as error:
        return NoAnswer(unreadable(error))
    try:
        if is_small and daemon.path:
            return await _ask_at_once(reactor, daemon, first)
        asking = _Question()
        await _connect(reactor, daemon, asking, b"".join(first))
    except (ConnectError, OSError) as error:
        raise CannotConnect(f"no connection: {type(error).__name__}") from None
    if is_small:
        asking.asked()
    else:
        asking.send(pieces)
    return await asking.answer


async def _ask_at_once(reactor: IReactorTime, daemon: Daemon, pieces: Sequence[bytes]) -> Answer:
    """A small question to a unix socket, which nearly always takes all of it at once. Raises OSError."""
    connection = connected(daemon)
    try:
        sent = connection.sendmsg(pieces)
        if sent == sum(map(len, pieces)):
            return await Hearing(reactor, connection, read_answer).answer
        asking = _Question()
        _adopt(reactor, connection, asking)
    except OSError:
        connection.close()
        raise
    connection.close()
    cast(ITCPTransport, asking.transport).write(b"".join(pieces)[sent:])
    asking.asked()
    return await asking.answer


def connected(daemon: Daemon) -> socket.socket:
    """A connection to a unix socket, which is there at once or not at all. Raises OSError."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        connection.connect(daemon.path)
    except OSError:
        connection.close()
        raise
    return connection


def _adopt(reactor: IReactorTime, connection: socket.socket, protocol: Protocol) -> None:
    """Have Twisted read and write on a copy of the connection's descriptor."""
    IReactorSocket(reactor).adoptStreamConnection(connection.fileno(), socket.AF_UNIX, _factory_of(protocol))


async def _connect(reactor: IReactorTime, daemon: Daemon, protocol: Protocol, first: bytes) -> None:
    """Connects the protocol and sends its first octets."""
    if daemon.path:
        with connected(daemon) as connection:
            _adopt(reactor, connection, protocol)
    else:
        endpoint = HostnameEndpoint(reactor, daemon.host, daemon.port, timeout=CONNECT_SECONDS)
        await endpoint.connect(_factory_of(protocol))
    cast(ITCPTransport, protocol.transport).write(first)


def _factory_of(protocol: Protocol) -> Any:
    """A factory that gives this one protocol to the one connection there is."""
    factory = Factory.forProtocol(lambda: protocol)
    factory.noisy = False
    return factory


async def answers_ping(reactor: IReactorTime, daemon: Daemon, seconds: float) -> bool:
    """Whether the daemon answers PING in time."""
    pinging = _Ping()
    try:
        await Deferred.fromCoroutine(_connect(reactor, daemon, pinging, PING)).addTimeout(seconds, reactor)
        return await pinging.answer.addTimeout(seconds, reactor) == b"PONG\0"
    except (ConnectError, OSError, TooLate):
        return False


def unreadable(error: Exception) -> str:
    """Why an artifact could not be sent."""
    return f"the artifact cannot be read: {type(error).__name__}"


class _Ping(Protocol):
    """Collects what comes back."""

    def __init__(self) -> None:
        self.answer: Deferred[bytes] = Deferred(
            lambda _cancelled: cast(ITCPTransport, self.transport).abortConnection()
        )
        self._raw = b""

    def dataReceived(self, octets: bytes) -> None:
        self._raw += octets
        if len(self._raw) > MOST_ANSWER_OCTETS:
            cast(ITCPTransport, self.transport).abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if not self.answer.called:
            self.answer.callback(self._raw)


class _Question(Protocol):
    """Collects the answer until clamd closes, and sends what is too much to be sent at once."""

    def __init__(self) -> None:
        self.answer: Deferred[Answer] = Deferred(lambda _cancelled: self._abort())
        self._raw = b""
        self._failure = ""
        self._is_asked = False

    def send(self, pieces: Iterator[bytes]) -> None:
        """Sends the rest of the question as fast as clamd takes it."""
        sending = FileSender().beginFileTransfer(_Pieces(pieces, self), IConsumer(self.transport))
        # The end of the connection tells what became of it; that the transfer stopped with it says nothing more.
        sending.addErrback(lambda _failure: None)

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
            self.fail(TOO_LONG)

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
            self._asking.fail(unreadable(error))
            return b""
        if not piece:
            self._asking.asked()
        return piece
