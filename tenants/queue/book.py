"""The book of the queue: copies that wait for their next hop, leased to runners and settled by them.

`enqueue` (bytes durable before, row committed after: then 250) -> `lease_due` -> `settle_delivered` |
`settle_deferred` | `settle_undeliverable`. A lease is one runner's until it ends; each lease raises the row's fence,
and settling needs the fence of the lease, so a runner that was away longer than its lease settles nothing. Whose turn
it is: `lanes.py`. Looking and intervening by people: `listing.py`.

Failure: settling gives False when the lease is somebody else's by now; the copy was perhaps sent twice, and is not
lost. An undeliverable copy leaves the queue only in the transaction that holds it in the quarantine.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, insert, select, update
from sqlalchemy.orm import Session

from tenants.encryption.sealed import SealedBlob, add_blobs, blobs_named
from tenants.quarantine.book import FindingNote, NewHeld, insert_held
from tenants.queue.lanes import QUEUED, Lane, Shares, allot, due_lanes, rest
from tenants.queue.notices import NoticeKind, PassedOn, Undelivered, ask_report, ask_report_of_success
from tenants.storage.statements import due_rows
from tenants.storage.tables import mail, queue
from tenants.storage.tables.column_types import START_OF_TIME
from tenants.storage.viewpoint import OfTenant, look_as
from tenants.trace.book import record_events
from tenants.trace.events import CopyAccepted, CopyHeld, CopyRefused, DeliveryAttempted
from tenants.trace.messages import MessageFacts, facts_from_row, recipients_dsn, remember_messages

UNDELIVERABLE = "undeliverable"
"""The reason under which the quarantine holds what could not be delivered."""
MOST_ALONG = 100
"""RFC 5321 section 4.5.3.1.8: so many recipients every server takes in one transaction."""
MOST_SEEN = 2000
"""Rows of the messages leased, when copies that go along are looked for."""


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
    notice: str | None = None
    """The kind of mail of our own that it is; None: a tenant's mail."""
    reports: str | None = None
    """The transaction that a notice reports on."""


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
    notice: str | None = None
    """The kind of mail of our own that it is; None: a tenant's mail."""
    failures: int = 0
    """How often in a row the next hop had not answered before."""
    resting: str = ""
    """Why the copy is not to be offered any more: its lifetime is over, and the next hop does not answer."""

    @property
    def is_unwanted_when_refused(self) -> bool:
        """Written by us, and of no use to anybody but the one who does not take it."""
        return self.notice is not None and self.notice != NoticeKind.POSTMASTER

    @property
    def lane(self) -> Lane:
        """Whose turn it took."""
        return Lane(self.facts.tenant_id, self.domain)


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
    session: Session, *, now: datetime, limit: int, owner: str, lease_seconds: float, shares: Shares | None = None
) -> tuple[LeasedDelivery, ...]:
    """Lease up to `limit` copies whose time has come, by turns of the tenants and their lanes (`lanes.py`).

    Begun as `Reader.RUNNER`; goes on as each tenant whose copies those are.
    With them come the copies of the same message for the same domain, MOST_ALONG at most: they go in one transfer.
    A copy whose content can no longer be read (its tenant's key was shredded) is marked undeliverable and not given
    out. A copy of a resting lane whose lifetime is over is given out too, and its `resting` says why it is not to be
    offered.
    """
    lanes = {each.lane: each for each in due_lanes(session, now)}
    until = now + timedelta(seconds=lease_seconds)
    lease = {"lease_owner": owner, "lease_until": until, "fence": queue.delivery.c.fence + 1}
    first: list[Row[Any]] = []
    for lane, count in allot(lanes.values(), limit, shares).items():
        taken = _take(session, _of_lane(lane, now), queue.delivery.c.next_attempt_at, count, lease)
        probed = lanes[lane].rest
        if taken and probed is not None:
            rest(session, lane, failures=probed.failures, reason=probed.reason, until=until, now=now)
        first += taken
    along = _take(session, _along_with(session, first, now), queue.delivery.c.id, MOST_ALONG, lease) if first else ()
    over, why = _lease_over(session, limit - len(first), lease, now) if len(first) < limit else ((), {})
    failures = {each.lane: each.rest.failures for each in lanes.values() if each.rest is not None}
    return tuple(
        replace(each, failures=failures.get(each.lane, 0), resting=why.get(each.id, ""))
        for each in _leased(session, (*first, *along, *over))
    )


def is_any_queued(session: Session) -> bool:
    """Whether a copy of anybody's waits, leased or not."""
    # The runner may see these columns alone, so that it cannot be SELECT *.
    queued = select(queue.delivery.c.id).where(queue.delivery.c.state == QUEUED)
    return session.scalar(select(queued.exists())) is True


def _take(
    session: Session, condition: ColumnElement[bool], order: Any, most: int, lease: Mapping[str, Any]
) -> Sequence[Row[Any]]:
    """Lease what fits the condition, most rows at most."""
    table = queue.delivery
    due = due_rows(session, table, condition, order, most)
    taken = update(table).where(table.c.id.in_(select(due.c.id))).values(**lease)
    return session.execute(taken.returning(table.c.id, table.c.body, table.c.tenant_id, table.c.domain)).all()


