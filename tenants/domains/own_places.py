"""What is ourselves: names and sockets that no route may lead to, because mail sent there would come back. Pure.

Comes in: the names of this service and the addresses it listens on. Goes out: whether a route names one of them, and
whether an address that is about to be connected to is one.

Failure: none. What cannot be known from the text of a route (a name that leads to us) is found when it is looked up.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from tenants.domains.routes import Route, RouteError

SMTP_PORT = 25


@dataclass(frozen=True, slots=True)
class OwnPlaces:
    """Names and sockets of this service."""

    names: frozenset[str] = frozenset()
    """Host names of ours, in lower case."""
    service: str = ""
    """Each domain's MX name is below `mx.` of it."""
    sockets: tuple[tuple[str, int], ...] = ()
    """Address and port of each listening socket."""
    is_balanced: bool = False
    """A balancer stands before us, and listens on the port of SMTP."""

    @property
    def ports(self) -> frozenset[int]:
        """The ports at which our names lead to us."""
        return frozenset({port for _, port in self.sockets} | ({SMTP_PORT} if self.is_balanced else set()))

    def has_name(self, host: str, port: int) -> bool:
        """Whether this host name leads to us at this port.

        A server of somebody else's may stand beside us, under our name and at another port. MX names are ours alone.
        """
        name = host.lower().rstrip(".")
        if self.service and name.endswith(f".mx.{self.service}"):
            return True
        return name in self.names and port in self.ports | {SMTP_PORT}

    def listens_at(self, address: str, port: int) -> bool:
        """Whether one of our sockets is bound to just this address and port."""
        return any(port == own and _same(address, host) for host, own in self.sockets)

    def listens_everywhere_at(self, port: int) -> bool:
        """Whether one of our sockets has this port at every address of the machine."""
        return any(port == own and _is_wildcard(host) for host, own in self.sockets)

    def refuse(self, routes: Iterable[Route]) -> None:
        """Raises RouteError when a route leads to ourselves, as far as its text shows."""
        for route in routes:
            if self.has_name(route.host, route.port) or self.listens_at(route.host, route.port):
                raise RouteError(
                    f"The route {route.text!r} leads to this service itself; it has to name the domain's own server."
                )


def _same(address: str, other: str) -> bool:
    try:
        return _plain(address) == _plain(other)
    except ValueError:
        return False


def _is_wildcard(host: str) -> bool:
    try:
        return _plain(host).is_unspecified
    except ValueError:
        return False


def _plain(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address; an IPv4 one where it stands inside an IPv6 one."""
    parsed = ipaddress.ip_address(address)
    inner = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return inner or parsed
