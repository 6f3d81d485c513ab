"""The book of the queue: copies that wait for their next hop, leased to runners and settled by them.

`enqueue` (bytes durable before, row committed after: then 250) -> `lease_due` -> `settle_delivered` |
`settle_deferred` | `settle_undeliverable`. A lease is one runner's until it ends; each lease raises the row's fence,
and settling needs the fence of the lease, so a runner that was away longer than its lease settles nothing. Looking
and intervening by people: `queue_listing.py`.

Failure: settling gives False when the lease is somebody else's by now; the copy was perhaps sent twice, and is not
lost. An undeliverable copy leaves the queue only in the transaction that holds it in the quarantine.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, insert, select, update
from sqlalchemy.orm import Session

from tenants.messages import MessageFacts, facts_from_row, remember_messages
from tenants.quarantine import FindingNote, NewHeld, insert_held
from tenants.sealed import SealedBlob, add_blobs, blobs_named
from tenants.statements import due_rows
from tenants.tables import mail, queue
from tenants.tables.column_types import START_OF_TIME
from tenants.trace import CopyAccepted, CopyHeld, DeliveryAttempted
from tenants.trace_book import record_events

UNDELIVERABLE = "undeliverable"
"""The reason under which the quarantine holds what could not be delivered."""


class DeliveryState(StrEnum):
    """Where a queued copy is."""

    QUEUED = "queued"
    DELIVERED = "delivered"
    DROPPED = "dropped"
    UNDELIVERABLE = "undeliverable"


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """One recipient's copy to be queued."""

    facts: MessageFacts
    domain: str
    recipient: str
    body: SealedBlob
    record: SealedBlob | None
    headers_on_top: bytes
    """What is sent above the message's first octet."""
    next_attempt_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LeasedDelivery:
    """One copy that this runner is to offer to the next hop before its lease ends."""

    id: int
    facts: MessageFacts
    domain: str
    recipient: str
    body: SealedBlob
    headers_on_top: bytes
    attempts: int
    """How often it was tried before."""
    queued_at: datetime
    expires_at: datetime
    fence: int


def enqueue(session: Session, new: Iterable[NewDelivery], now: datetime) -> tuple[int, ...]:
    """Queue these copies; their numbers, in order, are the proof once the transaction is committed."""
    deliveries = list(new)
    remember_messages(session, {delivery.facts.transaction: delivery.facts for delivery in deliveries}.values())
    shared = {blob.name: blob for each in deliveries for blob in (each.body, each.record) if blob is not None}
    add_blobs(session, shared.values(), now)
    return tuple(_insert(session, delivery, now) for delivery in deliveries)


def enqueue_held(session: Session, delivery: NewDelivery, now: datetime) -> int:
    """Queue a copy of a message that is held: its row and those of its blobs are there already."""
    return _insert(session, delivery, now)


def lease_due(
    session: Session,
    *,
    now: datetime,
    limit: int,
    owner: str,
    lease_seconds: float,
    skip_domains: frozenset[str] = frozenset(),
) -> tuple[LeasedDelivery, ...]:
    """Lease up to `limit` copies whose time has come; `skip_domains` are those whose next hop is busy enough.

    A copy whose content can no longer be read (its tenant's key was shredded) is marked undeliverable and not given
    out.
    """
    table = queue.delivery
    condition: ColumnElement[bool] = and_(
        table.c.state == DeliveryState.QUEUED.value, table.c.next_attempt_at <= now, table.c.lease_until < now
    )
    if skip_domains:
        condition = and_(condition, table.c.domain.not_in(sorted(skip_domains)))
    due = due_rows(session, table, condition, table.c.next_attempt_at, limit)
    leased = session.scalars(
        update(table)
        .where(table.c.id.in_(select(due.c.id)), condition)
        .values(lease_owner=owner, lease_until=now + timedelta(seconds=lease_seconds), fence=table.c.fence + 1)
        .returning(table.c.id)
    ).all()
    return _leased(session, leased)


def settle_delivered(session: Session, delivery_id: int, *, fence: int, reply: str, now: datetime) -> bool:
    """The next hop took the copy."""
    row = _settle(session, delivery_id, fence, DeliveryState.DELIVERED, reply)
    if row is None:
        return False
    record_events(session, (CopyAccepted(row.transaction_id, row.tenant_id, now, row.recipient, reply),))
    return True


def settle_deferred(
    session: Session, delivery_id: int, *, fence: int, reply: str, next_attempt_at: datetime, now: datetime
) -> bool:
    """The next hop did not take the copy this time; it is tried again at `next_attempt_at`."""
    row = _settle(session, delivery_id, fence, DeliveryState.QUEUED, reply, next_attempt_at=next_attempt_at)
    if row is None:
        return False
    attempted = DeliveryAttempted(
        row.transaction_id, row.tenant_id, now, row.recipient, delivery_id, row.attempts, reply, next_attempt_at
    )
    record_events(session, (attempted,))
    return True


