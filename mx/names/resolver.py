"""The DNS, asked of one server by Twisted's client, with answers kept for as long as they are good.

SPF, DKIM and DMARC take "there is no such name" for an answer, an empty one; delivery (`hosts`, `exchangers`) has to
know it from a name without such records.

Standards: RFC 1035; RFC 2308 (that there is no such record is kept as well, for NOTHING_SECONDS).
Failure: `DnsFailed`: no answer in time, or one that says that the server failed. `NoSuchName` for delivery alone. The
server is one that follows aliases: a chain of them is taken as far as its answer goes.
Limits: MOST_KEPT answers, MOST_SECONDS; QUESTION_SECONDS for each question.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError
from twisted.names import dns
from twisted.names.client import Resolver
from twisted.names.error import DNSNameError, DNSQueryTimeoutError, DomainError, ResolverError

from mx.names.failures import DnsFailed, NoSuchName

QUESTION_SECONDS = (1, 3)
MOST_KEPT = 10_000
MOST_SECONDS = 3600
LEAST_SECONDS = 5
NOTHING_SECONDS = 60
_MOST_TEXTS = 50


@dataclass(frozen=True, slots=True)
class _Kept:
    records: tuple[Any, ...]
    until: float
    exists: bool = True


_NOWHERE = _Kept((), 0.0, exists=False)


class NamesResolver:
    """`mx.authentication.questions.Dns`, and what delivery asks."""

    def __init__(self, reactor: Any, server: tuple[str, int]) -> None:
        self._resolver = Resolver(servers=[server], reactor=reactor)
        self._seconds: Callable[[], float] = reactor.seconds
        self._kept: OrderedDict[tuple[int, str], _Kept] = OrderedDict()

    async def txt(self, name: str) -> tuple[bytes, ...]:
        """See `mx.authentication.questions.Dns`."""
        records = await self._ask(dns.TXT, name, self._resolver.lookupText)
        return tuple(b"".join(record.data) for record in records[:_MOST_TEXTS])

    async def addresses(self, name: str, version: int) -> tuple[str, ...]:
        """See `mx.authentication.questions.Dns`."""
        if version == 6:
            records = await self._ask(dns.AAAA, name, self._resolver.lookupIPV6Address)
        else:
            records = await self._ask(dns.A, name, self._resolver.lookupAddress)
        return tuple(str(ip_address(record.address)) for record in records)

    async def mail_exchangers(self, name: str) -> tuple[str, ...]:
        """See `mx.authentication.questions.Dns`."""
        records = await self._ask(dns.MX, name, self._resolver.lookupMailExchange)
        best = sorted(records, key=lambda record: record.preference)
        return tuple(record.name.name.decode("ascii", "replace").lower() for record in best)

    async def exchangers(self, name: str) -> tuple[tuple[int, str], ...]:
        """Preference and host of its MX records; the host of a null MX is empty. Raises DnsFailed, NoSuchName."""
        records = await self._existing(dns.MX, name, self._resolver.lookupMailExchange)
        return tuple(
            (record.preference, record.name.name.decode("ascii", "replace").lower().rstrip(".")) for record in records
        )

    async def hosts(self, name: str) -> tuple[str, ...]:
        """Its addresses of both kinds, IPv6 first. Raises DnsFailed, NoSuchName."""
        sixes = await self._existing(dns.AAAA, name, self._resolver.lookupIPV6Address)
        fours = await self._existing(dns.A, name, self._resolver.lookupAddress)
        return tuple(str(ip_address(record.address)) for record in (*sixes, *fours))

    async def names(self, address: str) -> tuple[str, ...]:
        """See `mx.authentication.questions.Dns`."""
        records = await self._ask(dns.PTR, ip_address(address).reverse_pointer, self._resolver.lookupPointer)
        return tuple(record.name.name.decode("ascii", "replace").lower() for record in records)

    async def _ask(
        self, kind: int, name: str, look_up: Callable[[str, Sequence[int]], "Deferred[Any]"]
    ) -> tuple[Any, ...]:
        return (await self._look(kind, name, look_up)).records

    async def _existing(
        self, kind: int, name: str, look_up: Callable[[str, Sequence[int]], "Deferred[Any]"]
    ) -> tuple[Any, ...]:
        found = await self._look(kind, name, look_up)
        if not found.exists:
            raise NoSuchName(f"there is no name {name}")
        return found.records

    async def _look(self, kind: int, name: str, look_up: Callable[[str, Sequence[int]], "Deferred[Any]"]) -> _Kept:
        if not _can_be(name):
            return _NOWHERE
        key = (kind, name.lower())
        kept = self._kept.get(key)
        if kept is not None and self._seconds() < kept.until:
            return kept
        exists = True
        try:
            answers, _, _ = await look_up(name, QUESTION_SECONDS)
        except DNSNameError:
            answers, exists = [], False
        except (DomainError, DNSQueryTimeoutError, ResolverError, ConnectError, OSError) as error:
            raise DnsFailed(f"{name}: {type(error).__name__}") from None
        found = [answer for answer in answers if answer.type == kind]
        seconds = min((answer.ttl for answer in found), default=NOTHING_SECONDS)
        until = self._seconds() + max(LEAST_SECONDS, min(seconds, MOST_SECONDS))
        return self._keep(key, _Kept(tuple(answer.payload for answer in found), until, exists))

    def _keep(self, key: tuple[int, str], kept: _Kept) -> _Kept:
        self._kept[key] = kept
        self._kept.move_to_end(key)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return kept


def _can_be(name: str) -> bool:
    """Whether the DNS can have such a name; one that it cannot have is nowhere in it."""
    labels = name.rstrip(".").split(".")
    return name.isascii() and len(name) <= 253 and all(0 < len(label) <= 63 for label in labels)
