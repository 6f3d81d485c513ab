"""A route -> the hops that it leads to: MX look-up, addresses, TLSA records.

Comes in: a route. Goes out: its hosts in the order in which they are tried, and for each host its hops.
A route that leaves TLS to the next hop asks for what DNSSEC vouches for all the same (`assurances.py`). A message that
requires TLS is offered over a verified session first, where the host's name is sure; where that does not come about,
an unverified one still learns whether anybody is there, and the message is refused.
A fixed host is its own only host. For `mx://` the hosts are those of the domain's MX records, best first; without MX
records the domain itself (the implicit MX). Hosts are looked up one after the other, when they are tried.

Standards: RFC 5321 section 5.1; RFC 7505 (null MX: refused for good, 5.1.10); RFC 7672 section 2.2 (DANE: MX, address
and TLSA records have to be vouched for by DNSSEC); RFC 8689 section 4.2.1 (REQUIRETLS).

Failure: `NoAddress`, with a refusal where it is for good.
Limits: MOST_HOSTS exchangers of a domain are tried.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as TooLate
from twisted.internet.interfaces import IReactorTime

from mx.delivery.contract import NextHopReply
from mx.delivery.hops.addresses import Addresses, NoAddress, is_literal, is_of_this_machine
from mx.delivery.hops.assurances import Assurances
from mx.delivery.hops.dane import Assurance, Dane, NotSecure, Place, Vouched
from mx.delivery.hops.hop import MOST_OPEN, Hop, Security
from mx.delivery.hops.route_order import NULL_MX, exchangers_in_order
from mx.names.failures import DnsFailed, NoSuchName
from tenants.domains.own_places import OwnPlaces
from tenants.domains.route_terms import Tls
from tenants.domains.routes import Route, Scheme

MOST_HOSTS = 10
TAKES_NO_MAIL = NextHopReply(556, "5.1.10", "the domain of the route takes no mail (null MX)")


class ExchangerLookUp(Protocol):
    """Who knows MX records: `mx.names.resolver.NamesResolver`."""

    async def exchangers(self, name: str) -> tuple[tuple[int, str], ...]:
        """Preference and host of each. Raises DnsFailed, NoSuchName."""
        ...


class Hops:
    """Looks routes up."""

    def __init__(
        self,
        clock: IReactorTime,
        addresses: Addresses,
        exchangers: ExchangerLookUp | None,
        dane: Dane,
        own: OwnPlaces,
        chance: Callable[[], float],
    ) -> None:
        """Without `exchangers` there is no DNS server, and no MX look-up."""
        self._clock, self._addresses, self._exchangers = clock, addresses, exchangers
        self._dane, self._own, self._chance = dane, own, chance
        self._assurances = Assurances(clock, dane)

    async def hosts_of(self, route: Route, seconds: float) -> Sequence[str]:
        """The hosts to try, at least one. Raises NoAddress."""
        if route.scheme != Scheme.MX:
            return (route.host,)
        try:
            records = await Deferred.fromCoroutine(self._records(route)).addTimeout(seconds, self._clock)
        except TooLate:
            raise NoAddress(f"the MX records of {route.host} could not be looked up in time") from None
        except DnsFailed as error:
            raise NoAddress(f"the MX records of {route.host} could not be looked up: {error}") from None
        except NotSecure as error:
            raise NoAddress(str(error)) from None
        except NoSuchName:
            raise self._addresses.note_absent(route.host) from None
        self._addresses.note_there(route.host)
        if records == NULL_MX:
            raise NoAddress(f"{route.host} takes no mail (null MX)", TAKES_NO_MAIL)

        def is_own(host: str) -> bool:
            return self._own.has_name(host, route.port)

        hosts = exchangers_in_order(records, is_own, self._chance) if records else [route.host]
        if not hosts:
            raise NoAddress(f"the MX records of {route.host} lead to this service itself")
        return hosts[:MOST_HOSTS]

    async def at(self, route: Route, host: str, seconds: float, *, requires_tls: bool = False) -> Sequence[Hop]:
        """The hops of one host of a route, at least one. Raises NoAddress."""
        end = self._clock.seconds() + seconds
        terms = route.terms
        vouched = await self._vouched(route, host) if terms.tls is Tls.DANE else None
        mandatory = security_of(route, host, vouched)
        if terms.source and not is_of_this_machine(terms.source):
            raise NoAddress(f"{terms.source}, which mail is to come from, is no address of this machine")
        found = await self._addresses.of(host, route.port, end - self._clock.seconds())
        addresses = [each for each in found if not terms.source or (":" in each) == (":" in terms.source)]
        if not addresses:
            raise NoAddress(f"{host} has no address of the family of {terms.source}")
        securities: tuple[Security, ...] = (mandatory,)
        if mandatory.is_plain_allowed and (requires_tls or self._dane.is_possible):
            assurance = await self._assurance(route, host, end - self._clock.seconds())
            securities = offered(route, host, assurance, requires_tls=requires_tls)
        most = terms.concurrency or MOST_OPEN
        return [
            Hop(address, route.port, security, terms.source, most) for security in securities for address in addresses
        ]

    async def _records(self, route: Route) -> tuple[tuple[int, str], ...]:
        if route.terms.tls is Tls.DANE:
            return await self._dane.exchangers(route.host)
        if self._exchangers is None:
            raise DnsFailed("this machine names no DNS server")
        return await self._exchangers.exchangers(route.host)

    async def _assurance(self, route: Route, host: str, seconds: float) -> Assurance:
        if is_literal(host):
            return Assurance(is_name_sure=True)
        place = Place(route.host if route.scheme == Scheme.MX else "", host, route.port)
        try:
            return await self._assurances.of(place, seconds)
        except NotSecure as error:
            raise NoAddress(str(error)) from None

    async def _vouched(self, route: Route, host: str) -> Vouched | None:
        """Of a route with DANE."""
        try:
            return await self._dane.records(host, route.port)
        except NotSecure as error:
            raise NoAddress(str(error)) from None


def security_of(route: Route, host: str, vouched: Vouched | None) -> Security:
    """What a connection to this host of the route has to show; `vouched`: its TLSA records, for DANE. Pure."""
    terms = route.terms
    if vouched is not None:
        names = tuple(dict.fromkeys((vouched.base, host, route.host)))
        return Security(terms.tls, names, tlsa=vouched.records, client=terms.client)
    if terms.tls is Tls.OPPORTUNISTIC:
        return Security(client=terms.client)
    return Security(terms.tls, (host,), terms.pins, client=terms.client)


def offered(route: Route, host: str, assurance: Assurance, *, requires_tls: bool) -> tuple[Security, ...]:
    """What is tried, in this order, at a host whose route leaves TLS to it. Pure."""
    client = route.terms.client
    names = tuple(dict.fromkeys((assurance.base, host, route.host)))
    if assurance.records:
        return (Security(Tls.DANE, names, tlsa=assurance.records, client=client),)
    # Somebody has published that there is TLS, in a way that we cannot check: less than that is not taken.
    least = Security(Tls.DANE, names, client=client) if assurance.base else Security(client=client)
    if requires_tls and assurance.is_name_sure:
        return Security(Tls.REQUIRED, (host,), client=client), least
    return (least,)
