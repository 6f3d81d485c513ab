"""Looking into the queue, and intervening: what people and the command line do with it.

`tenant_id` narrows every question to one tenant; None is for the operator alone.
Failure: `NotFound`, `WrongState` with one plain sentence each.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, func, select, update
from sqlalchemy.orm import Session

from tenants.queue.book import DeliveryState
from tenants.queue.lanes import QUEUED, Lane, wake, wake_all
from tenants.refusals import NotFound, WrongState
from tenants.storage.tables import mail, queue
from tenants.storage.tables.column_types import END_OF_TIME, START_OF_TIME
from tenants.trace.book import record_events
from tenants.trace.events import DeliveryDropped, DeliveryHeldBack
from tenants.trace.messages import PAGE_ROWS, MessageFacts, facts_from_row, searched


@dataclass(frozen=True, slots=True)
class Delivery:
    """One recipient's copy in the queue, or that was in it."""

    id: int
    facts: MessageFacts
    domain: str
    recipient: str
    state: DeliveryState
    attempts: int
    last_reply: str
    queued_at: datetime
    next_attempt_at: datetime
    expires_at: datetime
    is_leased: bool
    """A runner is working on it at this moment, or was when it stopped without a word."""
    notice: str | None
    """The kind of mail of our own that it is; None: a tenant's mail."""
    resting_until: datetime | None
    """The next hop did not answer, and is not asked before."""

    @property
    def is_on_hold(self) -> bool:
        """A person holds it back: it is tried when a person says so."""
        return self.state is DeliveryState.QUEUED and self.next_attempt_at == END_OF_TIME


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries are wanted; every condition given must fit."""

    states: tuple[DeliveryState, ...] = (DeliveryState.QUEUED,)
    search: str = ""
    domain: str = ""
    before: int | None = None
    """The number of the last one on the page before this one."""
    limit: int = PAGE_ROWS


def list_deliveries(session: Session, wanted: DeliveryFilter, *, tenant_id: int | None) -> tuple[Delivery, ...]:
    """A page of deliveries, newest first."""
    table = queue.delivery
    chosen = _all_columns(tenant_id).where(table.c.state.in_([state.value for state in wanted.states]))
    chosen = searched(chosen, wanted.search).order_by(table.c.id.desc()).limit(wanted.limit)
    if wanted.domain:
        chosen = chosen.where(table.c.domain == wanted.domain)
    if wanted.before is not None:
        chosen = chosen.where(table.c.id < wanted.before)
    return tuple(_delivery(row) for row in session.execute(chosen))


def get_delivery(session: Session, delivery_id: int, *, tenant_id: int | None) -> Delivery:
    """One delivery, in whatever state. Raises NotFound."""
    row = session.execute(_all_columns(tenant_id).where(queue.delivery.c.id == delivery_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no delivery {delivery_id}.")
    return _delivery(row)


def retry_delivery(session: Session, delivery_id: int, *, tenant_id: int | None, now: datetime) -> Delivery:
    """Have a queued copy tried at once, held back or not. Raises WrongState when it is not queued any more."""
    delivery = get_delivery(session, delivery_id, tenant_id=tenant_id)
    if delivery.state is not DeliveryState.QUEUED:
        raise WrongState(f"Delivery {delivery_id} cannot be tried again: it is {delivery.state.value}.")
    session.execute(update(queue.delivery).where(queue.delivery.c.id == delivery_id).values(next_attempt_at=now))
    wake(session, Lane(delivery.facts.tenant_id, delivery.domain))
    return get_delivery(session, delivery_id, tenant_id=tenant_id)


def retry_all(session: Session, *, tenant_id: int | None, now: datetime) -> int:
    """Have everything in the queue tried at once, but what a person holds back; how many that are."""
    table = queue.delivery
    changed = (
        update(table).where(table.c.state == QUEUED, table.c.next_attempt_at < END_OF_TIME).values(next_attempt_at=now)
    )
    if tenant_id is not None:
        changed = changed.where(table.c.tenant_id == tenant_id)
    wake_all(session, tenant_id=tenant_id)
    return session.execute(changed).rowcount  # type: ignore[attr-defined, no-any-return]


def hold_delivery(session: Session, delivery_id: int, *, tenant_id: int | None, who: str, now: datetime) -> Delivery:
    """Hold a queued copy back until a person has it tried. Raises WrongState, also while it is being tried."""
    delivery = get_delivery(session, delivery_id, tenant_id=tenant_id)
    if delivery.state is not DeliveryState.QUEUED:
        raise WrongState(f"Delivery {delivery_id} cannot be held back: it is {delivery.state.value}.")
    table = queue.delivery
    changed = session.scalars(
        update(table)
        .where(table.c.id == delivery_id, table.c.state == QUEUED, table.c.lease_until < now)
        .values(next_attempt_at=END_OF_TIME)
        .returning(table.c.id)
    ).one_or_none()
    if changed is None:
        raise WrongState(f"Delivery {delivery_id} cannot be held back: it is being tried at this moment.")
    facts = delivery.facts
    record_events(
        session, (DeliveryHeldBack(facts.transaction, facts.tenant_id, now, delivery.recipient, delivery_id, who),)
    )
    return get_delivery(session, delivery_id, tenant_id=tenant_id)


def drop_delivery(session: Session, delivery_id: int, *, tenant_id: int | None, who: str, now: datetime) -> Delivery:
    """Take a copy out of the queue for good, even while a runner works on it (which may then still send it)."""
    delivery = get_delivery(session, delivery_id, tenant_id=tenant_id)
    table = queue.delivery
    changed = session.scalars(
        update(table)
        .where(table.c.id == delivery_id, table.c.state == DeliveryState.QUEUED.value)
        .values(state=DeliveryState.DROPPED.value, fence=table.c.fence + 1, lease_owner="", lease_until=START_OF_TIME)
        .returning(table.c.id)
    ).one_or_none()
    if changed is None:
        raise WrongState(f"Delivery {delivery_id} cannot be dropped: it is {delivery.state.value}.")
    facts = delivery.facts
    event = DeliveryDropped(facts.transaction, facts.tenant_id, now, delivery.recipient, delivery_id, who)
    record_events(session, (event,))
    return get_delivery(session, delivery_id, tenant_id=tenant_id)


def count_queued(session: Session, *, tenant_id: int | None) -> int:
    """How many copies wait."""
    table = queue.delivery
    wanted = select(func.count()).select_from(table).where(table.c.state == QUEUED)
    if tenant_id is not None:
        wanted = wanted.where(table.c.tenant_id == tenant_id)
    return session.execute(wanted).scalar_one()


def _all_columns(tenant_id: int | None) -> Select[Any]:
    table = queue.delivery
    others = (column for column in mail.message.c if column.name not in table.c)
    resting = queue.lane_rest
    chosen = (
        select(table, *others, resting.c.until.label("resting_until"))
        .join(mail.message, mail.message.c.transaction_id == table.c.transaction_id)
        .outerjoin(resting, and_(resting.c.tenant_id == table.c.tenant_id, resting.c.domain == table.c.domain))
    )
    return chosen if tenant_id is None else chosen.where(table.c.tenant_id == tenant_id)


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        row.id,
        facts_from_row(row, (row.recipient,)),
        row.domain,
        row.recipient,
        DeliveryState(row.state),
        row.attempts,
        row.last_reply,
        row.queued_at,
        row.next_attempt_at,
        row.expires_at,
        bool(row.lease_owner),
        row.notice,
        row.resting_until,
    )
