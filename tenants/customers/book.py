"""The book of tenants: adding, showing, suspending, resuming and deleting them.

Functions of a session that give frozen values and never commit. A tenant's name is what the command line calls it:
short, lower case, of letters, digits, `-`, `_` and `.`. The tenant named `operator` is built in: mail to
`<postmaster>` and to our own names is kept under it, and it can be neither suspended nor deleted.

Failure: `AlreadyExists`, `NotFound`, `WrongState` with one plain sentence each.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from tenants.encryption.keys import Keyring, add_keys, shred
from tenants.refusals import NotFound, Refusal, WrongState
from tenants.storage.statements import insert_new
from tenants.storage.tables import customers, quarantine, queue

OPERATOR = "operator"
DEFAULT_LANGUAGE = "en"
DEFAULT_PLAN = "standard"
_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


class TenantState(StrEnum):
    """Whether a tenant's mail is taken."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Tenant:
    """One customer."""

    id: int
    name: str
    language: str
    """BCP 47 tag: the language of what is written to its people."""
    plan: str
    state: TenantState
    created_at: datetime


def add_tenant(
    session: Session,
    keyring: Keyring,
    *,
    name: str,
    now: datetime,
    language: str = DEFAULT_LANGUAGE,
    plan: str = DEFAULT_PLAN,
) -> Tenant:
    """Add a tenant with a key of its own."""
    if not _NAME.fullmatch(name):
        raise Refusal(f"A tenant cannot be named {name!r}: use 1 to 63 of a-z, 0-9, '-', '_' and '.'.")
    if not _LANGUAGE.fullmatch(language):
        raise Refusal(f"{language!r} is not a language tag such as en, de or pt-BR.")
    values = {"name": name, "language": language, "plan": plan, "created_at": now}
    number = insert_new(session, customers.tenant, values, f"There is a tenant named {name!r} already.")
    add_keys(session, keyring, [number], now)
    return Tenant(number, name, language, plan, TenantState.ACTIVE, now)


def list_tenants(session: Session) -> tuple[Tenant, ...]:
    """All tenants that are not deleted, by name."""
    table = customers.tenant
    rows = session.execute(select(table).where(table.c.deleted_at.is_(None)).order_by(table.c.name))
    return tuple(_tenant(row) for row in rows)


def tenant_named(session: Session, name: str) -> Tenant:
    """The tenant of this name. Raises NotFound."""
    table = customers.tenant
    row = session.execute(select(table).where(table.c.name == name, table.c.deleted_at.is_(None))).one_or_none()
    if row is None:
        raise NotFound(f"There is no tenant named {name!r}.")
    return _tenant(row)


def get_tenant(session: Session, tenant_id: int) -> Tenant:
    """The tenant of this number, deleted or not. Raises NotFound."""
    row = session.execute(select(customers.tenant).where(customers.tenant.c.id == tenant_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no tenant {tenant_id}.")
    return _tenant(row)


def tenant_names(session: Session, tenant_ids: Iterable[int]) -> dict[int, str]:
    """The names of these tenants by number, deleted ones too."""
    table = customers.tenant
    rows = session.execute(select(table.c.id, table.c.name).where(table.c.id.in_(sorted(set(tenant_ids)))))
    return {row.id: row.name for row in rows}


def suspend_tenant(session: Session, tenant_id: int, now: datetime) -> Tenant:
    """Stop taking this tenant's mail: senders are asked to try again."""
    return _change(session, tenant_id, suspended_at=now)


def resume_tenant(session: Session, tenant_id: int) -> Tenant:
    """Take this tenant's mail again."""
    return _change(session, tenant_id, suspended_at=None)


def delete_tenant(session: Session, tenant_id: int, now: datetime) -> Tenant:
    """Delete a tenant and shred its keys: all mail held or queued for it becomes unreadable, and is so marked."""
    deleted = _change(session, tenant_id, deleted_at=now)
    domain, delivery, held = customers.domain, queue.delivery, quarantine.held
    why = "The tenant was deleted."
    session.execute(
        update(domain).where(domain.c.tenant_id == tenant_id, domain.c.deleted_at.is_(None)).values(deleted_at=now)
    )
    # The fence goes up, so that nobody who works on one of them can settle it any more.
    session.execute(
        update(delivery)
        .where(delivery.c.tenant_id == tenant_id, delivery.c.state == "queued")
        .values(state="dropped", last_reply=why, fence=delivery.c.fence + 1)
    )
    session.execute(
        update(held)
        .where(held.c.tenant_id == tenant_id, held.c.state.not_in(("released", "deleted")))
        .values(state="deleted", changed_at=now, last_result=why, fence=held.c.fence + 1)
    )
    shred(session, tenant_id)
    return deleted


def _change(session: Session, tenant_id: int, **values: datetime | None) -> Tenant:
    tenant = get_tenant(session, tenant_id)
    if tenant.name == OPERATOR:
        raise WrongState("The tenant 'operator' is built in: it stays as it is.")
    if tenant.state is TenantState.DELETED:
        raise WrongState(f"The tenant {tenant.name!r} is deleted.")
    session.execute(update(customers.tenant).where(customers.tenant.c.id == tenant_id).values(**values))
    return get_tenant(session, tenant_id)


def _tenant(row: Row[Any]) -> Tenant:
    state = TenantState.DELETED if row.deleted_at else TenantState.SUSPENDED if row.suspended_at else TenantState.ACTIVE
    return Tenant(row.id, row.name, row.language, row.plan, state, row.created_at)
