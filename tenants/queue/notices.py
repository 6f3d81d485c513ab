"""The book of notices: mail of our own that is to be written, from the moment that somebody is owed it.

`ask_report` (in the transaction that holds what cannot be delivered), `ask_report_of_success` (where the next hop tells
the sender nothing), `ask_sign_in` (from the portal and the command line) -> `lease_notices` -> `end_notice`, in the
transaction that queues the mail (`book.py`), or in which it is decided that none is sent; `put_off` when that
cannot be decided yet. So a notice is at every moment asked for, or
queued, or ended on purpose. Leases and fences are the queue's.

Failure: `end_notice` raises LeaseLost when the lease is somebody else's by now; nothing of the transaction happens.
Limits: sign-in links: SIGN_INS_A_PERSON, SIGN_INS_A_CLIENT, SIGN_INS_WAITING; what is beyond is not written down, and
nobody is told so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.orm import Session

from tenants.customers.accounts import canonical_email
from tenants.customers.book import OPERATOR, tenant_named
from tenants.refusals import Refusal
from tenants.storage.statements import due_rows
from tenants.storage.tables import notices
from tenants.storage.tables.column_types import START_OF_TIME
from tenants.trace.messages import MessageFacts

COLLECTING = timedelta(seconds=5)
"""So long a report waits for further copies of the same message."""
SIGN_IN_WINDOW = timedelta(minutes=30)
SIGN_INS_A_PERSON = 3
SIGN_INS_A_CLIENT = 100
"""Behind a proxy everybody is one client: enough for all who forgot, and a person gets three mails at most."""
SIGN_INS_WAITING = 1000
DONE_FOR = timedelta(hours=1)


class NoticeKind(StrEnum):
    """What mail of our own there is."""

    REPORT = "report"
    """To the sender: a copy that was answered 250 cannot be delivered."""
    SIGN_IN = "sign-in"
    POSTMASTER = "postmaster"
    """Not written by us: mail for our own postmaster, on its way to the operator's mailbox."""


class LeaseLost(Exception):
    """Somebody else has the notice by now."""


@dataclass(frozen=True, slots=True)
class Undelivered:
    """What became of one copy, as its sender may know it."""

    recipient: str
    status: str
    """The enhanced code."""
    diagnostic: str
    """The next hop's reply without names and addresses; empty when there was none."""
    at: datetime
    """Of the last attempt."""


@dataclass(frozen=True, slots=True)
class PassedOn:
    """A copy whose sender wants to hear of success, at a next hop that does not tell it (RFC 3461 section 5.2.2)."""

    recipient: str
    status: str
    """The enhanced code."""
    at: datetime
    """When the next hop took it."""


@dataclass(frozen=True, slots=True)
class LeasedNotice:
    """One mail to be written; a report may stand for several copies of a message."""

    kind: NoticeKind
    tenant_id: int
    recipient: str
    about: str | None
    asked_at: datetime
    attempts: int
    fences: tuple[tuple[int, int], ...]
    """The number and the fence of each of its rows."""
    copies: tuple[Undelivered, ...] = ()
    held: int | None = None
    """Where the message reported is held."""
    passed_on: tuple[PassedOn, ...] = ()
    body: str | None = None
    """The blob of the message reported, where it is kept for the notice alone."""


def ask_report(
    session: Session, facts: MessageFacts, copies: Iterable[Undelivered], *, held: int, now: datetime
) -> None:
    """The sender of this message is owed a report, if it turns out to be genuine; nobody is, of a null reverse-path."""
    given = list(copies)
    if not facts.reverse_path or not given:
        return
    details = {
        "held": held,
        "copies": [[copy.recipient, copy.status, copy.diagnostic, copy.at.isoformat()] for copy in given],
    }
    _insert(session, facts.tenant_id, NoticeKind.REPORT, facts.reverse_path, facts.transaction, details, "", now)


def ask_report_of_success(
    session: Session, facts: MessageFacts, copies: Iterable[PassedOn], *, body: str, now: datetime
) -> None:
    """As `ask_report`, for copies that were passed on; until it is done the blob `body` is kept, which has a row."""
    given = list(copies)
    if not facts.reverse_path or not given:
        return
    # Beside `copies`, so that the release before, which knows only those, has nothing to report.
    details = {"passed_on": [[copy.recipient, copy.status, copy.at.isoformat()] for copy in given]}
    about, sender = facts.transaction, facts.reverse_path
    _insert(session, facts.tenant_id, NoticeKind.REPORT, sender, about, details, "", now, body)


