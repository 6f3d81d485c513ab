"""The pool on a test clock: who gets which connection, how long each is kept, and what is counted."""

from dataclasses import replace

from twisted.internet.defer import Deferred
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure

from mx.delivery.connection import GOODBYE_SECONDS, NextHopConnection
from mx.delivery.contract import CopyResult, Delivered, Unreachable
from mx.delivery.hops.hop import Hop, Security
from mx.delivery.pool import IDLE_SECONDS, MOST_TRANSACTIONS, PLAIN_SECONDS, ConnectionPool
from tenants.domains.route_terms import Tls
from tests.contracts.client_play import one_by_one
from tests.contracts.connecting import NotingTransport
from tests.contracts.octets import transfer

HOP = Hop("192.0.2.1", 25, most_open=2)
NARROW = replace(HOP, most_open=1)
OPENING = b"220 hop.example\r\n250-hop.example\r\n250 PIPELINING\r\n"
TLS_OPENING = b"220 hop.example\r\n250-hop.example\r\n250 STARTTLS\r\n220 go\r\n"
REQUIRED = Security(Tls.REQUIRED, ("hop.example",))
TAKEN = (b"250 ok\r\n250 ok\r\n354 go\r\n", b"250 taken\r\n")


class Side:
    """One connection's other side."""

    def __init__(self, protocol: NextHopConnection, transport: NotingTransport) -> None:
        self.protocol, self.transport = protocol, transport
        self.is_over = False

    def says(self, *replies: bytes) -> None:
        """The next hop says this."""
        for reply in replies:
            self.protocol.dataReceived(reply)

    def ends(self) -> None:
        """The connection has ended."""
        self.is_over = True
        self.protocol.connectionLost()


class World:
    """A pool, and what was asked of it."""

    def __init__(self, hop: Hop = HOP) -> None:
        self.reactor = MemoryReactorClock()
        self.hop = hop
        self.pool = ConnectionPool(self.reactor, "mx.example")

    def transfer(self, seconds: float = 20.0, hop: Hop | None = None) -> list[CopyResult | Failure]:
        """Where the result will be."""
        results: list[CopyResult | Failure] = []
        Deferred.fromCoroutine(self.pool.transfer(hop or self.hop, transfer(), seconds)).addCallbacks(
            results.extend, results.append
        )
        return results

    @property
    def asked(self) -> int:
        """How many connections were asked for."""
        return len(self.reactor.tcpClients)

    def connect(self, opening: bytes = OPENING) -> Side:
        """The connection asked for last is there and says this."""
        wrapper = self.reactor.tcpClients[-1][2].buildProtocol(None)
        transport = NotingTransport()
        wrapper.makeConnection(transport)
        hop = Side(wrapper._wrappedProtocol, transport)
        hop.says(*one_by_one(opening))
        return hop

    def delivered(self) -> Side:
        """A connection that took one message and is idle."""
        results = self.transfer()
        hop = self.connect()
        hop.says(*TAKEN)
        assert isinstance(results[0], Delivered)
        return hop


def test_the_connection_used_last_is_used_first() -> None:
    """So that those which are not needed fall idle."""
    world = World()
    first, second = world.transfer(), world.transfer()
    hops = []
    for client in world.reactor.tcpClients:
        wrapper = client[2].buildProtocol(None)
        transport = NotingTransport()
        wrapper.makeConnection(transport)
        hops.append(Side(wrapper._wrappedProtocol, transport))
        hops[-1].says(*one_by_one(OPENING))
    hops[1].says(*TAKEN)
    hops[0].says(*TAKEN)
    assert first and second
    for hop in hops:
        hop.transport.clear()
    world.transfer()
    assert hops[0].transport.value().startswith(b"MAIL")
    assert not hops[1].transport.value()


def test_who_finds_no_connection_waits_for_one_in_turn() -> None:
    """The limit holds for each address alone."""
    world = World(NARROW)
    results = [world.transfer() for _ in range(3)]
    world.transfer(hop=Hop("192.0.2.2", 25))
    assert world.asked == 2
    wrapper = world.reactor.tcpClients[0][2].buildProtocol(None)
    wrapper.makeConnection(NotingTransport())
    hop = Side(wrapper._wrappedProtocol, NotingTransport())
    hop.says(*one_by_one(OPENING))
    for done in range(3):
        assert [len(result) for result in results] == [1] * done + [0] * (3 - done)
        hop.says(*TAKEN)
    assert all(isinstance(result[0], Delivered) for result in results)


def test_waiting_ends_at_the_deadline() -> None:
    """Unreachable; the place in the row is given up."""
    world = World(NARROW)
    first, second = world.transfer(20), world.transfer(5)
    hop = world.connect()
    world.reactor.advance(5)
    assert second == [Unreachable("no connection was free in time", is_unasked=True)]
    hop.says(*TAKEN)
    assert isinstance(first[0], Delivered)
    assert world.transfer() == []


def test_a_connection_that_ends_makes_room_for_who_waits() -> None:
    """The next in the row opens one of its own."""
    world = World(NARROW)
    first, second = world.transfer(), world.transfer()
    hop = world.connect()
    hop.says(b"nonsense\r\n")
    assert isinstance(first[0], Unreachable)
    assert world.asked == 1
    hop.ends()
    assert world.asked == 2
    world.connect().says(*TAKEN)
    assert isinstance(second[0], Delivered)


