"""A route's host -> the addresses that may be connected to.

Comes in: a host name or an address literal. Goes out: addresses, in the order of the resolver.
What is checked is the address that will be connected to, never the name: a name can change between two look-ups.

Standards: RFC 6890 (special-purpose addresses); RFC 4291 section 2.5.5, RFC 3056, RFC 6052 (IPv4 inside IPv6).

Failure: a host without an address, and one whose addresses are all refused, raises `NoAddress`; the copies are
Unreachable, and tried again.
Limits: an answer is believed for 30 s. Known gaps: MX records of the host are not looked up.
"""

import ipaddress
from collections.abc import Sequence
from typing import cast

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as TooLate
from twisted.internet.interfaces import (
    IAddress,
    IHostResolution,
    IReactorPluggableNameResolver,
    IReactorTime,
    IResolutionReceiver,
)
from zope.interface import implementer

BELIEVED_SECONDS = 30.0
MOST_BELIEVED = 1000
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class NoAddress(Exception):
    """The host cannot be connected to; the text says why."""


def is_public(address: str) -> bool:
    """Whether an address is one of the open internet, IPv4 addresses inside IPv6 ones included."""
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.scope_id is not None:
            return False
        inner = [parsed.ipv4_mapped, parsed.sixtofour, *(parsed.teredo or ())]
        if parsed in _NAT64:
            inner.append(ipaddress.IPv4Address(parsed.packed[-4:]))
        if any(one is not None and not is_public(str(one)) for one in inner):
            return False
        if parsed.ipv4_mapped is not None:
            return True
    return parsed.is_global and not parsed.is_multicast


@implementer(IResolutionReceiver)
class _Collector:
    """Waits for all addresses of one host."""

    def __init__(self) -> None:
        self.found: Deferred[tuple[str, ...]] = Deferred()
        self._addresses: list[str] = []

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:
        pass

    def addressResolved(self, address: IAddress) -> None:
        if isinstance(address, IPv4Address | IPv6Address):
            self._addresses.append(address.host)

    def resolutionComplete(self) -> None:
        if not self.found.called:
            self.found.callback(tuple(dict.fromkeys(self._addresses)))


class Addresses:
    """Looks hosts up."""

    def __init__(self, reactor: IReactorPluggableNameResolver, *, allow_private: bool) -> None:
        self._reactor, self._allow_private = reactor, allow_private
        self._clock = cast(IReactorTime, reactor)
        self._believed: dict[str, tuple[float, tuple[str, ...]]] = {}

    async def of(self, host: str, seconds: float) -> Sequence[str]:
        """The addresses to try, at least one. Raises NoAddress."""
        found = self._known(host) or await self._look_up(host, seconds)
        allowed = [address for address in found if self._allow_private or is_public(address)]
        if not found:
            raise NoAddress(f"{host} has no address")
        if not allowed:
            raise NoAddress(f"{host} is a private address")
        return allowed

    def _known(self, host: str) -> tuple[str, ...]:
        until, addresses = self._believed.get(host, (0.0, ()))
        return addresses if self._clock.seconds() < until else ()

    async def _look_up(self, host: str, seconds: float) -> tuple[str, ...]:
        if literal := _literal(host):
            return self._believe(host, literal)
        collector = _Collector()
        self._reactor.nameResolver.resolveHostName(collector, host)
        try:
            addresses = await collector.found.addTimeout(seconds, self._clock)
        except TooLate:
            raise NoAddress(f"{host} could not be looked up in time") from None
        return self._believe(host, addresses)

    def _believe(self, host: str, addresses: tuple[str, ...]) -> tuple[str, ...]:
        if addresses:
            if len(self._believed) >= MOST_BELIEVED:
                self._believed.clear()
            self._believed[host] = (self._clock.seconds() + BELIEVED_SECONDS, addresses)
        return addresses


def _literal(host: str) -> tuple[str, ...]:
    try:
        return (str(ipaddress.ip_address(host)),)
    except ValueError:
        return ()
