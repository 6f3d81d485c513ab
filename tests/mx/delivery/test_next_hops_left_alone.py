"""Next hops that are dead, slow by request, or ourselves: which of them are asked, second by second."""

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectingCancelledError
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure

from mx.delivery.breaker import FAILURES, FIRST_SECONDS
from mx.delivery.contract import CopyResult, Delivered, InquiryResult, Unreachable
from mx.delivery.hops.addresses import NOWHERE
from mx.delivery.hops.surroundings import Surroundings
from mx.delivery.next_hop import POLL_SECONDS, STANDING_BY_SECONDS, NextHops
from tenants.domains.own_places import OwnPlaces
from tenants.domains.routes import parse_routes
from tests.contracts.connecting import NotingTransport
from tests.contracts.octets import transfer


class Network:
    """Next hops that are connected to as a test tells, on a clock."""

    def __init__(self, *, is_queue: bool = False, own: OwnPlaces = NOWHERE) -> None:
        self.reactor = MemoryReactorClock()
        self.hops = NextHops(self.reactor, "mx.example", Surroundings(own=own), is_queue=is_queue, chance=lambda: 0.5)

    def deliver(self, *texts: str) -> list[CopyResult]:
        """Where the result will be."""
        results: list[CopyResult] = []
        Deferred.fromCoroutine(self.hops.deliver(parse_routes(texts), transfer(), 20.0)).addCallback(results.extend)
        return results

    def inquire(self, text: str) -> list[InquiryResult]:
        """Where the result will be."""
        results: list[InquiryResult] = []
        Deferred.fromCoroutine(self.hops.inquire(parse_routes((text,)), ["b@t.example"], 20.0)).addCallback(
            results.extend
        )
        return results

    @property
    def asked(self) -> list[str]:
        """The addresses that were connected to."""
        return [client[0] for client in self.reactor.tcpClients]

    def refuse(self) -> None:
        """The connection asked for last is refused."""
        self.reactor.tcpClients[-1][2].clientConnectionFailed(None, Failure(ConnectionRefusedError()))

    def take(self) -> None:
        """The connection asked for last takes one message."""
        wrapper = self.reactor.tcpClients[-1][2].buildProtocol(None)
        wrapper.makeConnection(NotingTransport())
        greeting, offer, envelope, end = (
            b"220 a\r\n",
            b"250-a\r\n250 PIPELINING\r\n",
            b"250 a\r\n250 b\r\n354 c\r\n",
            b"250 d\r\n",
        )
        for octets in (greeting, offer, envelope, end):
            wrapper.dataReceived(octets)

    def kill(self, text: str) -> None:
        """As many failures as the breaker takes."""
        for _ in range(FAILURES):
            results = self.deliver(text)
            self.refuse()
            assert isinstance(results[0], Unreachable) and not results[0].is_unasked


DEAD = "smtp://8.8.8.8"
REFUSED = "no connection to 8.8.8.8: ConnectionRefusedError"


def test_a_next_hop_that_is_dead_is_left_alone_and_nobody_waits_for_it() -> None:
    """Call-outs neither; after a while one transfer tries, and its success opens the way for all."""
    network = Network()
    network.kill(DEAD)
    asked = len(network.asked)
    for _ in range(100):
        (result,) = network.deliver(DEAD)
        assert result == Unreachable(f"{REFUSED}; 8.8.8.8 is asked again in 2 s", is_unasked=True)
        assert isinstance(network.inquire(DEAD)[0], Unreachable)
    assert len(network.asked) == asked
    network.reactor.advance(FIRST_SECONDS)
    trying = network.deliver(DEAD)
    assert len(network.asked) == asked + 1
    assert isinstance(network.deliver(DEAD)[0], Unreachable)
    network.take()
    assert isinstance(trying[0], Delivered)
    assert network.deliver(DEAD) == []


def test_mail_goes_to_the_next_route_while_the_first_is_left_alone() -> None:
    """Without a moment's delay."""
    network = Network()
    network.kill(DEAD)
    results = network.deliver(DEAD, "smtp://9.9.9.9")
    assert network.asked[-1] == "9.9.9.9"
    network.take()
    assert isinstance(results[0], Delivered)


def test_a_hop_whose_transfer_was_cancelled_is_not_left_alone_for_ever() -> None:
    """The one that tried learned nothing; the next one tries."""
    network = Network()
    network.kill(DEAD)
    network.reactor.advance(FIRST_SECONDS)
    delivering = Deferred.fromCoroutine(network.hops.deliver(parse_routes((DEAD,)), transfer(), 20.0))
    delivering.addErrback(lambda failure: failure.trap(ConnectingCancelledError))
    delivering.cancel()
    asked = len(network.asked)
    assert network.deliver(DEAD) == []
    assert len(network.asked) == asked + 1


def test_the_queue_stands_by_until_it_may_ask() -> None:
    """Several at once: one tries, the others go on with it; so a retry finds a next hop that is back."""
    network = Network(is_queue=True)
    network.kill(DEAD)
    asked = len(network.asked)
    waiting = [network.deliver(DEAD) for _ in range(3)]
    network.reactor.pump([POLL_SECONDS] * int(FIRST_SECONDS / POLL_SECONDS))
    assert len(network.asked) == asked + 1
    network.take()
    network.reactor.advance(POLL_SECONDS)
    assert isinstance(waiting[0][0], Delivered)
    assert not waiting[1] and not waiting[2]
    assert len(network.asked) == asked + 2  # one goes over the connection that is there


def test_the_queue_does_not_stand_by_for_ever() -> None:
    """A next hop that stays dead is told as one that did not answer."""
    network = Network(is_queue=True)
    network.kill(DEAD)
    waiting = [network.deliver(DEAD) for _ in range(3)]
    asked = len(network.asked)
    for _ in range(int(STANDING_BY_SECONDS / POLL_SECONDS) + 1):
        if len(network.asked) > asked:
            asked = len(network.asked)
            network.refuse()
        network.reactor.advance(POLL_SECONDS)
    assert all(isinstance(results[0], Unreachable) for results in waiting)


def test_a_rate_lets_messages_through_in_turn_and_stores_the_rest() -> None:
    """Questions about recipients are not counted."""
    network = Network()
    route = "smtp://8.8.8.8?rate=1/s"
    results = [network.deliver(route) for _ in range(10)]
    network.inquire(route)
    assert len(network.asked) == 2
    assert sum(result == [Unreachable("the route's rate, 1/s, is used up", is_unasked=True)] for result in results) == 4
    network.reactor.advance(1.0)
    assert len(network.asked) == 3
    network.reactor.pump([1.0] * 4)
    assert len(network.asked) == 7


def test_a_route_has_its_own_number_of_connections() -> None:
    """The rest waits for one of them."""
    network = Network()
    for _ in range(5):
        network.deliver("smtp://8.8.8.8?concurrency=2")
    assert len(network.asked) == 2


def test_ourselves_are_never_connected_to() -> None:
    """Whatever the route says."""
    network = Network(own=OwnPlaces(sockets=(("8.8.8.8", 25),)))
    assert network.deliver(DEAD) == [Unreachable("8.8.8.8 is this service itself")]
    assert not network.asked
