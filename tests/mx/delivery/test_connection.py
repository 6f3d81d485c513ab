"""One connection on a test transport and a test clock: what waits, and for how long."""

from OpenSSL import SSL
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure

from mx.delivery.connection import (
    CONNECT_SECONDS,
    GOODBYE_SECONDS,
    HANDSHAKE_SECONDS,
    CannotOpen,
    NextHopConnection,
    open_connection,
)
from mx.delivery.contract import Unreachable
from mx.delivery.esmtp.client import Client, Settled
from mx.delivery.hops.hop import OPPORTUNISTIC, Hop
from mx.delivery.hops.tls import TlsContexts
from tests.contracts.client_play import one_by_one
from tests.contracts.octets import transfer

OPENING = b"220 hop.example\r\n250-hop.example\r\n250 PIPELINING\r\n"
TLS_OPENING = b"220 hop.example\r\n250-hop.example\r\n250 STARTTLS\r\n220 go\r\n"


def answer_each(connection: NextHopConnection, replies: bytes) -> None:
    """The next hop says these, one after the other."""
    for reply in one_by_one(replies):
        connection.dataReceived(reply)


class Transport(StringTransport):
    """Notes what was done with it."""

    is_tls = False
    is_aborted = False

    def setTcpNoDelay(self, enabled: bool) -> None:
        """Nothing to set."""

    def startTLS(self, contextFactory: object) -> None:
        """Notes it."""
        self.is_tls = True

    def getHandle(self) -> object:
        """The TLS session, which nobody looks at."""
        return None

    def abortConnection(self) -> None:
        """Notes it."""
        self.is_aborted = True


class Opening:
    """A connection that is being opened."""

    def __init__(self, host: str = "192.0.2.1", *, seconds: float = 20.0, source: str = "") -> None:
        self.reactor = MemoryReactorClock()
        self.transport = Transport(peerAddress=IPv4Address("TCP", "192.0.2.1", 25))
        self.over: list[NextHopConnection | None] = []
        client = Client("mx.example", wants_tls=True)
        hop = Hop(host, 25, source=source)
        tls = TlsContexts().of(OPPORTUNISTIC)
        self.opened = Deferred.fromCoroutine(open_connection(self.reactor, hop, client, tls, seconds, self.over.append))

    def connect(self) -> NextHopConnection:
        """The TCP connection is there."""
        factory = self.reactor.tcpClients[0][2]
        wrapper = factory.buildProtocol(None)
        wrapper.makeConnection(self.transport)
        connection = wrapper._wrappedProtocol
        assert isinstance(connection, NextHopConnection)
        return connection

    def ready(self) -> NextHopConnection:
        """A connection that is ready for a transfer."""
        answer_each(self.connect(), OPENING)
        connection: NextHopConnection = self.result_of(self.opened)  # type: ignore[assignment]
        self.transport.clear()
        return connection

    @staticmethod
    def result_of(deferred: "Deferred[NextHopConnection] | Deferred[Settled]") -> object:
        """What it fired with."""
        results: list[object] = []
        deferred.addBoth(results.append)  # type: ignore[arg-type]
        return results[0]

    def failure(self) -> CannotOpen:
        """Why it could not be opened."""
        failure = self.result_of(self.opened)
        assert isinstance(failure, Failure)
        assert isinstance(failure.value, CannotOpen)
        return failure.value


def test_connecting_takes_ten_seconds_at_most_and_less_where_less_is_left() -> None:
    """The limit of the TCP connection."""
    assert Opening(seconds=20).reactor.tcpClients[0][3] == CONNECT_SECONDS
    assert Opening(seconds=3).reactor.tcpClients[0][3] == 3


def test_a_v6_address_is_connected_to_as_one() -> None:
    """The address as it stands, never a name."""
    assert Opening("2001:db8::1").reactor.tcpClients[0][0] == "2001:db8::1"


def test_a_route_may_name_the_address_to_connect_from() -> None:
    """Any of its ports."""
    assert Opening(source="192.0.2.9").reactor.tcpClients[0][4] == ("192.0.2.9", 0)
    assert Opening().reactor.tcpClients[0][4] is None


def test_what_openssl_says_of_a_handshake_is_told() -> None:
    """For the trace of a route that requires TLS."""
    opening = Opening()
    connection = opening.connect()
    answer_each(connection, TLS_OPENING)
    connection.connectionLost(Failure(SSL.Error([("SSL routines", "", "no protocols available")])))
    assert str(opening.failure()) == "TLS: no protocols available"


def test_a_banner_that_does_not_come_ends_at_the_deadline() -> None:
    """The socket is closed, and no timer is left."""
    opening = Opening(seconds=20)
    opening.connect()
    opening.reactor.advance(20)
    assert str(opening.failure()) == "no answer in time"
    assert opening.transport.is_aborted
    assert not opening.reactor.getDelayedCalls()


def test_a_handshake_that_does_not_end_is_blamed_on_tls() -> None:
    """After five seconds, so that there is time left for plain text."""
    opening = Opening()
    answer_each(opening.connect(), TLS_OPENING)
    assert opening.transport.is_tls
    opening.reactor.advance(HANDSHAKE_SECONDS)
    assert opening.failure().is_tls_to_blame
    assert opening.transport.is_aborted


def test_what_fails_before_or_after_the_handshake_is_not_blamed_on_tls() -> None:
    """Plain text would not help."""
    for is_started in (False, True):
        opening = Opening()
        connection = opening.connect()
        if is_started:
            answer_each(connection, TLS_OPENING)
            connection.handshakeCompleted()
        connection.dataReceived(b"421 no\r\n")
        assert not opening.failure().is_tls_to_blame


def test_a_transfer_ends_at_its_deadline() -> None:
    """Unreachable, and the connection is cut."""
    opening = Opening()
    connection = opening.ready()
    settling = Deferred.fromCoroutine(connection.transfer(transfer(), 7))
    assert opening.transport.value().startswith(b"MAIL FROM")
    opening.reactor.advance(6.9)
    assert not settling.called
    opening.reactor.advance(0.2)
    settled = opening.result_of(settling)
    assert settled == Settled((Unreachable("no answer in time"),), may_reuse=False, is_unheard=True)
    assert opening.transport.is_aborted
    assert not connection.is_usable
    assert not opening.reactor.getDelayedCalls()


def test_leaving_says_quit_and_waits_only_so_long() -> None:
    """A next hop that does not close is left anyhow."""
    opening = Opening()
    connection = opening.ready()
    connection.leave()
    assert opening.transport.value() == b"QUIT\r\n"
    assert opening.transport.disconnecting
    connection.dataReceived(b"221 bye\r\n")
    opening.reactor.advance(GOODBYE_SECONDS)
    assert opening.transport.is_aborted


def test_the_end_of_a_connection_is_told_once() -> None:
    """To the pool, whatever ended it."""
    opening = Opening()
    connection = opening.ready()
    connection.dataReceived(b"421 idle for too long\r\n")
    assert not connection.is_usable
    assert opening.transport.is_aborted
    assert not opening.over
    connection.connectionLost()
    assert opening.over == [connection]


def test_a_connection_that_cannot_be_made_is_told_with_none() -> None:
    """The pool counts it as gone."""
    opening = Opening()
    opening.opened.addErrback(lambda failure: failure.trap(Exception))
    opening.opened.cancel()
    assert opening.over == [None]
