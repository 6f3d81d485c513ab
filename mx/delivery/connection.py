"""One connection to a next hop: the Twisted side of `client.py`.

Comes in: a hop, then one Transfer at a time. Goes out: Settled, for each transfer.
The connection knows no SMTP: it feeds the machine, sends what the machine says, starts TLS when asked, and keeps time.

What TLS has to show is `tls.py`'s to judge, once its handshake is done and before anything is said inside it.

A message up to 256 KiB goes out in one write; a longer one is read piece by piece as the network takes it.

Failure: a deadline, a cut or nonsense makes the copies that were undecided Unreachable. An address or content that must
not be sent (a bug of ours) raises from `transfer`, with the connection cut.
"""

from collections.abc import Callable
from typing import Any, assert_never, cast

from OpenSSL import SSL
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP6ClientEndpoint
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import (
    IDelayedCall,
    IHandshakeListener,
    IReactorTCP,
    IReactorTime,
    ITCPTransport,
    ITLSTransport,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from mx.delivery.contract import Transfer
from mx.delivery.esmtp.client import Broken, Client, ContentAsked, Event, Ready, Settled, TlsAsked
from mx.delivery.esmtp.pieces import Pieces
from mx.delivery.hops.hop import Hop
from mx.delivery.hops.tls import HopTls, words_of

CONNECT_SECONDS = 10.0
HANDSHAKE_SECONDS = 5.0
GOODBYE_SECONDS = 2.0


class CannotOpen(Exception):
    """There is no connection to be had; the text says why."""

    def __init__(self, reason: str, *, is_tls_to_blame: bool = False, is_unasked: bool = False) -> None:
        super().__init__(reason)
        self.is_tls_to_blame, self.is_unasked = is_tls_to_blame, is_unasked


WhenOver = Callable[["NextHopConnection | None"], None]


@implementer(IHandshakeListener)
class NextHopConnection(Protocol):
    """Serves one transfer at a time; `when_over` is called once, when the connection has ended."""

    transport: ITCPTransport

    def __init__(
        self,
        clock: IReactorTime,
        client: Client,
        tls: HopTls,
        when_over: "WhenOver",
    ) -> None:
        self.ready: Deferred[None] = Deferred(self._give_up)
        """Fires when a transfer may begin; fails with CannotOpen."""
        self.idle_since = 0.0
        """For the pool, by its clock."""
        self._clock, self._client, self._tls, self._when_over = clock, client, tls, when_over
        self._is_closing = False
        self._is_given_up = False
        self._timer: IDelayedCall | None = None
        self._settled: Deferred[Settled] | None = None

    @property
    def transactions(self) -> int:
        """How many transfers were begun here."""
        return self._client.transactions

    @property
    def is_usable(self) -> bool:
        """Nothing was heard that speaks against another transfer."""
        return not self._client.is_closed

    async def transfer(self, transfer: Transfer, seconds: float) -> Settled:
        """What became of this transfer, at most `seconds` from now."""
        self._settled = settled = Deferred[Settled](self._give_up)
        deadline = self._clock.callLater(seconds, self.cut, "no answer in time")
        try:
            self._client.begin(transfer)
            self._pump()
            return await settled
        except Exception:
            # A bug of ours or a cancellation: nobody waits any more, and half a message must not be ended by a dot.
            self._settled = None
            self.cut("given up")
            raise
        finally:
            if deadline.active():
                deadline.cancel()

    def leave(self) -> None:
        """Says QUIT and closes."""
        self._client.quit()
        if octets := self._client.octets_to_send():
            self.transport.write(octets)
        self._is_closing = True
        # TLS waits for the other side's goodbye as well, perhaps for ever.
        self._timer = self._clock.callLater(GOODBYE_SECONDS, self.transport.abortConnection)
        self.transport.loseConnection()

    def cut(self, reason: str) -> None:
        """Ends the connection at once; what is undecided becomes Unreachable for this reason."""
        self._client.lost(reason)
        self._pump()

    def _give_up(self, _waiting: object) -> None:
        """Whoever waited was cancelled, and is not told anything else."""
        self._is_given_up, self._settled = True, None
        self.cut("given up")

    # What Twisted calls

    def connectionMade(self) -> None:
        self.transport.setTcpNoDelay(True)

    def dataReceived(self, octets: bytes) -> None:
        self._client.receive(octets)
        self._pump()

    def handshakeCompleted(self) -> None:
        complaint = self._tls.complaint(cast(Any, self.transport).getHandle())
        if complaint is not None:
            self.cut(f"TLS: {complaint}")
            return
        self._stop_timer()
        self._client.is_tls_verified = self._tls.is_verifying
        self._client.tls_started()
        self._pump()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._is_closing = True
        self.cut(_why_cut(reason))
        self._stop_timer()
        self._when_over(self)

    # The machine's wishes

    def _pump(self) -> None:
        """Acts on what the machine says, until it has nothing more to say."""
        while (event := self._client.next_event()) is not None:
            self._act(event)
        if octets := self._client.octets_to_send():
            self.transport.write(octets)
        if self._client.is_closed and not self._is_closing:
            self._is_closing = True
            self.transport.abortConnection()

    def _act(self, event: Event) -> None:
        match event:
            case Ready():
                self.ready.callback(None)
            case TlsAsked():
                self._timer = self._clock.callLater(HANDSHAKE_SECONDS, self.cut, "no TLS handshake in time")
                cast(ITLSTransport, self.transport).startTLS(self._tls)
            case ContentAsked():
                self._send_content()
            case Settled():
                settled, self._settled = self._settled, None
                if settled is not None:
                    settled.callback(event)
            case Broken():
                if not self.ready.called and not self._is_given_up:
                    self.ready.errback(CannotOpen(event.reason, is_tls_to_blame=self._timer is not None))
            case _:
                assert_never(event)

    def _send_content(self) -> None:
        pieces = Pieces(self._client.content(), self._client.content_sent, self.transport, self._content_failed)
        pieces.start()

    def _content_failed(self, failure: Failure) -> None:
        settled, self._settled = self._settled, None
        if settled is not None:
            settled.errback(failure)

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()


def _why_cut(reason: Failure) -> str:
    """What ended the connection, with what OpenSSL says of a handshake."""
    if isinstance(reason.value, SSL.Error):
        return f"TLS: {words_of(reason.value)}"
    return "the connection was cut"


async def open_connection(
    reactor: IReactorTCP,
    hop: Hop,
    client: Client,
    tls: HopTls,
    seconds: float,
    when_over: WhenOver,
) -> NextHopConnection:
    """A connection that is ready for a transfer. Raises CannotOpen.

    `when_over` is called once: when the connection has ended, or with None when none could be made.
    """
    clock = cast(IReactorTime, reactor)
    end = clock.seconds() + seconds
    kind = TCP6ClientEndpoint if hop.is_v6 else TCP4ClientEndpoint
    factory = Factory.forProtocol(lambda: NextHopConnection(clock, client, tls, when_over))
    factory.noisy = False
    try:
        source = (hop.source, 0) if hop.source else None
        timeout = min(CONNECT_SECONDS, seconds)
        protocol = await kind(reactor, hop.host, hop.port, timeout, bindAddress=source).connect(factory)
    except Exception as error:
        # Not when this coroutine is thrown away unfinished (GeneratorExit): then those that wait for its turn are
        # garbage as well, and one of them, already closed, would be resumed wherever Python happens to be.
        when_over(None)
        if isinstance(error, ConnectError | OSError):
            raise CannotOpen(f"no connection to {hop.host}: {type(error).__name__}") from None
        raise
    connection = cast(NextHopConnection, protocol)
    deadline = clock.callLater(max(0.0, end - clock.seconds()), connection.cut, "no answer in time")
    try:
        await connection.ready
    finally:
        if deadline.active():
            deadline.cancel()
    return connection
