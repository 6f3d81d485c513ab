"""A balancer's connection until its header is there."""

from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from mx.smtp.behind_balancer import HEADER_SECONDS, BehindBalancer
from mx.smtp.proxy_header import Source

HEADER = b"PROXY TCP4 203.0.113.7 192.0.2.1 1111 25\r\n"


class Kept(Protocol):
    """What the listener would make."""

    def __init__(self, source: Source | None) -> None:
        self.source, self.received, self.is_early = source, b"", False

    def dataReceived(self, data: bytes) -> None:
        """Keeps it."""
        self.received += data


def connected() -> tuple[BehindBalancer, StringTransport, Clock, list[Kept]]:
    """A balancer that has connected, and the protocols that were made for clients."""
    clock, made, transport = Clock(), list[Kept](), StringTransport()

    def build(source: Source | None, is_early: bool) -> Protocol:
        made.append(Kept(source))
        made[-1].is_early = is_early
        return made[-1]

    balancer = BehindBalancer(clock, build)
    balancer.makeConnection(transport)
    return balancer, transport, clock, made


def test_the_connection_becomes_the_clients_once_the_header_is_whole() -> None:
    """Octet by octet, and what stands behind it is the client's; nothing was said before."""
    balancer, transport, clock, made = connected()
    for octet in HEADER[:-1]:
        balancer.dataReceived(bytes([octet]))
    assert made == [] and transport.value() == b""
    balancer.dataReceived(HEADER[-1:] + b"EHLO c.example\r\n")
    assert (made[0].source, made[0].received) == (Source("203.0.113.7", 1111), b"EHLO c.example\r\n")
    assert made[0].is_early
    assert transport.protocol is made[0]
    assert not clock.getDelayedCalls()


def test_a_balancer_that_says_nothing_is_cut_off() -> None:
    """Or something else."""
    _, transport, clock, made = connected()
    clock.advance(HEADER_SECONDS)
    assert transport.disconnected
    balancer, transport, clock, _ = connected()
    balancer.dataReceived(b"EHLO c.example\r\n")
    assert transport.disconnected
    assert made == [] and not clock.getDelayedCalls()


def test_a_balancer_that_goes_away_leaves_nothing_behind() -> None:
    """No timer."""
    balancer, _, clock, _ = connected()
    balancer.connectionLost()
    assert not clock.getDelayedCalls()
