"""TLSA and MX records that DNSSEC vouches for, asked of the operator's validating resolver.

Comes in: a host and a port, or a domain. Goes out: records whose answer has the AD bit. The bit is believed, so the
resolver has to be one that the operator names (PRATIQUE_RESOLVER), reached over a way that nobody can change.
A route that asks for DANE gets nothing less: no record, no vouching, no answer, each means that the copy waits.
Of a host whose route does not ask, `assurance` finds out what there is: records are binding wherever they are, and only
the answer that there are none lets mail go without.

Standards: RFC 7672 sections 2.1 (a look-up that fails is no answer), 2.2 (records of which SMTP has use for none: TLS
all the same), 2.2.1 (MX), 2.2.2 (aliases: TLSA records are looked for at the host's real name first; none are where
the addresses are not vouched for) and 3.1 (usages); RFC 6698 section 3 (`_25._tcp.` and the host);
RFC 6840 section 5.7 (AD in a question asks for AD in the answer).

Failure: `NotSecure`, with the reason for the trace. An answer that cannot be read, a TLSA record too short for its
fields included, is no answer: the copy waits, as for one that DNSSEC calls bogus (section 2.1).
Limits: ANSWER_SECONDS for a question. They run in threads of the reactor's pool: the library that knows TLSA waits.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from twisted.internet.threads import deferToThreadPool

from mx.delivery.hops.certificates import is_usable
from mx.delivery.hops.hop import Tlsa
from mx.names.failures import NoSuchName

if TYPE_CHECKING:
    from dns.resolver import Answer, Resolver

ANSWER_SECONDS = 5.0
MOST_KEPT = 2000
_DATAGRAM_OCTETS = 1232
T = TypeVar("T")


class NotSecure(Exception):
    """DNSSEC vouches for nothing here; the text says why."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """TLSA records of a host."""

    base: str
    """The name that they belong to, which a certificate may be for."""
    records: tuple[Tlsa, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A host of a route that does not ask for DANE."""

    domain: str
    """Whose MX records name the host; empty where the route does."""
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Assurance:
    """What DNSSEC says of such a host."""

    is_name_sure: bool
    """The host's name comes from the route, or from MX records that are vouched for."""
    base: str = ""
    """The name that its TLSA records belong to; empty: there are none."""
    records: tuple[Tlsa, ...] = ()
    """The usable ones; with a base and none of these, TLS is asked for, and anybody's certificate will do."""


class Dane:
    """Asks one resolver."""

    def __init__(self, reactor: Any, server: tuple[str, int] | None) -> None:
        """`server`: address and port of the operator's resolver; without one, nothing is secure."""
        self._reactor, self._server = reactor, server
        self._resolver: Resolver | None = None

    async def records(self, host: str, port: int) -> Vouched:
        """The TLSA records of this host. Raises NotSecure."""
        return await self._in_thread(lambda resolver: vouched_records(resolver, host, port))

    async def exchangers(self, domain: str) -> tuple[tuple[int, str], ...]:
        """Preference and host of each MX record; none is an answer, too. Raises NotSecure, NoSuchName."""
        return await self._in_thread(lambda resolver: _exchangers(resolver, domain))

    @property
    def is_possible(self) -> bool:
        """There is a resolver whose word counts."""
        return self._server is not None

    async def assurance(self, place: Place) -> Assurance:
        """Raises NotSecure where it cannot be found out."""
        return await self._in_thread(lambda resolver: assured(resolver, place))

    async def _in_thread(self, ask: "Callable[[Resolver], T]") -> T:
        if self._server is None:
            raise NotSecure("DANE needs a validating resolver: none is set (PRATIQUE_RESOLVER)")
        if self._resolver is None:
            self._resolver = validating_resolver(*self._server)
        return await deferToThreadPool(self._reactor, self._reactor.getThreadPool(), ask, self._resolver)


