"""Whom delivery asks, by what the operator has named."""

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.testing import MemoryReactorClock

from mx.delivery.hops.surroundings import Surroundings, make_hops
from tenants.domains.routes import parse_route


class Asked(MemoryReactorClock):
    """A reactor that notes whom it was told to ask."""

    def __init__(self) -> None:
        super().__init__()
        self.nameResolver = self
        self.by_the_system: list[str] = []

    def resolveHostName(self, receiver: Any, name: str) -> None:
        """The machine's own look-up."""
        self.by_the_system.append(name)

    @property
    def is_dns_asked(self) -> bool:
        """Whether a socket for DNS questions was opened."""
        return bool(self.udpPorts) if hasattr(self, "udpPorts") else False

    def listenUDP(self, port: int, protocol: Any, *arguments: Any, **named: Any) -> Any:
        """Notes it."""
        self.udpPorts = {port: protocol}
        raise OSError("no sockets here")


def look_up(given: Surroundings) -> Asked:
    """The reactor after a host was looked up."""
    reactor = Asked()
    addresses, _ = make_hops(reactor, given, lambda: 0.5)
    Deferred.fromCoroutine(addresses.of("mail.acme.example", 25, 5.0)).addErrback(lambda failure: None)
    return reactor


def test_the_machine_is_asked_unless_a_resolver_is_named() -> None:
    """Its hosts file counts, whoever answers MX questions."""
    reactor = look_up(Surroundings(system_resolver=("192.0.2.53", 53)))
    assert reactor.by_the_system == ["mail.acme.example"]
    assert not reactor.is_dns_asked


def test_a_resolver_that_is_named_is_asked_for_everything() -> None:
    """And nobody else is."""
    reactor = look_up(Surroundings(resolver=("192.0.2.53", 53), system_resolver=("192.0.2.54", 53)))
    assert reactor.by_the_system == []
    assert reactor.is_dns_asked


def test_mx_questions_go_to_the_machines_server() -> None:
    """Where there is one."""
    for server in (("192.0.2.53", 53), None):
        reactor = Asked()
        _, hops = make_hops(reactor, Surroundings(system_resolver=server), lambda: 0.5)
        Deferred.fromCoroutine(hops.hosts_of(parse_route("mx://acme.example"), 5.0)).addErrback(lambda failure: None)
        assert reactor.is_dns_asked is (server is not None)
