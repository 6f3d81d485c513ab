"""The listener: adopts listening sockets, gives each client its connection, counts them, and drains.

Comes in: sockets that somebody else has bound (the supervisor, so that a restart loses no connection). Goes out: one
`SmtpProtocol` with a Conversation of its own for each connection.

Standards: RFC 5321 section 3.8 (421 when the server goes away).
Failure: a client over its number of connections gets 421 and is closed. `stopService` lets messages under way finish;
what is not finished when `drain_seconds` are over is cut off, and its sender tries again.
Limits: `limits.connections_a_client`, counted by the client that a balancer names, for each IPv4 address or IPv6 /64.
"""

import socket
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any
from typing import Protocol as Seam

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred
from twisted.internet.interfaces import IAddress, IListeningPort
from twisted.internet.protocol import Factory, Protocol

from mx.reply import Reply
from mx.smtp.behind_balancer import BehindBalancer
from mx.smtp.conversation import ConversationFactory
from mx.smtp.limits import Limits
from mx.smtp.proxy_header import Source
from mx.smtp.reading_turns import ReadingTurns
from mx.smtp.surroundings import Peer, Surroundings
from mx.smtp.tally import Tally
from mx.smtp.traffic import Traffic
from mx.smtp.transport import SmtpProtocol
from mx.smtp.wire import Clock, Delayed, Wire

Network = IPv4Network | IPv6Network


class Reactor(Clock, Seam):
    """What is asked of Twisted's reactor."""

    def adoptStreamPort(self, fileDescriptor: int, addressFamily: Any, factory: Any) -> IListeningPort: ...


@lru_cache(maxsize=4096)
def client_key(address: str) -> str:
    """What connections are counted under: the IPv4 address, or the IPv6 /64 that one client has to itself."""
    parsed = ip_address(address.partition("%")[0])
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((parsed, 64), strict=False))


def is_within(address: str, networks: Sequence[Network]) -> bool:
    """Whether the address is in one of these; an IPv4 address is itself when it comes in IPv6 form."""
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in networks)


class TurnAway(Protocol):
    """Says why, and closes."""

    transport: Wire  # type: ignore[assignment]  # Twisted's class says ITransport | None

    def __init__(self, refusal: Reply) -> None:
        self._refusal = refusal

    def connectionMade(self) -> None:
        """Answers instead of the banner (RFC 5321 section 3.1 allows it)."""
        self.transport.write(self._refusal.wire)
        self.transport.loseConnection()


class SmtpFactory(Factory):
    """Makes the connections' protocols, and knows which are open."""

    noisy = False

    def __init__(
        self,
        surroundings: Surroundings,
        conversation_factory: ConversationFactory,
        balancers: Sequence[Network] = (),
        trusted: Sequence[Network] = (),
    ) -> None:
        """Connections from `balancers` begin with a PROXY header; `trusted` peers may say XCLIENT; nobody else does."""
        self._surroundings = surroundings
        self._balancers, self._trusted = tuple(balancers), tuple(trusted)
        self._conversation_factory = conversation_factory
        self._open: dict[SmtpProtocol, str] = {}
        self._when_empty: Deferred[None] | None = None

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._open)

    def buildProtocol(self, addr: IAddress | None) -> Protocol:
        """A session, or a refusal for a client that has too many; behind a balancer, once it has said who it is."""
        host = getattr(addr, "host", "::")
        if self._balancers and is_within(host, self._balancers):
            return BehindBalancer(
                self._surroundings.clock,
                lambda source, is_early: self._serve(source.host if source else host, source, is_early=is_early),
            )
        return self._serve(host, None, is_early=False)

    def _serve(self, host: str, source: Source | None, *, is_early: bool) -> Protocol:
        key = client_key(host)
        refusal = self._surroundings.traffic.admit(key)
        if refusal is not None:
            return TurnAway(refusal)
        is_trusted = bool(self._trusted) and is_within(host, self._trusted)
        peer = Peer(key, source, is_trusted, is_early)
        protocol = SmtpProtocol(self._surroundings, self._conversation_factory(), self._forget, peer)
        self._open[protocol] = key
        return protocol

    def drain(self) -> Deferred[None]:
        """Asks every session to end; fires when all have."""
        done: Deferred[None] = Deferred()
        self._when_empty = done
        for protocol in list(self._open):
            protocol.drain()
        self._tell_if_empty()
        return done

    def abort(self) -> None:
        """Cuts every connection that is left."""
        for protocol in list(self._open):
            protocol.abort()

    def _forget(self, protocol: SmtpProtocol) -> None:
        self._surroundings.traffic.leave(self._open.pop(protocol))
        self._tell_if_empty()

    def _tell_if_empty(self) -> None:
        if self._when_empty is not None and not self._open:
            done, self._when_empty = self._when_empty, None
            done.callback(None)


class SmtpListener(Service):
    """The service: accepts from its start to its stop."""

    name = "smtp"

    def __init__(
        self,
        reactor: Reactor,
        sockets: Sequence[socket.socket],
        conversation_factory: ConversationFactory,
        tls_context_factory: object | None,
        limits: Limits,
        hostname: str,
        drain_seconds: float = 25.0,
        balancers: Sequence[Network] = (),
        trusted: Sequence[Network] = (),
        tally: Tally | None = None,
    ) -> None:
        self._reactor = reactor
        self._sockets = sockets
        self._drain_seconds = drain_seconds
        self._ports: list[IListeningPort] = []
        traffic, turns = Traffic(limits, reactor.seconds, tally), ReadingTurns(reactor)
        surroundings = Surroundings(reactor, hostname, limits, tls_context_factory, traffic, turns)
        self.factory = SmtpFactory(surroundings, conversation_factory, balancers, trusted)

    def startService(self) -> None:
        """Begins to accept. The sockets are listening already; Twisted works on copies of their descriptors."""
        super().startService()
        for listening in self._sockets:
            listening.setblocking(False)
            self._ports.append(self._reactor.adoptStreamPort(listening.fileno(), listening.family, self.factory))

    async def _stop(self) -> None:
        ports, self._ports = self._ports, []
        await DeferredList([maybeDeferred(port.stopListening) for port in ports])
        for listening in self._sockets:
            listening.close()
        drained = self.factory.drain()
        cut: Delayed = self._reactor.callLater(self._drain_seconds, self.factory.abort)
        await drained
        if cut.active():
            cut.cancel()

    def stopService(self) -> Deferred[None]:
        """Stops accepting; fires when the last session has ended."""
        super().stopService()
        return Deferred.fromCoroutine(self._stop())
