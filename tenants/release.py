"""Releasing held messages: a person asks, a worker leases, examines again, sends, and settles. Functions of a session.

held -> `request_release` -> release-requested -> `take_release_requests` (leased) -> releasing -> `settle_release` ->
released when every recipient's copy was taken or queued, else held again with the reason; the copies that were taken
stay released. A worker that dies loses its lease: the next one takes the row, and the fence keeps the late one from
settling.

What is held because an engine gave no answer is leased in the same way by itself when its `rescan_at` has come: it is
released if it is clean by then, and its next time is set if it is not.

Failure: `WrongState`, `NotFound`. A worker dying after the next hop's 250 and before settling means one duplicate,
never a loss.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, case, literal, or_, select, true, update
from sqlalchemy.orm import Session

from tenants.encryption.sealed import SealedBlob, blobs_named
from tenants.quarantine.book import HeldFilter, HeldMessage, HeldState, get_held, held_messages, list_held
from tenants.queue.book import NewDelivery, enqueue_held
from tenants.queue.notices import PassedOn, ask_report_of_success
from tenants.refusals import WrongState
from tenants.storage.statements import due_rows
from tenants.storage.tables import quarantine
from tenants.storage.tables.column_types import START_OF_TIME, Document
from tenants.storage.viewpoint import OfTenant, look_as
from tenants.trace.book import record_events
from tenants.trace.events import CopyQueued, Event, Released, ReleaseFailed, ReleaseRequested, Rescanned

RESCAN = "rescan"
"""Who asks for the release of what is scanned again by itself."""


@dataclass(frozen=True, slots=True)
class LeasedRelease:
    """A release that this worker is to carry out before its lease ends."""

    message: HeldMessage
    body: SealedBlob
    record: SealedBlob | None
    fence: int

    @property
    def is_rescan(self) -> bool:
        """Nobody has asked: its time has come."""
        return self.message.requested_by == RESCAN

    @property
    def recipients(self) -> tuple[str, ...]:
        """Whose copies have not been released yet."""
        return tuple(each.address for each in self.message.recipients if each.released_at is None)


@dataclass(frozen=True, slots=True)
class CopyReleased:
    """The next hop took this recipient's copy; its reply is the proof."""

    address: str
    reply: str
    report: PassedOn | None = None
    """What its sender is owed to know of that."""


@dataclass(frozen=True, slots=True)
class CopyNotReleased:
    """This recipient's copy is still held."""

    address: str
    reason: str


@dataclass(frozen=True, slots=True)
class CopyToQueue:
    """The next hop is away, or puts off: this recipient's copy is to wait in the queue."""

    address: str
    domain: str
    headers_on_top: bytes
    reason: str
    next_attempt_at: datetime
    expires_at: datetime


CopyResult = CopyReleased | CopyToQueue | CopyNotReleased


@dataclass(frozen=True, slots=True)
class Rescan:
    """That a release was a rescan, and how it goes on."""

    is_complete: bool
    """Every engine answered."""
    next_at: datetime | None
    """When it is scanned again if it is still held; None: not by itself."""


def request_release(
    session: Session,
    held_id: int,
    *,
    tenant_id: int | None,
    who: str,
    override: tuple[str, ...],
    now: datetime,
    only_if_clean: bool = False,
) -> HeldMessage:
    """Ask for a release. `override`: names of the findings in spite of which it may leave.

    The message is scanned again before it leaves. What is found beyond those names is for the policy to decide; so is
    everything with `only_if_clean`. Raises WrongState unless it is held.
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
            only_if_clean=only_if_clean,
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
    now: datetime,
) -> tuple[HeldMessage, ...]:
    """Ask for the release of every message that is held and fits, up to the filter's limit, where it is clean now."""
    held = (message for message in list_held(session, wanted, tenant_id=tenant_id) if message.state is HeldState.HELD)
    return tuple(
        request_release(session, each.id, tenant_id=tenant_id, who=who, override=(), now=now, only_if_clean=True)
        for each in held
    )


def take_release_requests(
    session: Session, *, now: datetime, limit: int, owner: str, lease_seconds: float
) -> tuple[LeasedRelease, ...]:
    """Lease up to `limit` releases and rescans; each is this owner's alone until its lease ends.

    Begun as `Reader.RUNNER`; goes on as each tenant whose messages those are.

    A message whose content can no longer be read is given back to the quarantine at once, saying so.
    """
    table = quarantine.held
    is_rescan = and_(table.c.state == HeldState.HELD.value, table.c.rescan_at <= now)
    is_free = or_(
        table.c.state == HeldState.RELEASE_REQUESTED.value,
        and_(table.c.state == HeldState.RELEASING.value, table.c.lease_until < now),
        is_rescan,
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
            # What a person asked for long ago does not count for what nobody asks for.
            requested_by=case((is_rescan, RESCAN), else_=table.c.requested_by),
            override_findings=case((is_rescan, literal([], Document)), else_=table.c.override_findings),
            only_if_clean=case((is_rescan, true()), else_=table.c.only_if_clean),
        )
        .returning(table.c.id, table.c.tenant_id)
    ).all()
    numbers: dict[int, list[int]] = {}
    for row in leased:
        numbers.setdefault(row.tenant_id, []).append(row.id)
    found = [each for tenant_id, ids in numbers.items() for each in _readable(session, tenant_id, ids, now)]
    return tuple(sorted(found, key=lambda release: release.message.id))


