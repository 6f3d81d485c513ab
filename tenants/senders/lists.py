"""The book of sender lists: whom a tenant wants to hear from, and whom not.

An entry is an address (`ann@supplier.example`), a domain (`supplier.example`: it and all below it), or a network
(`203.0.113.0/24`, `2001:db8::/32`). Where several fit, the narrowest counts: an address before a domain, a longer
domain before a shorter one, a domain before a network, a smaller network before a larger one. So one colleague can be
allowed out of a blocked domain.

The lists live here, outside every engine, and scale to millions of rows: a look-up asks for at most MOST_KEYS rows by
their whole key. What an entry does to a message is `mx/agents/sender_lists.py`; no entry keeps a message from being
scanned.

Failure: `Refusal` with one plain sentence that names the entry; nothing is changed then.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from itertools import islice

from sqlalchemy import Row, delete, func, select
from sqlalchemy.orm import Session

from tenants.domains.book import canonical_domain
from tenants.domains.groups import canonical_address
from tenants.refusals import NotFound, Refusal
from tenants.storage.statements import replace_rows
from tenants.storage.tables import senders

AGENT_NAME = "sender-lists"
"""What a policy's `agents` calls the agent that goes by these lists."""
MOST_KEYS = 80
_MOST_LABELS = 20
_IPV4_LENGTHS = range(32, 7, -1)
_IPV6_LENGTHS = (128, *range(64, 15, -1))
"""Nobody is given less than a /64 (RFC 6177 section 2), so between that and a single address nothing is asked."""
_ROWS_AT_ONCE = 500


class Listing(StrEnum):
    """What a tenant says of a sender."""

    ALLOW = "allow"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class ListedSender:
    """One entry."""

    entry: str
    listing: Listing
    note: str
    added_at: datetime
    added_by: str


def canonical_entry(text: str) -> str:
    """The one spelling of an entry. Raises Refusal for what is neither address, domain nor network."""
    stripped = text.strip()
    if "@" in stripped:
        return canonical_address(stripped)
    try:
        network = ip_network(stripped, strict=False)
    except ValueError:
        # `.example` and `*.example` are how other programs write "and all below it".
        return canonical_domain(stripped.removeprefix("*").removeprefix("."))
    lengths: Sequence[int] = _IPV4_LENGTHS if network.version == 4 else _IPV6_LENGTHS
    if network.prefixlen not in lengths:
        raise Refusal(f"The network {stripped} cannot be listed: /8 to /32, for IPv6 /16 to /64 or a single address.")
    return str(network)


def keys_of(address: str, client: str = "") -> tuple[str, ...]:
    """The entries that would fit this sender, the narrowest first; an address or a client may be empty. Pure."""
    keys: list[str] = []
    local_part, at, domain = address.rpartition("@")
    if at and local_part:
        try:
            spelled = canonical_domain(domain)
            labels = spelled.split(".")[-_MOST_LABELS:]
            keys.append(f"{local_part.lower()}@{spelled}")
            keys.extend(".".join(labels[start:]) for start in range(len(labels)))
        except Refusal:
            # An address literal, or what is no domain: no entry can name it.
            pass
    keys.extend(_networks_around(client))
    return tuple(keys)


def _networks_around(client: str) -> Iterable[str]:
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return ()
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if isinstance(address, IPv4Address):
        return (str(IPv4Network((int(address), length), strict=False)) for length in _IPV4_LENGTHS)
    return (str(IPv6Network((int(address), length), strict=False)) for length in _IPV6_LENGTHS)


def fitting(session: Session, *, tenant_id: int, keys: Sequence[str]) -> tuple[ListedSender, ...]:
    """The entries that a sender with these keys falls under, the narrowest, which counts, first."""
    table = senders.listed_sender
    asked = select(table).where(table.c.tenant_id == tenant_id, table.c.entry.in_(keys))
    found = {row.entry: _listed(row) for row in session.execute(asked)} if keys else {}
    return tuple(found[key] for key in keys if key in found)


def narrowest(session: Session, *, tenant_id: int, keys: Sequence[str]) -> ListedSender | None:
    """What this tenant says of a sender with these keys; None where it says nothing."""
    return next(iter(fitting(session, tenant_id=tenant_id, keys=keys)), None)


def put_senders(
    session: Session,
    *,
    tenant_id: int,
    listing: Listing,
    entries: Iterable[str],
    now: datetime,
    who: str,
    note: str = "",
) -> int:
    """Give these entries (canonical ones) this listing, whatever they had before; returns how many they are."""
    table, count = senders.listed_sender, 0
    rest = iter(dict.fromkeys(entries))
    while portion := list(islice(rest, _ROWS_AT_ONCE)):
        same = {"tenant_id": tenant_id, "listing": listing.value, "note": note, "added_at": now, "added_by": who}
        replace_rows(session, table, [{**same, "entry": entry} for entry in portion])
        count += len(portion)
    return count


def remove_senders(session: Session, *, tenant_id: int, entries: Sequence[str]) -> None:
    """Take these entries (canonical ones) off. Raises NotFound for one that is not there; nothing is changed then."""
    table = senders.listed_sender
    for entry in dict.fromkeys(entries):
        gone = delete(table).where(table.c.tenant_id == tenant_id, table.c.entry == entry).returning(table.c.entry)
        if session.execute(gone).one_or_none() is None:
            raise NotFound(f"{entry} is on no list of this tenant.")


def list_senders(
    session: Session,
    *,
    tenant_id: int,
    behind: str = "",
    limit: int = 1000,
    begins: str = "",
    listing: Listing | None = None,
) -> tuple[ListedSender, ...]:
    """Entries in their order, behind `behind`, at most `limit`; only those that begin so; of one list, or of both."""
    found = [
        each
        for chosen in ([listing] if listing else Listing)
        for each in _page(session, tenant_id, chosen, behind, begins, limit)
    ]
    return tuple(sorted(found, key=lambda each: each.entry)[:limit])


def _page(
    session: Session, tenant_id: int, listing: Listing, behind: str, begins: str, limit: int
) -> list[ListedSender]:
    # One list at a time, and a range, not LIKE: so it goes along the index in both databases.
    table = senders.listed_sender
    chosen = select(table).where(table.c.tenant_id == tenant_id, table.c.listing == listing.value)
    chosen = chosen.where(table.c.entry > behind)
    if begins:
        chosen = chosen.where(table.c.entry >= begins, table.c.entry < begins + "\U0010ffff")
    return [_listed(row) for row in session.execute(chosen.order_by(table.c.entry).limit(limit))]


def count_senders(session: Session, *, tenant_id: int, most: int | None = None) -> dict[Listing, int]:
    """How many entries each list has; with `most`, no further than that is counted."""
    table = senders.listed_sender
    counts = {}
    for listing in Listing:
        own = select(table.c.entry).where(table.c.tenant_id == tenant_id, table.c.listing == listing.value)
        counted = select(func.count()).select_from(own.limit(most).subquery())
        counts[listing] = session.scalar(counted) or 0
    return counts


def _listed(row: Row[tuple[object, ...]]) -> ListedSender:
    return ListedSender(row.entry, Listing(row.listing), row.note, row.added_at, row.added_by)