def test_a_connection_that_cannot_be_made_makes_room_too() -> None:
    """The row moves on."""
    world = World(NARROW)
    first, second = world.transfer(), world.transfer()
    world.reactor.tcpClients[0][2].clientConnectionFailed(None, Failure(ConnectionRefusedError()))
    assert isinstance(first[0], Unreachable)
    assert world.asked == 2
    world.connect().says(*TAKEN)
    assert isinstance(second[0], Delivered)


def test_an_idle_connection_is_left_after_a_while() -> None:
    """With QUIT; one that was used meanwhile stays as long again."""
    world = World()
    hop = world.delivered()
    world.reactor.advance(IDLE_SECONDS - 1)
    world.transfer()
    hop.says(*TAKEN)
    world.reactor.advance(1)
    assert b"QUIT" not in hop.transport.value()
    world.reactor.advance(IDLE_SECONDS - 1)
    assert hop.transport.value().endswith(b"QUIT\r\n")
    hop.ends()
    assert not world.reactor.getDelayedCalls()
    world.transfer()
    assert world.asked == 2


def test_an_idle_connection_that_ends_is_not_used_again() -> None:
    """Also in the moment between its last words and its end."""
    for ends in (True, False):
        world = World()
        hop = world.delivered()
        hop.says(b"421 idle for too long\r\n")
        if ends:
            hop.ends()
        world.transfer()
        assert world.asked == 2


def test_a_connection_is_left_after_many_transactions() -> None:
    """So that work spreads over next hops that share an address."""
    world = World()
    hop = world.delivered()
    for _ in range(MOST_TRANSACTIONS - 1):
        world.transfer()
        hop.says(*TAKEN)
    assert hop.transport.value().endswith(b"QUIT\r\n")
    world.transfer()
    assert world.asked == 2


def test_after_a_failed_handshake_the_address_gets_plain_text_for_an_hour() -> None:
    """A new connection at once, and no STARTTLS on the next ones."""
    world = World()
    results = world.transfer()
    hop = world.connect(TLS_OPENING)
    hop.ends()
    assert world.asked == 2
    plain = TLS_OPENING.removesuffix(b"220 go\r\n")
    hop = world.connect(plain)
    assert b"STARTTLS" not in hop.transport.value()
    hop.says(b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", b"250 taken\r\n")
    assert isinstance(results[0], Delivered)
    hop.says(b"421 bye\r\n")
    hop.ends()
    world.reactor.advance(PLAIN_SECONDS)
    world.transfer()
    assert b"STARTTLS" in world.connect(plain).transport.value()


def test_where_tls_is_required_nothing_goes_in_the_clear() -> None:
    """Neither when it is not offered or refused, nor after a handshake that failed, nor without our certificate."""
    for opening, reason in (
        (OPENING, "STARTTLS is not offered, and the route requires TLS"),
        (TLS_OPENING.replace(b"220 go", b"454 no"), "STARTTLS was answered 454 no, and the route requires TLS"),
        (TLS_OPENING, "the connection was cut"),
    ):
        world = World(Hop("192.0.2.1", 25, REQUIRED))
        results = world.transfer()
        side = world.connect(opening)
        side.ends()
        assert results == [Unreachable(reason)]
        assert world.asked == 1
        assert b"MAIL" not in side.transport.value()
    world = World(Hop("192.0.2.1", 25, Security(client="acme")))
    assert world.transfer() == [Unreachable("there is no certificate of ours named acme", is_unasked=True)]
    assert not world.asked


def test_hops_that_ask_for_something_else_share_no_connection() -> None:
    """An address that may be spoken to in the clear on one route must not be on another."""
    world = World()
    world.delivered()
    world.transfer(hop=replace(HOP, security=REQUIRED))
    assert world.asked == 2


def test_closing_waits_for_the_transfers_under_way() -> None:
    """Idle connections say QUIT at once, the others when they are done."""
    world = World()
    idle = world.delivered()
    busy_results = world.transfer()
    other = world.transfer()
    busy = world.connect()
    closed: list[None] = []
    world.pool.close().addCallback(closed.append)
    idle.says(*TAKEN)
    assert isinstance(busy_results[0], Delivered)
    assert idle.transport.value().endswith(b"QUIT\r\n")
    busy.says(*TAKEN)
    assert isinstance(other[0], Delivered)
    assert not closed
    idle.ends()
    busy.ends()
    assert closed == [None]
    assert not [call for call in world.reactor.getDelayedCalls() if call.getTime() > GOODBYE_SECONDS]


def test_closing_an_empty_pool_is_done_at_once() -> None:
    """Nothing to wait for."""
    closed: list[None] = []
    World().pool.close().addCallback(closed.append)
    assert closed == [None]


def test_transfers_that_are_thrown_away_unfinished_wake_nobody() -> None:
    """As at the end of a test, or of a process, in whatever order Python clears them away."""
    world = World(NARROW)
    connecting = world.pool.transfer(NARROW, transfer(), 20.0)
    connecting.send(None)
    waiting = world.pool.transfer(NARROW, transfer(), 20.0)
    turn = waiting.send(None)
    resumed: list[object] = []
    turn.addBoth(resumed.append)
    waiting.close()
    connecting.close()
    assert resumed == []