def validating_resolver(address: str, port: int) -> "Resolver":
    """The operator's resolver, asked for its word on each answer."""
    # Imported here: only who has a route with DANE pays for it.
    from dns import flags, resolver

    made = resolver.Resolver(configure=False)
    made.nameservers, made.port, made.lifetime = [address], port, ANSWER_SECONDS
    made.use_edns(0, 0, _DATAGRAM_OCTETS)
    made.flags = flags.RD | flags.AD
    made.cache = resolver.LRUCache(MOST_KEPT)
    return made


def vouched_records(resolver: "Resolver", host: str, port: int) -> Vouched:
    """The TLSA records of this host; waits for the answers. Raises NotSecure."""
    found = _records(resolver, (*_real_name(resolver, host), host), port)
    if found is None:
        raise NotSecure(f"DANE: {host} has no TLSA record for port {port} that DNSSEC vouches for")
    if not found.records:
        raise NotSecure(f"DANE: SMTP has no use for the TLSA records of {found.base}")
    return found


def assured(resolver: "Resolver", place: Place) -> Assurance:
    """What DNSSEC says of this place; waits for the answers. Raises NotSecure."""
    if place.domain:
        answer = _ask(resolver, place.domain, "MX")
        if answer is None or not _is_vouched_for(answer):
            return Assurance(is_name_sure=False)
    names = _secure_names(resolver, place.host)
    found = _records(resolver, names, place.port) if names else None
    return Assurance(True, found.base, found.records) if found else Assurance(is_name_sure=True)


def _records(resolver: "Resolver", names: Iterable[str], port: int) -> Vouched | None:
    """The usable TLSA records at the first of these names that has any; perhaps none of them is."""
    for name in names:
        answer = _ask(resolver, f"_{port}._tcp.{name}", "TLSA")
        if answer is not None and _is_vouched_for(answer) and answer.rrset is not None:
            found = (Tlsa(each.usage, each.selector, each.mtype, bytes(each.cert)) for each in answer)
            return Vouched(name, tuple(record for record in found if is_usable(record)))
    return None


def _secure_names(resolver: "Resolver", host: str) -> tuple[str, ...]:
    """The names to look for TLSA records at: none where the addresses, and where an alias leads, can be forged."""
    answer = _ask(resolver, host, "A")
    if answer is None:
        return ()
    if _is_vouched_for(answer):
        real = answer.canonical_name.to_text(omit_final_dot=True).lower()
        return tuple(dict.fromkeys((real, host)))
    alias = _ask(resolver, host, "CNAME")
    is_own_zone_secure = alias is not None and alias.rrset is not None and _is_vouched_for(alias)
    return (host,) if is_own_zone_secure else ()


def _real_name(resolver: "Resolver", host: str) -> tuple[str, ...]:
    """Where the host's alias leads, when it has one that DNSSEC vouches for."""
    answer = _ask(resolver, host, "A")
    if answer is None or not _is_vouched_for(answer):
        return ()
    real = answer.canonical_name.to_text(omit_final_dot=True).lower()
    return () if real == host else (real,)


def _exchangers(resolver: "Resolver", domain: str) -> tuple[tuple[int, str], ...]:
    answer = _ask(resolver, domain, "MX")
    if answer is None:
        raise NoSuchName(f"there is no name {domain}")
    if not _is_vouched_for(answer):
        raise NotSecure(f"DANE: DNSSEC does not vouch for the MX records of {domain}")
    if answer.rrset is None:
        return ()
    return tuple((each.preference, each.exchange.to_text(omit_final_dot=True).lower().rstrip(".")) for each in answer)


def _ask(resolver: "Resolver", name: str, kind: str) -> "Answer | None":
    """The answer, which may hold no record; None where there is no such name. Raises NotSecure."""
    from dns.exception import DNSException
    from dns.resolver import NXDOMAIN

    try:
        return resolver.resolve(name, kind, raise_on_no_answer=False, search=False)
    except NXDOMAIN:
        return None
    except DNSException as error:
        raise NotSecure(f"DANE: {name} could not be looked up: {type(error).__name__}") from None


def _is_vouched_for(answer: "Answer") -> bool:
    from dns import flags

    return bool(answer.response.flags & flags.AD)
