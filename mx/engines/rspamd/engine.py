"""Rspamd as an engine, for spam and phishing: each message is posted to one of its workers.

Comes in: the message as it came (the first artifact, where no other is known), and its envelope where there is one.
Goes out: an EngineOutcome on the first artifact, which is the message; what an answer means: `answer.py`.

Standards: Rspamd's HTTP protocol: `POST /checkv2` with the headers IP, Helo, From, Rcpt, Queue-Id; HTTP is Twisted's
part, a connection a question, as Rspamd's normal worker wants it. Header values are percent-encoded where they are not
printable ASCII, so that a stranger's HELO cannot become a header of its own.

Failure: no answer, another status than 200, or an answer that cannot be read is `EngineFailed`. A worker that cannot
be reached is left out for DOWN_SECONDS, and another one is asked, once.
Limits: a message of more than MOST_OCTETS is not sent, and nothing is said of it: no spam is as large. Answers of more
than MOST_ANSWER_OCTETS are none.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from twisted.internet.defer import Deferred, DeferredSemaphore
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IConsumer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.task import Cooperator, TaskFinished, TaskStopped
from twisted.python.failure import Failure
from twisted.web.client import Agent, RequestGenerationFailed, RequestTransmissionFailed, ResponseDone, ResponseFailed
from twisted.web.http_headers import Headers
from twisted.web.iweb import IBodyProducer, IResponse
from zope.interface import implementer

from mx.artifact import Artifact, Content
from mx.engines.contract import Circumstances, EngineState, Purpose
from mx.engines.rspamd.answer import findings_of
from mx.finding import EngineFailed, EngineOutcome, Found, NothingFound

ENGINE = "rspamd"
MOST_OCTETS = 25 << 20
MOST_ANSWER_OCTETS = 4 << 20
AT_ONCE = 8
CONNECT_SECONDS = 5.0
DOWN_SECONDS = 5.0
CANARY = (
    b"From: canary@service.example\r\nTo: canary@service.example\r\nSubject: canary\r\n\r\n"
    b"XJS*C4JDBQADN1.NSBN3*2IDNEN*" + b"GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n"
)
"""The test message that every spam filter finds, in two pieces so that no filter finds this file."""


class _NoAnswer(Exception):
    """The text says why."""


@dataclass(slots=True)
class _Place:
    """One worker, `http://host:port`."""

    url: str
    down_until: float = 0.0


class Rspamd:
    """All workers together are one engine."""

    name = ENGINE
    purpose = Purpose.SPAM
    canary = CANARY

    def __init__(self, reactor: Any, urls: Sequence[str]) -> None:
        """`urls` like `http://127.0.0.1:11333`: normal workers, or a proxy before them."""
        self._reactor = reactor
        self._agent = Agent(reactor, connectTimeout=CONNECT_SECONDS)
        self._turns = DeferredSemaphore(AT_ONCE)
        self._places = [_Place(url.rstrip("/")) for url in urls]
        self._next = 0
        self._version = ""

    async def examine(
        self, artifacts: Sequence[Artifact], circumstances: Circumstances, deadline: float
    ) -> EngineOutcome:
        """See `mx.engines.contract.Engine`."""
        if not artifacts:
            return NothingFound(ENGINE)
        message = circumstances.message or artifacts[0].content
        if not message.octets or message.octets > MOST_OCTETS:
            return NothingFound(ENGINE)
        await self._turns.acquire()
        try:
            findings = findings_of(await self._post(message, circumstances), ENGINE, artifacts[0].number)
        except _NoAnswer as error:
            return EngineFailed(ENGINE, str(error))
        except (ValueError, RecursionError):
            return EngineFailed(ENGINE, "Rspamd's answer is nonsense")
        finally:
            self._turns.release()
        return Found(ENGINE, findings) if findings else NothingFound(ENGINE)

    async def state(self) -> EngineState:
        """See `mx.engines.contract.Engine`."""
        away = []
        for place in self._places:
            try:
                await self._ask(place, b"GET", "/ping", Headers(), None)
            except (_NoAnswer, ConnectError):
                away.append(place.url)
        if len(away) == len(self._places):
            return EngineState(ENGINE, is_available=False, text="no answer")
        text = f"no answer from {', '.join(away)}" if away else "ready"
        return EngineState(ENGINE, is_available=True, text=text, version=self._version)

    async def _post(self, message: Content, circumstances: Circumstances) -> bytes:
        reason = "no Rspamd is configured"
        for place in self._order()[:2]:
            try:
                return await self._ask(place, b"POST", "/checkv2", headers_of(circumstances), message)
            except ConnectError as error:
                place.down_until = self._reactor.seconds() + DOWN_SECONDS
                reason = f"{place.url}: no connection: {type(error).__name__}"
        raise _NoAnswer(reason)

    async def _ask(self, place: _Place, method: bytes, path: str, headers: Headers, message: Content | None) -> bytes:
        """The body of the answer. Raises _NoAnswer and ConnectError."""
        producer = None if message is None else _Body(message, self._reactor)
        try:
            response = await self._agent.request(method, (place.url + path).encode("ascii"), headers, producer)
            body = await _body_of(response)
        except (ResponseFailed, RequestGenerationFailed, RequestTransmissionFailed) as error:
            raise _NoAnswer(f"{place.url}: {_why(error)}") from None
        if producer is not None and not producer.is_done:
            raise _NoAnswer(f"{place.url} answered before it had everything")
        if response.code != 200:
            raise _NoAnswer(f"{place.url} answered {response.code}")
        server = response.headers.getRawHeaders(b"Server", [b""])[0].decode("latin-1")
        self._version = server.removeprefix("rspamd/")[:40] if server.startswith("rspamd/") else self._version
        return body

    def _order(self) -> list[_Place]:
        """The worker whose turn it is, then the others; last those that were away just now."""
        self._next = (self._next + 1) % max(len(self._places), 1)
        turn = self._places[self._next :] + self._places[: self._next]
        now = self._reactor.seconds()
        return sorted(turn, key=lambda place: now < place.down_until)


def headers_of(circumstances: Circumstances) -> Headers:
    """The envelope, as far as it is known."""
    headers = Headers()
    known = {"Queue-Id": circumstances.transaction, "IP": circumstances.client_address, "Helo": circumstances.helo}
    for name, value in known.items():
        if value:
            headers.addRawHeader(name, _safe(value))
    if circumstances.reverse_path is not None:
        headers.addRawHeader("From", _safe(circumstances.reverse_path or "<>"))
    for recipient in circumstances.recipients:
        headers.addRawHeader("Rcpt", _safe(recipient))
    return headers


def _safe(value: str) -> str:
    return quote(value, safe="!#$&'()*+,/:;=?@[]-._~<>^`{|}\" ")


def _why(error: ResponseFailed | RequestGenerationFailed | RequestTransmissionFailed) -> str:
    reasons = [failure.value for failure in error.reasons]
    return next((str(each) for each in reasons if isinstance(each, _NoAnswer)), "no whole answer")


async def _body_of(response: IResponse) -> bytes:
    """All of it. Raises _NoAnswer when it is cut, or too long."""
    collecting = _Collecting()
    response.deliverBody(collecting)
    return await collecting.body


class _Collecting(Protocol):
    """Collects a body."""

    def __init__(self) -> None:
        self.body: Deferred[bytes] = Deferred(lambda _cancelled: self._abort())
        self._raw = bytearray()

    def dataReceived(self, octets: bytes) -> None:
        self._raw += octets
        if len(self._raw) > MOST_ANSWER_OCTETS:
            self._abort()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self.body.called:
            return
        if reason.check(ResponseDone) and len(self._raw) <= MOST_ANSWER_OCTETS:
            self.body.callback(bytes(self._raw))
        else:
            self.body.errback(_NoAnswer("Rspamd's answer is cut, or too long"))

    def _abort(self) -> None:
        abort: Any = getattr(self.transport, "abortConnection", None) or getattr(self.transport, "loseConnection", None)
        if abort is not None:
            abort()


@implementer(IBodyProducer)
class _Body:
    """A content as Twisted's HTTP client reads it, as fast as it is taken."""

    def __init__(self, content: Content, reactor: Any) -> None:
        self.length = content.octets
        self.is_done = False
        self._content = content
        self._cooperator = Cooperator(scheduler=lambda step: reactor.callLater(0, step))
        self._task: Any = None
        self._finished: Deferred[None] = Deferred()

    def startProducing(self, consumer: IConsumer) -> "Deferred[None]":
        self._task = self._cooperator.cooperate(_writing(self._content, consumer))
        self._task.whenDone().addCallbacks(self._written, self._failed)
        return self._finished

    def _written(self, _: object) -> None:
        self.is_done = True
        self._finished.callback(None)

    def _failed(self, failure: Failure) -> None:
        # After a stop it must never fire (IBodyProducer): nobody waits for it.
        if not failure.check(TaskStopped):
            self._finished.errback(_NoAnswer(f"the message cannot be read: {getattr(failure.type, '__name__', '')}"))

    def pauseProducing(self) -> None:
        self._task.pause()

    def resumeProducing(self) -> None:
        self._task.resume()

    def stopProducing(self) -> None:
        with suppress(TaskFinished):  # what ended by itself is told to stop as well
            self._task.stop()


def _writing(content: Content, consumer: IConsumer) -> Iterator[None]:
    for chunk in content.chunks():
        consumer.write(chunk)
        yield None
