"""Findings that do not count: the operator's answer to a false signature, for one tenant or for all.

In force on every node within 5 s, because the directory gives them with each recipient's standing.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from tenants.refusals import NotFound, Refusal
from tenants.storage.statements import insert_new
from tenants.storage.tables import customers, engines


@dataclass(frozen=True, slots=True)
class IgnoredFinding:
    """A finding's name that does not count."""

    name: str
    tenant_id: int | None
    """None: for every tenant."""
    tenant_name: str
    """Empty: for every tenant."""
    since: datetime
    who: str


def ignore_finding(session: Session, *, name: str, tenant_id: int | None, who: str, now: datetime) -> None:
    """Let findings of this name count no more. Raises AlreadyExists when they do not count already."""
    if not name or not name.isprintable():
        raise Refusal("A finding's name cannot be empty or hold control characters.")
    values = {"name": name, "tenant_id": tenant_id, "since": now, "who": who}
    insert_new(session, engines.ignored_finding, values, f"Findings named {name!r} are ignored already.")


def stop_ignoring(session: Session, *, name: str, tenant_id: int | None) -> None:
    """Let findings of this name count again. Raises NotFound."""
    table = engines.ignored_finding
    removed = session.scalars(delete(table).where(table.c.name == name, _for(tenant_id)).returning(table.c.id)).all()
    if not removed:
        raise NotFound(f"Findings named {name!r} are not ignored.")


def list_ignored(session: Session) -> tuple[IgnoredFinding, ...]:
    """All of them, by name."""
    table, tenant = engines.ignored_finding, customers.tenant
    rows = session.execute(
        select(table, tenant.c.name.label("tenant_name"))
        .outerjoin(tenant, tenant.c.id == table.c.tenant_id)
        .order_by(table.c.name, table.c.id)
    )
    return tuple(IgnoredFinding(row.name, row.tenant_id, row.tenant_name or "", row.since, row.who) for row in rows)


def _for(tenant_id: int | None) -> ColumnElement[bool]:
    column = engines.ignored_finding.c.tenant_id
    return column.is_(None) if tenant_id is None else column == tenant_id
