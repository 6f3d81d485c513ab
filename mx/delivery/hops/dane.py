"""TLSA and MX records that DNSSEC vouches for, asked of the operator's validating resolver.

Comes in: a host and a port, or a domain. Goes out: records whose answer has the AD bit. The bit is believed, so the
resolver has to be one that the operator names (PRATIQUE_RESOLVER), reached over a way that nobody can change.
A route that asks for DANE gets nothing less: no record, no vouching, no answer, each means that the copy waits.

Standards: RFC 7672 sections 2.2.1 (MX), 2.2.2 (aliases: TLSA records are looked for at the host's real name first) and
3.1 (records of usages that SMTP has no use for do not count); RFC 6698 section 3 (`_25._tcp.` and the host);
RFC 6840 section 5.7 (AD in a question asks for AD in the answer).

Failure: `NotSecure`, with the reason for the trace.
Limits: ANSWER_SECONDS for a question. They run in threads of the reactor's pool: the library that knows TLSA waits.
"""

from collections.abc import Callable
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
    """TLSA records of a host, at least one."""

    base: str
    """The name that they belong to, which a certificate may be for."""
    records: tuple[Tlsa, ...]


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
    for name in (*_real_name(resolver, host), host):
        answer = _ask(resolver, f"_{port}._tcp.{name}", "TLSA")
        if answer is not None and _is_vouched_for(answer) and answer.rrset is not None:
            found = (Tlsa(each.usage, each.selector, each.mtype, bytes(each.cert)) for each in answer)
            usable = tuple(record for record in found if is_usable(record))
            if not usable:
                raise NotSecure(f"DANE: SMTP has no use for the TLSA records of {name}")
            return Vouched(name, usable)
    raise NotSecure(f"DANE: {host} has no TLSA record for port {port} that DNSSEC vouches for")


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
