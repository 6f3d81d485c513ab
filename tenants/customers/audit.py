"""The audit: who did what, when. It is only ever added to; the database refuses to change or delete its rows.

Every action of a person that changes something writes one entry in the same transaction, so that neither is without
the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from tenants.storage.tables import people
from tenants.trace.messages import PAGE_ROWS


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One action."""

    id: int
    at: datetime
    tenant_id: int | None
    who: str
    """A user's address, or `command line`."""
    action: str
    """`quarantine.release`, `tenant.suspend`, ..."""
    subject: str
    """What it was done to: a name or a number."""
    details: Mapping[str, str]


def record_action(
    session: Session,
    *,
    at: datetime,
    tenant_id: int | None,
    who: str,
    action: str,
    subject: str,
    details: Mapping[str, str] | None = None,
) -> None:
    """Add an entry."""
    values = {
        "at": at,
        "tenant_id": tenant_id,
        "who": who,
        "action": action,
        "subject": subject,
        "details": dict(details or {}),
    }
    session.execute(insert(people.audit).values(**values))


def list_actions(
    session: Session, *, tenant_id: int | None, before: int | None = None, limit: int = PAGE_ROWS, subject: str = ""
) -> tuple[AuditEntry, ...]:
    """A tenant's entries (None: all), newest first; the next page is before the last one's number.

    With a `subject`, those about it alone.
    """
    table = people.audit
    wanted = select(table).order_by(table.c.id.desc()).limit(limit)
    if tenant_id is not None:
        wanted = wanted.where(table.c.tenant_id == tenant_id)
    if before is not None:
        wanted = wanted.where(table.c.id < before)
    if subject:
        wanted = wanted.where(table.c.subject == subject)
    rows = session.execute(wanted)
    return tuple(
        AuditEntry(row.id, row.at, row.tenant_id, row.who, row.action, row.subject, row.details) for row in rows
    )