def settle_undeliverable(
    session: Session,
    delivery_id: int,
    *,
    fence: int,
    reply: str,
    now: datetime,
    findings: tuple[FindingNote, ...] = (),
) -> int | None:
    """The copy cannot be delivered: it is held from now on, and the held message's number is given.

    None when the lease is somebody else's by now.
    """
    row = _settle(session, delivery_id, fence, DeliveryState.UNDELIVERABLE, reply)
    if row is None:
        return None
    facts = _facts(session, [row.transaction_id])[row.transaction_id]
    blobs = blobs_named(session, row.tenant_id, [name for name in (row.body, row.record) if name])
    new = NewHeld(
        facts, UNDELIVERABLE, facts.verdict, findings, (row.recipient,), blobs[row.body], blobs.get(row.record)
    )
    held = insert_held(session, new, row.body, row.record, now)
    event = CopyHeld(row.transaction_id, row.tenant_id, now, row.recipient, held, UNDELIVERABLE, reply)
    record_events(session, (event,))
    return held


def give_back(session: Session, deliveries: Iterable[LeasedDelivery]) -> None:
    """End these leases unused, so that the copies can be leased again at once: for a runner that is stopping."""
    table = queue.delivery
    for delivery in deliveries:
        session.execute(
            update(table)
            .where(table.c.id == delivery.id, table.c.fence == delivery.fence)
            .values(lease_owner="", lease_until=START_OF_TIME)
        )


def _insert(session: Session, delivery: NewDelivery, now: datetime) -> int:
    values = {
        "tenant_id": delivery.facts.tenant_id,
        "transaction_id": delivery.facts.transaction,
        "domain": delivery.domain,
        "recipient": delivery.recipient,
        "body": delivery.body.name,
        "record": delivery.record.name if delivery.record else None,
        "headers_on_top": delivery.headers_on_top,
        "queued_at": now,
        "next_attempt_at": delivery.next_attempt_at,
        "expires_at": delivery.expires_at,
        "attempts": 0,
        "last_reply": "",
        "state": DeliveryState.QUEUED.value,
        "lease_owner": "",
        "lease_until": START_OF_TIME,
        "fence": 0,
    }
    result = session.execute(insert(queue.delivery).values(**values))
    number: int = result.inserted_primary_key[0]  # type: ignore[attr-defined]
    return number


def _settle(
    session: Session,
    delivery_id: int,
    fence: int,
    state: DeliveryState,
    reply: str,
    **more: datetime,
) -> Row[Any] | None:
    table = queue.delivery
    settled = (
        update(table)
        .where(table.c.id == delivery_id, table.c.fence == fence, table.c.state == DeliveryState.QUEUED.value)
        .values(
            state=state.value,
            attempts=table.c.attempts + 1,
            last_reply=reply,
            lease_owner="",
            lease_until=START_OF_TIME,
            # So that the same lease cannot be settled twice.
            fence=table.c.fence + 1,
            **more,
        )
        .returning(table)
    )
    return session.execute(settled).one_or_none()


def _facts(session: Session, transactions: Sequence[str]) -> dict[str, MessageFacts]:
    rows = session.execute(select(mail.message).where(mail.message.c.transaction_id.in_(transactions)))
    return {row.transaction_id: facts_from_row(row, ()) for row in rows}


def _leased(session: Session, numbers: Sequence[int]) -> tuple[LeasedDelivery, ...]:
    table = queue.delivery
    rows = session.execute(
        select(table).where(table.c.id.in_(numbers)).order_by(table.c.next_attempt_at, table.c.id)
    ).all()
    facts = _facts(session, [row.transaction_id for row in rows])
    blobs: dict[str, SealedBlob] = {}
    for tenant_id in {row.tenant_id for row in rows}:
        blobs |= blobs_named(session, tenant_id, [row.body for row in rows if row.tenant_id == tenant_id])
    for row in rows:
        if row.body not in blobs:
            _settle(session, row.id, row.fence, DeliveryState.UNDELIVERABLE, "The content cannot be read any more.")
    return tuple(_leased_delivery(row, facts[row.transaction_id], blobs[row.body]) for row in rows if row.body in blobs)


def _leased_delivery(row: Row[Any], facts: MessageFacts, body: SealedBlob) -> LeasedDelivery:
    return LeasedDelivery(
        row.id,
        facts,
        row.domain,
        row.recipient,
        body,
        row.headers_on_top,
        row.attempts,
        row.queued_at,
        row.expires_at,
        row.fence,
    )