def _is_due(now: datetime) -> ColumnElement[bool]:
    table = queue.delivery
    return and_(table.c.state == QUEUED, table.c.next_attempt_at <= now, table.c.lease_until < now)


def _of_lane(lane: Lane, now: datetime) -> ColumnElement[bool]:
    table = queue.delivery
    return and_(table.c.tenant_id == lane.tenant_id, table.c.domain == lane.domain, _is_due(now))


def _along_with(session: Session, first: Iterable[Row[Any]], now: datetime) -> ColumnElement[bool]:
    """Copies of the same messages in the same lanes; looked for by the body alone, for a lane may be long."""
    table = queue.delivery
    known = {(row.tenant_id, row.domain, row.body) for row in first}
    same = select(table.c.id, table.c.tenant_id, table.c.domain, table.c.body)
    rows = session.execute(same.where(table.c.body.in_({row.body for row in first})).limit(MOST_SEEN))
    numbers = [row.id for row in rows if (row.tenant_id, row.domain, row.body) in known]
    return and_(table.c.id.in_(numbers), _is_due(now))


def _lease_over(
    session: Session, most: int, lease: Mapping[str, Any], now: datetime
) -> tuple[Sequence[Row[Any]], dict[int, str]]:
    """Copies of resting lanes whose lifetime is over; and why the lane of each rests."""
    table, resting = queue.delivery, queue.lane_rest
    of_lane = and_(resting.c.tenant_id == table.c.tenant_id, resting.c.domain == table.c.domain)
    condition = and_(
        _is_due(now),
        table.c.expires_at <= now,
        exists().where(of_lane, resting.c.until > now),
    )
    over = _take(session, condition, table.c.expires_at, most, lease)
    numbers = [row.id for row in over]
    reasons = select(table.c.id, resting.c.reason).join(resting, of_lane).where(table.c.id.in_(numbers))
    return over, {row.id: row.reason for row in session.execute(reasons)} if over else {}


def settle_delivered(
    session: Session, delivery_id: int, *, fence: int, reply: str, now: datetime, report: PassedOn | None = None
) -> bool:
    """The next hop took the copy; `report` is what its sender is owed to know of that."""
    row = _settle(session, delivery_id, fence, DeliveryState.DELIVERED, reply)
    if row is None:
        return False
    if report is not None:
        facts = _facts(session, [row.transaction_id])[row.transaction_id]
        ask_report_of_success(session, facts, [report], body=row.body, now=now)
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
    report: Undelivered | None = None,
) -> int | None:
    """The copy cannot be delivered: it is held from now on, and the held message's number is given.

    `report` is what its sender is owed to know. None when the lease is somebody else's by now.
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
    if report is not None:
        ask_report(session, facts, [report], held=held, now=now)
    return held


def settle_unwanted(session: Session, delivery_id: int, *, fence: int, reply: str, now: datetime) -> bool:
    """A notice cannot be delivered: nobody is told, and nothing of it is kept (RFC 5321 section 4.5.5)."""
    row = _settle(session, delivery_id, fence, DeliveryState.UNDELIVERABLE, reply)
    if row is None:
        return False
    event = CopyRefused(row.transaction_id, row.tenant_id, now, row.recipient, UNDELIVERABLE, reply)
    record_events(session, (event,))
    return True


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
        "notice": delivery.notice,
        "reports": delivery.reports,
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
    asked = recipients_dsn(session, transactions)
    return {row.transaction_id: facts_from_row(row, (), asked.get(row.transaction_id, ())) for row in rows}


def _leased(session: Session, rows: Iterable[Row[Any]]) -> tuple[LeasedDelivery, ...]:
    """What these rows stand for, in the order in which it was due."""
    numbers: dict[int, list[int]] = {}
    for row in rows:
        numbers.setdefault(row.tenant_id, []).append(row.id)
    found = [each for tenant_id, own in numbers.items() for each in _leased_of(session, tenant_id, own)]
    return tuple(delivery for _, delivery in sorted(found, key=lambda each: (each[0], each[1].id)))


def _leased_of(session: Session, tenant_id: int, numbers: Sequence[int]) -> Iterator[tuple[datetime, LeasedDelivery]]:
    """One tenant's leased copies, each with the time at which it was due."""
    look_as(session, OfTenant(tenant_id))
    table = queue.delivery
    rows = session.execute(select(table).where(table.c.id.in_(numbers))).all()
    facts = _facts(session, [row.transaction_id for row in rows])
    blobs = blobs_named(session, tenant_id, [row.body for row in rows])
    for row in rows:
        if row.body in blobs:
            yield row.next_attempt_at, _leased_delivery(row, facts[row.transaction_id], blobs[row.body])
        else:
            _settle(session, row.id, row.fence, DeliveryState.UNDELIVERABLE, "The content cannot be read any more.")


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
        row.notice,
    )