def ask_sign_in(session: Session, *, email: str, asked_from: str, now: datetime) -> None:
    """Somebody at this address wants a sign-in link mailed; whether there is such a user is not looked at here."""
    try:
        spelled = canonical_email(email)
    except Refusal:
        return
    table = notices.notice
    recent = select(func.count()).where(table.c.kind == NoticeKind.SIGN_IN, table.c.asked_at > now - SIGN_IN_WINDOW)
    for limit, counted in (
        (SIGN_INS_A_PERSON, recent.where(table.c.recipient == spelled)),
        (SIGN_INS_A_CLIENT, recent.where(table.c.asked_from == asked_from)),
        (SIGN_INS_WAITING, recent.where(table.c.done_at.is_(None))),
    ):
        if session.execute(counted).scalar_one() >= limit:
            return
    operator = tenant_named(session, OPERATOR).id
    _insert(session, operator, NoticeKind.SIGN_IN, spelled, None, {}, asked_from, now)


def lease_notices(
    session: Session, *, now: datetime, limit: int, owner: str, lease_seconds: float
) -> tuple[LeasedNotice, ...]:
    """Lease what is due, at most `limit` rows; those that report on one message are one notice."""
    table = notices.notice
    condition = (table.c.done_at.is_(None)) & (table.c.due_at <= now) & (table.c.lease_until < now)
    due = due_rows(session, table, condition, table.c.due_at, limit)
    leased = (
        update(table)
        .where(table.c.id.in_(select(due.c.id)))
        .values(lease_owner=owner, lease_until=now + timedelta(seconds=lease_seconds), fence=table.c.fence + 1)
        .returning(table)
    )
    groups: dict[object, list[Row[Any]]] = {}
    for row in sorted(session.execute(leased), key=lambda row: row.id):
        groups.setdefault((row.about, row.recipient) if row.about else row.id, []).append(row)
    return tuple(_leased(rows) for rows in groups.values())


def is_any_owed(session: Session) -> bool:
    """Whether a notice of anybody's is not done, leased or not."""
    return (
        session.scalar(select(select(notices.notice.c.id).where(notices.notice.c.done_at.is_(None)).exists())) is True
    )


def end_notice(session: Session, notice: LeasedNotice, now: datetime) -> None:
    """It is queued by this transaction, or will not be sent. Raises LeaseLost."""
    _settle(session, notice, done_at=now)


def put_off(session: Session, notice: LeasedNotice, due_at: datetime) -> None:
    """It cannot be decided yet. Raises LeaseLost."""
    _settle(session, notice, due_at=due_at, attempts=notices.notice.c.attempts + 1)


def forget_done(session: Session, now: datetime) -> None:
    """Delete what was done over an hour ago."""
    session.execute(delete(notices.notice).where(notices.notice.c.done_at < now - DONE_FOR))


def _insert(
    session: Session,
    tenant_id: int,
    kind: NoticeKind,
    recipient: str,
    about: str | None,
    details: dict[str, Any],
    asked_from: str,
    now: datetime,
    body: str | None = None,
) -> None:
    values = {
        "tenant_id": tenant_id,
        "kind": kind.value,
        "recipient": recipient,
        "about": about,
        "details": details,
        "asked_from": asked_from,
        "asked_at": now,
        "due_at": now + COLLECTING if kind is NoticeKind.REPORT else now,
        "attempts": 0,
        "lease_owner": "",
        "lease_until": START_OF_TIME,
        "fence": 0,
        "body": body,
    }
    session.execute(insert(notices.notice).values(**values))


def _settle(session: Session, notice: LeasedNotice, **values: Any) -> None:
    table = notices.notice
    for number, fence in notice.fences:
        changed = session.scalars(
            update(table)
            .where(table.c.id == number, table.c.fence == fence, table.c.done_at.is_(None))
            .values(lease_owner="", lease_until=START_OF_TIME, fence=table.c.fence + 1, **values)
            .returning(table.c.id)
        ).one_or_none()
        if changed is None:
            raise LeaseLost(f"notice {number}")


def _leased(rows: list[Row[Any]]) -> LeasedNotice:
    first = rows[0]
    passed_on = [copy for row in rows for copy in row.details.get("passed_on", ())]
    copies = [copy for row in rows for copy in row.details.get("copies", ())]
    return LeasedNotice(
        NoticeKind(first.kind),
        first.tenant_id,
        first.recipient,
        first.about,
        first.asked_at,
        max(row.attempts for row in rows),
        tuple((row.id, row.fence) for row in rows),
        tuple(_undelivered(*copy) for copy in copies),
        next((row.details["held"] for row in rows if "held" in row.details), None),
        tuple(PassedOn(recipient, status, datetime.fromisoformat(at)) for recipient, status, at in passed_on),
        next((row.body for row in rows if row.body), None),
    )


def _undelivered(recipient: str, status: str, diagnostic: str, at: str) -> Undelivered:
    return Undelivered(recipient, status, diagnostic, datetime.fromisoformat(at))
