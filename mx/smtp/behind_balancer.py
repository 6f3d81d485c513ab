"""A connection from a listed load balancer, until its PROXY header has told who the client is.

Comes in: octets. Goes out: the connection, given on to the protocol that the listener makes for the client; from then
on this one has no part in it. Nothing is said before, not even a banner.

Failure: no header in HEADER_SECONDS, or one that is none, closes the connection; the log says why.
"""

from collections.abc import Callable

from twisted.internet.protocol import Protocol
from twisted.logger import Logger
from twisted.python.failure import Failure

from mx.smtp.proxy_header import MalformedHeader, Source, read_proxy_header
from mx.smtp.wire import Clock, Delayed, Wire

HEADER_SECONDS = 10.0


class BehindBalancer(Protocol):
    """Reads the header; `build` then makes the protocol for this client (None: the balancer itself)."""

    log = Logger()
    transport: Wire  # type: ignore[assignment]  # Twisted's class says ITransport | None

    def __init__(self, clock: Clock, build: Callable[[Source | None, bool], Protocol]) -> None:
        """`build` is also told whether the client had spoken already."""
        self._clock, self._build = clock, build
        self._received = b""
        self._timer: Delayed | None = None

    def connectionMade(self) -> None:
        """Waits for the header."""
        self._timer = self._clock.callLater(HEADER_SECONDS, self._refuse, "there was none in time")

    def dataReceived(self, data: bytes) -> None:
        """Reads the header; what stands behind it is the client's."""
        self._received += data
        try:
            header = read_proxy_header(self._received)
        except MalformedHeader as error:
            self._refuse(str(error))
            return
        if header is None:
            return
        self._stop_timer()
        rest, self._received = self._received[header.octets :], b""
        protocol = self._build(header.source, bool(rest))
        self.transport.protocol = protocol
        protocol.makeConnection(self.transport)
        if rest:
            protocol.dataReceived(rest)

    def connectionLost(self, reason: Failure | None = None) -> None:
        """The balancer has gone before it said anything."""
        self._stop_timer()

    def _refuse(self, reason: str) -> None:
        self._stop_timer()
        self.log.warn("smtp.proxy-header-refused", balancer=self.transport.getPeer().host, reason=reason)
        self.transport.abortConnection()

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()