def is_any_to_come(session: Session) -> bool:
    """Whether a release of anybody's is asked for or under way, or a rescan planned."""
    table = quarantine.held
    is_asked = table.c.state.in_((HeldState.RELEASE_REQUESTED.value, HeldState.RELEASING.value))
    is_planned = and_(table.c.state == HeldState.HELD.value, table.c.rescan_at.is_not(None))
    return session.scalar(select(select(table.c.id).where(or_(is_asked, is_planned)).exists())) is True


def settle_release(
    session: Session,
    held_id: int,
    *,
    fence: int,
    results: Sequence[CopyResult],
    now: datetime,
    rescan: Rescan | None = None,
) -> bool:
    """Write down how a leased release ended; False, and nothing changes, when the lease is somebody else's by now."""
    message = _still_leased(session, held_id, fence)
    if message is None:
        return False
    queued: list[Event] = []
    taken = [
        _taken(session, message, result, queued, now) for result in results if not isinstance(result, CopyNotReleased)
    ]
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
    _plan_rescan(session, held_id, rescan, is_over=not missing)
    if reports := [result.report for result in taken if result.report is not None]:
        body = session.execute(select(quarantine.held.c.body).where(quarantine.held.c.id == held_id)).scalar_one()
        ask_report_of_success(session, message.facts, reports, body=body, now=now)
    # Last of all that a copy is in the queue: that is where it is now.
    record_events(session, [*_told(message, taken, text, rescan, now, is_held=bool(missing)), *queued])
    return True


def _taken(
    session: Session,
    message: HeldMessage,
    result: CopyReleased | CopyToQueue,
    events: list[Event],
    now: datetime,
) -> CopyReleased:
    """The copy's proof; a copy that is to wait is queued here, in the transaction that ends its being held."""
    if isinstance(result, CopyReleased):
        return result
    row = session.execute(
        select(quarantine.held.c.body, quarantine.held.c.record).where(quarantine.held.c.id == message.id)
    ).one()
    facts = message.facts
    blobs = blobs_named(session, facts.tenant_id, [name for name in (row.body, row.record) if name])
    delivery = NewDelivery(
        facts,
        result.domain,
        result.address,
        blobs[row.body],
        blobs.get(row.record),
        result.headers_on_top,
        result.next_attempt_at,
        result.expires_at,
    )
    number = enqueue_held(session, delivery, now)
    events.append(CopyQueued(facts.transaction, facts.tenant_id, now, result.address, number, result.reason))
    return CopyReleased(result.address, f"in the queue as {number}: {result.reason}")


def _plan_rescan(session: Session, held_id: int, rescan: Rescan | None, *, is_over: bool) -> None:
    table = quarantine.held
    if is_over:
        session.execute(update(table).where(table.c.id == held_id).values(rescan_at=None))
    elif rescan is not None:
        rescans = table.c.rescans + int(rescan.is_complete)
        session.execute(update(table).where(table.c.id == held_id).values(rescan_at=rescan.next_at, rescans=rescans))


def _told(
    message: HeldMessage,
    taken: Sequence[CopyReleased],
    text: str,
    rescan: Rescan | None,
    now: datetime,
    *,
    is_held: bool,
) -> list[Event]:
    transaction, tenant_id = message.facts.transaction, message.facts.tenant_id
    events: list[Event] = []
    if rescan is not None:
        wait = (rescan.next_at - now) if is_held and rescan.next_at else timedelta()
        result = text if is_held else "clean now"
        events.append(Rescanned(transaction, tenant_id, now, message.id, result, int(wait.total_seconds())))
    elif is_held:
        events.append(ReleaseFailed(transaction, tenant_id, now, message.id, text))
    released = [Released(transaction, tenant_id, now, message.id, copy.address, copy.reply) for copy in taken]
    return [*released, *events] if rescan is None else [*events, *released]


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


def _readable(session: Session, tenant_id: int, numbers: Sequence[int], now: datetime) -> Iterator[LeasedRelease]:
    look_as(session, OfTenant(tenant_id))
    table, messages = quarantine.held, held_messages(session, numbers)
    columns = (table.c.id, table.c.body, table.c.record, table.c.fence)
    for row in session.execute(select(*columns).where(table.c.id.in_(numbers))).all():
        blobs = blobs_named(session, tenant_id, [name for name in (row.body, row.record) if name])
        if row.body in blobs:
            yield LeasedRelease(messages[row.id], blobs[row.body], blobs.get(row.record), row.fence)
        else:
            _end_lease(session, row.id, HeldState.HELD, "The content cannot be read any more.", now)
            _plan_rescan(session, row.id, Rescan(is_complete=False, next_at=None), is_over=False)
