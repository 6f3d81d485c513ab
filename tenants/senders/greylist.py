"""The book of greylisting: who has tried before, and whether it was long enough ago.

A first try of a client's network with this reverse-path for this recipient is put off; the same try WAIT later is
taken, as every program that queues its mail makes it. Only digests are kept. A network whose tries have passed OFTEN
times for a tenant is not put off any more, whoever it writes for.

Standards: RFC 6647 sections 2.2 and 5 (networks instead of addresses; the wait; how long tries are remembered).
Limits: a try is forgotten after RETRY_WITHIN when it never came back, what has passed after KEPT_FOR.
"""

import hashlib
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.orm import Session

from tenants.storage.statements import insert_if_absent
from tenants.storage.tables import senders

WAIT = timedelta(minutes=5)
RETRY_WITHIN = timedelta(days=2)
KEPT_FOR = timedelta(days=36)
OFTEN = 5


def network_of(client: str) -> str:
    """The network that counts as one client: a /24, for IPv6 a /64 (large senders retry from another address)."""
    address = ip_address(client.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return str(ip_network((address, 24 if address.version == 4 else 64), strict=False))


def digest_of(network: str, reverse_path: str = "", recipient: str = "") -> bytes:
    """What stands for a try; for a network alone where neither address is given."""
    return hashlib.sha256("\0".join((network, reverse_path.lower(), recipient.lower())).encode()).digest()


def note_try(
    session: Session, *, tenant_id: int, client: str, reverse_path: str, recipient: str, now: datetime
) -> timedelta:
    """Remember this try. Zero when it is taken; otherwise how long the client has still to wait."""
    network = network_of(client)
    digest, of_network = digest_of(network, reverse_path, recipient), digest_of(network)
    table = senders.greylisted
    both = select(table).where(table.c.tenant_id == tenant_id, table.c.digest.in_((digest, of_network)))
    rows = session.execute(both)
    known = {bytes(row.digest): row for row in rows if row.last_seen_at >= now - KEPT_FOR}
    if of_network in known and known[of_network].passes >= OFTEN:
        _note_pass(session, tenant_id, of_network, now)
        return timedelta(0)
    before = known.get(digest)
    if before is None or (not before.passes and before.first_seen_at < now - RETRY_WITHIN):
        _begin(session, tenant_id, digest, now)
        return WAIT
    left: timedelta = before.first_seen_at + WAIT - now
    if not before.passes and left > timedelta(0):
        return left
    _note_pass(session, tenant_id, digest, now)
    if not before.passes:
        _note_pass(session, tenant_id, of_network, now)
    return timedelta(0)


def forget_old(session: Session, now: datetime) -> int:
    """Delete what counts no more; returns how many rows that were."""
    table = senders.greylisted
    never_came_back = and_(table.c.passes == 0, table.c.last_seen_at < now - RETRY_WITHIN)
    old = delete(table).where(or_(never_came_back, table.c.last_seen_at < now - KEPT_FOR)).returning(table.c.tenant_id)
    return len(session.execute(old).all())


def _begin(session: Session, tenant_id: int, digest: bytes, now: datetime) -> None:
    table = senders.greylisted
    session.execute(delete(table).where(table.c.tenant_id == tenant_id, table.c.digest == digest))
    _add(session, tenant_id, digest, now)


def _note_pass(session: Session, tenant_id: int, digest: bytes, now: datetime) -> None:
    table = senders.greylisted
    _add(session, tenant_id, digest, now)
    passed = update(table).where(table.c.tenant_id == tenant_id, table.c.digest == digest)
    session.execute(passed.values(passes=table.c.passes + 1, last_seen_at=now))


def _add(session: Session, tenant_id: int, digest: bytes, now: datetime) -> None:
    row = {"tenant_id": tenant_id, "digest": digest, "first_seen_at": now, "last_seen_at": now, "passes": 0}
    insert_if_absent(session, senders.greylisted, [row])
