"""Kept connections to one ICAP service: the Twisted side of `protocol.py`.

Comes in: a Content. Goes out: a Reply, and whether all of the content had been sent before it came. `CannotConnect`
when there was no connection, so that another server can be asked. A connection carries one question at a time and is
kept for the next, where the server keeps it; one that the server closed meanwhile is replaced, once.

Standards: RFC 3507 sections 4.2 (connections are kept), 4.5 (preview, 100 Continue).

Failure: a cut, nonsense, a second answer: `Nonsense`, and the connection is closed. Cancelling closes it.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import cast

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IConsumer, IReactorTime, ITCPTransport
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.protocols.basic import FileSender
from twisted.python.failure import Failure

from mx.artifact import Content
from mx.engines.icap.protocol import (
    END,
    END_WITHIN_PREVIEW,
    IcapService,
    Nonsense,
    Reply,
    ReplyReader,
    chunk,
    options_request,
    question_head,
)

CONNECT_SECONDS = 5.0
ANSWER_ROOM_OCTETS = 1 << 20
"""What comes back may be so much longer than what was sent."""


class CannotConnect(Exception):
    """No connection to this service; the text says why."""


class _Gone(Exception):
    """A kept connection was closed before anything was answered: it had been idle for too long."""


class Connections:
    """Those to one service."""

    def __init__(self, reactor: IReactorTime, service: IcapService) -> None:
        self._reactor, self._service = reactor, service
        self._idle: list[_Connection] = []

    async def options(self) -> Reply:
        """What the service says of itself. Raises CannotConnect and Nonsense."""
        return (await self._ask(lambda: _Question(options_request(self._service), b"", iter(()), b"")))[0]

    async def ask(self, content: Content, method: str, preview_octets: int | None) -> tuple[Reply, bool]:
        """The reply about this content, and whether all of it had been sent. Raises CannotConnect and Nonsense."""
        return await self._ask(lambda: _question(self._service, content, method, preview_octets))

    def close(self) -> None:
        """Keeps no connection any longer."""
        for connection in self._idle:
            connection.abort()
        self._idle.clear()

    async def _ask(self, made: "Callable[[], _Question]") -> tuple[Reply, bool]:
        question = made()
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_open:
                continue
            try:
                return await self._ask_on(connection, question)
            except _Gone:
                question = made()  # the server may have been sent a part of the first
                break
        return await self._ask_on(await self._connect(), question)

    async def _ask_on(self, connection: "_Connection", question: "_Question") -> tuple[Reply, bool]:
        reply, is_whole = await connection.ask(question)
        keeps = is_whole and reply.headers.get("connection", "").strip().lower() != "close"
        if keeps and connection.is_open:
            self._idle.append(connection)
        else:
            connection.abort()
        return reply, is_whole

    async def _connect(self) -> "_Connection":
        factory = Factory.forProtocol(_Connection)
        factory.noisy = False
        service = self._service
        endpoint = HostnameEndpoint(self._reactor, service.host, service.port, timeout=CONNECT_SECONDS)
        try:
            return cast(_Connection, await endpoint.connect(factory))
        except (ConnectError, OSError) as error:
            raise CannotConnect(f"no connection: {type(error).__name__}") from None


def _unreadable(error: Exception) -> str:
    return f"the artifact cannot be read: {type(error).__name__}"


class _Question:
    """The octets of one question, in the order in which the server wants them."""

    def __init__(self, first: bytes, last_of_preview: bytes, rest: Iterator[bytes], end: bytes) -> None:
        """`first` goes out at once; `rest` and `end` after 100 Continue, or at once where there is no preview."""
        self.first, self.rest, self.end = first + last_of_preview, rest, end
        self.waits_for_continue = bool(last_of_preview) and bool(end)
        self.most_body_octets = ANSWER_ROOM_OCTETS


def _question(service: IcapService, content: Content, method: str, preview_octets: int | None) -> _Question:
    """Raises Nonsense when the content cannot be read."""
    head = question_head(service, method, content.octets, preview_octets)
    if preview_octets is None:
        question = _Question(head, b"", map(chunk, content.chunks()), END)
    elif content.octets <= preview_octets:
        question = _Question(head + chunk(_begun(content, preview_octets)[0]), END_WITHIN_PREVIEW, iter(()), b"")
    else:
        preview, rest = _begun(content, preview_octets)
        question = _Question(head + chunk(preview), END, map(chunk, rest), END)
    question.most_body_octets += content.octets
    return question


def _begun(content: Content, octets: int) -> tuple[bytes, Iterator[bytes]]:
    """The first octets of the content, and the rest of it."""
    try:
        chunks = iter(content.chunks())
        first = b""
        while len(first) < octets and (piece := next(chunks, b"")):
            first += piece
    except Exception as error:
        raise Nonsense(_unreadable(error)) from None
    return first[:octets], chain([first[octets:]], chunks)


class _Connection(Protocol):
    """One connection, one question at a time."""

    def __init__(self) -> None:
        self.is_open = False
        self._question: _Question | None = None
        self._reader = ReplyReader(0)
        self._answer: Deferred[tuple[Reply, bool]] | None = None
        self._is_whole = self._was_used = self._has_begun = False
        self._failure: Exception | None = None

    def ask(self, question: _Question) -> "Deferred[tuple[Reply, bool]]":
        """The reply, and whether all had been sent."""
        self._question, self._reader = question, ReplyReader(question.most_body_octets)
        self._is_whole = self._has_begun = False
        self._failure = None
        self._answer = Deferred(lambda _cancelled: self.abort())
        self._transport.write(question.first)
        if not question.waits_for_continue:
            self._send_rest()
        return self._answer

    def abort(self) -> None:
        """Closes at once."""
        self.is_open = False
        self._transport.abortConnection()

    def connectionMade(self) -> None:
        self.is_open = True
        self._transport.setTcpNoDelay(True)

    def dataReceived(self, octets: bytes) -> None:
        self._has_begun = True
        if self._question is None or self._answer is None:
            self.abort()  # nobody asked: whatever it is, it is no answer to the next question
            return
        try:
            reply = self._reader.feed(octets)
        except Nonsense as error:
            self._fail(error)
            return
        if reply is None:
            return
        if reply.status == 100:
            self._continue()
        else:
            self._finish(reply)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.is_open = False
        answer, self._answer = self._answer, None
        if answer is None or answer.called:
            return
        if self._failure is not None:
            answer.errback(self._failure)
        elif self._was_used and not self._has_begun:
            answer.errback(_Gone())
        else:
            answer.errback(Nonsense("the service closed before its answer was whole"))

    @property
    def _transport(self) -> ITCPTransport:
        return cast(ITCPTransport, self.transport)

    def _continue(self) -> None:
        question = self._question
        if question is None or not question.waits_for_continue:
            self._fail(Nonsense("100 Continue out of turn"))
            return
        question.waits_for_continue = False
        self._reader = ReplyReader(question.most_body_octets)
        self._send_rest()

    def _send_rest(self) -> None:
        assert self._question is not None
        if not self._question.end:
            self._is_whole = True
            return
        sending = FileSender().beginFileTransfer(_Pieces(self._question, self), IConsumer(self._transport))
        # The end of the connection tells what became of it; that the transfer stopped with it says nothing more.
        sending.addErrback(lambda _failure: None)

    def sent(self) -> None:
        """All of the content is on its way."""
        self._is_whole = True

    def fail(self, reason: str) -> None:
        """Gives the question up."""
        self._fail(Nonsense(reason))

    def _fail(self, error: Exception) -> None:
        self._failure = self._failure or error
        self.abort()

    def _finish(self, reply: Reply) -> None:
        answer, self._answer, self._question = self._answer, None, None
        self._was_used = True
        if answer is not None and not answer.called:
            answer.callback((reply, self._is_whole))


class _Pieces:
    """The rest of a question as Twisted's FileSender reads it."""

    def __init__(self, question: _Question, connection: _Connection) -> None:
        self._question, self._connection = question, connection

    def read(self, _octets: int) -> bytes:
        """The next piece; empty at the end."""
        try:
            for piece in self._question.rest:
                if piece:
                    return piece
        except Exception as error:
            self._connection.fail(_unreadable(error))
            return b""
        end, self._question.end = self._question.end, b""
        if end:
            self._connection.sent()
        return end
