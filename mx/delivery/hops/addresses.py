"""A next hop's host -> the addresses that may be connected to.

Comes in: a host name or an address literal, and a port. Goes out: addresses, in the order of the resolver.
What is checked is the address that will be connected to, never the name: a name can change between two look-ups. It is
checked each time, also where the look-up's answer was kept.

Two things are never connected to: ourselves (a socket of ours, or an address of our own name at a port of ours), and,
unless the operator allows it, an address that is not of the open internet.

Standards: RFC 6890 (special-purpose addresses); RFC 4291 section 2.5.5, RFC 3056, RFC 6052 (IPv4 inside IPv6).

Failure: a host without an address, and one whose addresses are all refused, raises `NoAddress`; the copies are
Unreachable, and tried again. One that has been absent from the DNS for an hour has the refusal in it.
Limits: an answer is believed for 30 s.
"""

import ipaddress
import socket
from collections.abc import Sequence
from functools import lru_cache

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

from mx.delivery.contract import NextHopReply
from mx.delivery.hops.absences import Absences
from mx.delivery.hops.shared_look_ups import HostLookUp, SharedLookUps
from mx.names.failures import DnsFailed, NoSuchName
from tenants.domains.own_places import OwnPlaces

BELIEVED_SECONDS = 30.0
MOST_BELIEVED = 1000
NO_SUCH_NAME = NextHopReply(550, "5.4.4", "the next hop's name does not exist")
NOWHERE = OwnPlaces()
OURSELVES = "is this service itself"
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class NoAddress(Exception):
    """The host cannot be connected to; the text says why, for the trace."""

    def __init__(self, reason: str, refusal: NextHopReply | None = None) -> None:
        """`refusal`: what the copies are refused with, where this is so for good."""
        super().__init__(reason)
        self.refusal = refusal


@lru_cache(maxsize=MOST_BELIEVED)
def is_public(address: str) -> bool:
    """Whether an address is one of the open internet, IPv4 addresses inside IPv6 ones included."""
    parsed = _parsed(address)
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


def why_not(address: str, port: int, own: OwnPlaces, *, allow_private: bool) -> str | None:
    """Why this address must not be connected to, as the end of a sentence; None when it may be."""
    if own.listens_at(address, port) or (own.listens_everywhere_at(port) and is_of_this_machine(address)):
        return OURSELVES
    if _parsed(address).is_unspecified:
        return "is no address to connect to"
    return None if allow_private or is_public(address) else "is a private address"


def is_of_this_machine(address: str) -> bool:
    """Whether an interface of this machine has the address: what is not its own cannot be bound to."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind((address, 0))
        except OSError:
            return False
        return True


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


class SystemHosts:
    """The look-up of this machine, its hosts file included; it cannot tell an absent name from a silent server."""

    def __init__(self, reactor: IReactorPluggableNameResolver) -> None:
        self._reactor = reactor

    async def hosts(self, name: str) -> tuple[str, ...]:
        """See `HostLookUp`."""
        collector = _Collector()
        self._reactor.nameResolver.resolveHostName(collector, name)
        return await collector.found


class Addresses:
    """Looks hosts up, and keeps what must not be connected to out."""

    def __init__(
        self, clock: IReactorTime, look_up: HostLookUp, *, allow_private: bool, own: OwnPlaces = NOWHERE
    ) -> None:
        self._clock, self._look_ups, self._allow_private, self._own = (
            clock,
            SharedLookUps(look_up.hosts, clock),
            allow_private,
            own,
        )
        self._believed: dict[str, tuple[float, tuple[str, ...]]] = {}
        self._absences = Absences()
        self._own_addresses: frozenset[str] = frozenset()

    async def of(self, host: str, port: int, seconds: float) -> Sequence[str]:
        """The addresses to try at this port, at least one. Raises NoAddress."""
        if self._own.has_name(host, port):
            raise NoAddress(f"{host} is this service itself")
        found = self._known(host) or await self._ask(host, seconds)
        complaints = {address: self._why_not(address, port) for address in found}
        allowed = [address for address, complaint in complaints.items() if complaint is None]
        if not found:
            raise NoAddress(f"{host} has no address")
        if not allowed:
            raise NoAddress(f"{host} {complaints[found[0]]}")
        return allowed

    async def learn_own(self, seconds: float) -> None:
        """Look our own names up; where that gives nothing, what was known stays known."""
        found: set[str] = set()
        for name in sorted(self._own.names):
            try:
                found.update(_literal(name) or await self._look_ups.answer(name, seconds))
            except (DnsFailed, NoSuchName, TooLate):
                continue
        self._own_addresses = frozenset(found) or self._own_addresses

    def note_absent(self, name: str) -> NoAddress:
        """The DNS says that there is no such name: the failure that this means by now."""
        is_for_good = self._absences.note_absent(name, self._clock.seconds())
        return NoAddress(f"there is no name {name} in the DNS", NO_SUCH_NAME if is_for_good else None)

    def note_there(self, name: str) -> None:
        """The DNS has the name."""
        self._absences.note_there(name)

    def _why_not(self, address: str, port: int) -> str | None:
        if address in self._own_addresses and port in self._own.ports:
            return OURSELVES
        return why_not(address, port, self._own, allow_private=self._allow_private)

    def _known(self, host: str) -> tuple[str, ...]:
        until, addresses = self._believed.get(host, (0.0, ()))
        return addresses if self._clock.seconds() < until else ()

    async def _ask(self, host: str, seconds: float) -> tuple[str, ...]:
        if literal := _literal(host):
            return literal
        try:
            addresses = await self._look_ups.answer(host, seconds)
        except TooLate:
            raise NoAddress(f"{host} could not be looked up in time") from None
        except DnsFailed as error:
            raise NoAddress(f"{host} could not be looked up: {error}") from None
        except NoSuchName:
            raise self.note_absent(host) from None
        self.note_there(host)
        return self._believe(host, addresses)

    def _believe(self, host: str, addresses: tuple[str, ...]) -> tuple[str, ...]:
        if addresses:
            if len(self._believed) >= MOST_BELIEVED:
                self._believed.clear()
            self._believed[host] = (self._clock.seconds() + BELIEVED_SECONDS, addresses)
        return addresses


@lru_cache(maxsize=MOST_BELIEVED)
def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Every message asks of the same few. Raises ValueError."""
    return ipaddress.ip_address(address)


def is_literal(host: str) -> bool:
    """Whether it is an address and no name."""
    return bool(_literal(host))


@lru_cache(maxsize=MOST_BELIEVED)
def _literal(host: str) -> tuple[str, ...]:
    try:
        return (str(_parsed(host)),)
    except ValueError:
        return ()
