"""SPF: may this client send for this domain? Pure, but that it asks the DNS through what it is given.

Comes in: the client's address, what it said in HELO, the reverse-path. Goes out: a Result.

Standards: RFC 7208 sections 2.4, 4, 5 and 6.1; the explanation (section 6.2) is not asked for: nobody is refused by it.
Limits: 10 terms that ask the DNS, 2 of them without an answer, 10 hosts of an MX (section 4.6.4).
"""

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from mx.authentication.questions import Dns, DnsFailed, Result
from mx.authentication.spf_record import BadRecord, Circumstance, Mechanism, expand, is_record, parse_record

MOST_LOOKUPS = 10
MOST_VOID = 2
MOST_HOSTS = 10
_ASKING = frozenset({"include", "a", "mx", "ptr", "exists"})


class _TooMuch(Exception):
    """A limit of section 4.6.4."""


@dataclass(frozen=True, slots=True)
class SpfAnswer:
    """What SPF says, and of whom."""

    result: Result
    domain: str
    """Of the reverse-path, or of HELO where that is null."""


@dataclass(slots=True)
class _Check:
    """What is carried through one check."""

    dns: Dns
    address: IPv4Address | IPv6Address
    sender: str
    helo: str
    lookups: int = 0
    void: int = 0
    seen: list[str] = field(default_factory=list)

    def count_lookup(self) -> None:
        self.lookups += 1
        if self.lookups > MOST_LOOKUPS:
            raise _TooMuch

    def note(self, answer: tuple[object, ...]) -> None:
        if not answer:
            self.void += 1
            if self.void > MOST_VOID:
                raise _TooMuch


async def check(dns: Dns, client: str, helo: str, reverse_path: str) -> SpfAnswer:
    """What SPF says of this client and reverse-path; for the null one, of its HELO name (section 2.4)."""
    domain = (reverse_path.rpartition("@")[2] if reverse_path else helo).rstrip(".").lower()
    sender = reverse_path if reverse_path.rpartition("@")[0] else f"postmaster@{domain}"
    address = ip_address(client.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if not _can_be_asked(domain):
        return SpfAnswer(Result.NONE, domain)
    state = _Check(dns, address, sender, helo)
    try:
        return SpfAnswer(await _check_host(state, domain), domain)
    except DnsFailed:
        return SpfAnswer(Result.TEMPORARY_ERROR, domain)
    except (_TooMuch, BadRecord):
        return SpfAnswer(Result.PERMANENT_ERROR, domain)


def _can_be_asked(domain: str) -> bool:
    labels = domain.split(".")
    return len(labels) > 1 and len(domain) <= 253 and all(0 < len(label) <= 63 for label in labels) and domain.isascii()


async def _check_host(state: _Check, domain: str) -> Result:
    """Section 4: the result for this domain, which may be another than the one asked about."""
    records = [text for text in await state.dns.txt(domain) if is_record(text)]
    if not records:
        return Result.NONE
    if len(records) > 1:
        raise BadRecord("there are several")
    record = parse_record(records[0])
    for mechanism in record.mechanisms:
        if await _matches(state, mechanism, domain):
            return mechanism.result
    if record.redirect:
        state.count_lookup()
        result = await _check_host(state, _target(state, record.redirect, domain))
        if result is Result.NONE:
            raise BadRecord("it redirects to where there is none")
        return result
    return Result.NEUTRAL


async def _matches(state: _Check, mechanism: Mechanism, domain: str) -> bool:
    if mechanism.network is not None:
        return state.address in mechanism.network
    if mechanism.name == "all":
        return True
    state.count_lookup()
    target = _target(state, mechanism.domain, domain) if mechanism.domain else domain
    match mechanism.name:
        case "include":
            return await _is_included(state, target)
        case "a":
            return _is_near(state, await _addresses(state, target), mechanism)
        case "mx":
            return await _is_exchanger(state, target, mechanism)
        case "exists":
            found = await state.dns.addresses(target, 4)
            state.note(found)
            return bool(found)
        case _:
            return await _is_named(state, target)


def _target(state: _Check, text: str, domain: str) -> str:
    client = state.address
    nibbles = ".".join(client.exploded.replace(":", "")) if isinstance(client, IPv6Address) else str(client)
    given = Circumstance(state.sender, domain, str(client), nibbles, state.helo)
    return expand(text, given).rstrip(".").lower()


async def _is_included(state: _Check, target: str) -> bool:
    result = await _check_host(state, target)
    if result is Result.NONE:
        raise BadRecord("it includes where there is none")
    return result is Result.PASS


async def _addresses(state: _Check, name: str) -> tuple[str, ...]:
    found = await state.dns.addresses(name, state.address.version)
    state.note(found)
    return found


def _is_near(state: _Check, addresses: tuple[str, ...], mechanism: Mechanism) -> bool:
    length = mechanism.lengths[0 if state.address.version == 4 else 1]
    return any(state.address in ip_network((each, length), strict=False) for each in addresses)


async def _is_exchanger(state: _Check, target: str, mechanism: Mechanism) -> bool:
    hosts = await state.dns.mail_exchangers(target)
    state.note(hosts)
    if len(hosts) > MOST_HOSTS:
        raise _TooMuch
    for host in hosts:
        if _is_near(state, await state.dns.addresses(host, state.address.version), mechanism):
            return True
    return False


async def _is_named(state: _Check, target: str) -> bool:
    """`ptr` (section 5.5): a failure of the DNS is no match."""
    try:
        names = await state.dns.names(str(state.address))
        state.note(names)
        for name in names[:MOST_HOSTS]:
            lower = name.rstrip(".").lower()
            if lower != target and not lower.endswith("." + target):
                continue
            if str(state.address) in await state.dns.addresses(name, state.address.version):
                return True
    except DnsFailed:
        return False
    return False
