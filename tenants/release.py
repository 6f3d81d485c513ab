"""Releasing held messages: a person asks, a worker leases, examines again, sends, and settles. Functions of a session.

held -> `request_release` -> release-requested -> `take_release_requests` (leased) -> releasing -> `settle_release` ->
released when every recipient's copy was taken, else held again with the reason; the copies that were taken stay
released. A worker that dies loses its lease: the next one takes the row, and the fence keeps the late one from
settling.

Failure: `WrongState`, `NotFound`. A worker dying after the next hop's 250 and before settling means one duplicate,
never a loss.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, or_, select, update
from sqlalchemy.orm import Session

from tenants.quarantine import HeldFilter, HeldMessage, HeldState, get_held, held_messages, list_held
from tenants.refusals import WrongState
from tenants.sealed import SealedBlob, blobs_named
from tenants.statements import due_rows
from tenants.tables import quarantine
from tenants.tables.column_types import START_OF_TIME
from tenants.trace import Event, Released, ReleaseFailed, ReleaseRequested
from tenants.trace_book import record_events


@dataclass(frozen=True, slots=True)
class LeasedRelease:
    """A release that this worker is to carry out before its lease ends."""

    message: HeldMessage
    body: SealedBlob
    record: SealedBlob | None
    fence: int

    @property
    def recipients(self) -> tuple[str, ...]:
        """Whose copies have not been released yet."""
        return tuple(each.address for each in self.message.recipients if each.released_at is None)


@dataclass(frozen=True, slots=True)
class CopyReleased:
    """The next hop took this recipient's copy; its reply is the proof."""

    address: str
    reply: str


@dataclass(frozen=True, slots=True)
class CopyNotReleased:
    """This recipient's copy is still held."""

    address: str
    reason: str


def request_release(
    session: Session, held_id: int, *, tenant_id: int | None, who: str, override: tuple[str, ...], now: datetime
) -> HeldMessage:
    """Ask for a release. `override`: names of the findings in spite of which it may leave; empty: only if found clean.

    The message is scanned again before it leaves. Raises WrongState unless it is held.
    """
    message = get_held(session, held_id, tenant_id=tenant_id)
    table = quarantine.held
    changed = session.execute(
        update(table)
        .where(table.c.id == held_id, table.c.state == HeldState.HELD.value)
        .values(
            state=HeldState.RELEASE_REQUESTED.value,
            changed_at=now,
            requested_by=who,
            override_findings=list(override),
            lease_until=START_OF_TIME,
        )
        .returning(table.c.id)
    ).one_or_none()
    if changed is None:
        raise WrongState(f"Message {held_id} cannot be released: it is {message.state.value} already.")
    facts = message.facts
    record_events(session, (ReleaseRequested(facts.transaction, facts.tenant_id, now, held_id, who, override),))
    return get_held(session, held_id, tenant_id=tenant_id)


def request_release_of_all(
    session: Session,
    wanted: HeldFilter,
    *,
    tenant_id: int | None,
    who: str,
    override: tuple[str, ...],
    now: datetime,
) -> tuple[HeldMessage, ...]:
    """Ask for the release of every message that is held and fits, up to the filter's limit."""
    held = (message for message in list_held(session, wanted, tenant_id=tenant_id) if message.state is HeldState.HELD)
    return tuple(
        request_release(session, message.id, tenant_id=tenant_id, who=who, override=override, now=now)
        for message in held
    )


def take_release_requests(
    session: Session, *, now: datetime, limit: int, owner: str, lease_seconds: float
) -> tuple[LeasedRelease, ...]:
    """Lease up to `limit` releases; each is this owner's alone until its lease ends.

    A message whose content can no longer be read is given back to the quarantine at once, saying so.
    """
    table = quarantine.held
    is_free = or_(
        table.c.state == HeldState.RELEASE_REQUESTED.value,
        and_(table.c.state == HeldState.RELEASING.value, table.c.lease_until < now),
    )
    due = due_rows(session, table, is_free, table.c.id, limit)
    leased = session.execute(
        update(table)
        .where(table.c.id.in_(select(due.c.id)), is_free)
        .values(
            state=HeldState.RELEASING.value,
            changed_at=now,
            lease_owner=owner,
            lease_until=now + timedelta(seconds=lease_seconds),
            fence=table.c.fence + 1,
        )
        .returning(table.c.id, table.c.tenant_id, table.c.body, table.c.record, table.c.fence)
    ).all()
    return _readable(session, leased, now)


def settle_release(
    session: Session,
    held_id: int,
    *,
    fence: int,
    results: Sequence[CopyReleased | CopyNotReleased],
    now: datetime,
) -> bool:
    """Write down how a leased release ended; False, and nothing changes, when the lease is somebody else's by now."""
    message = _still_leased(session, held_id, fence)
    if message is None:
        return False
    taken = [result for result in results if isinstance(result, CopyReleased)]
    for result in taken:
        recipient = quarantine.held_recipient
        session.execute(
            update(recipient)
            .where(recipient.c.held_id == held_id, recipient.c.address == result.address)
            .values(released_at=now, reply=result.reply)
        )
    missing = {each.address for each in message.recipients if each.released_at is None}
    missing -= {result.address for result in taken}
    reasons = dict.fromkeys(result.reason for result in results if isinstance(result, CopyNotReleased))
    text = "; ".join(reasons or dict.fromkeys(result.reply for result in taken))
    _end_lease(session, held_id, HeldState.HELD if missing else HeldState.RELEASED, text, now)
    facts = message.facts
    events: list[Event] = [
        Released(facts.transaction, facts.tenant_id, now, held_id, result.address, result.reply) for result in taken
    ]
    if missing:
        events.append(ReleaseFailed(facts.transaction, facts.tenant_id, now, held_id, text))
    record_events(session, events)
    return True


def _still_leased(session: Session, held_id: int, fence: int) -> HeldMessage | None:
    table = quarantine.held
    # An UPDATE, so that on PostgreSQL the row stays locked until this transaction ends.
    found = session.execute(
        update(table)
        .where(table.c.id == held_id, table.c.state == HeldState.RELEASING.value, table.c.fence == fence)
        .values(fence=table.c.fence)
        .returning(table.c.id)
    ).one_or_none()
    return None if found is None else get_held(session, held_id, tenant_id=None)


def _end_lease(session: Session, held_id: int, state: HeldState, text: str, now: datetime) -> None:
    table = quarantine.held
    session.execute(
        update(table)
        .where(table.c.id == held_id)
        .values(state=state.value, changed_at=now, last_result=text, lease_owner="", lease_until=START_OF_TIME)
    )


def _readable(session: Session, leased: Sequence[Row[Any]], now: datetime) -> tuple[LeasedRelease, ...]:
    messages = held_messages(session, [row.id for row in leased])
    ready: list[LeasedRelease] = []
    for row in sorted(leased, key=lambda row: int(row.id)):
        blobs = blobs_named(session, row.tenant_id, [name for name in (row.body, row.record) if name])
        if row.body in blobs:
            ready.append(LeasedRelease(messages[row.id], blobs[row.body], blobs.get(row.record), row.fence))
        else:
            _end_lease(session, row.id, HeldState.HELD, "The content cannot be read any more.", now)
    return tuple(ready)
