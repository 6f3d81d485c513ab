"""The book of directories: where a domain's recipients are read from by LDAP, and what became of it.

`set_directory` (it is due at once) -> `lease_directories` (a process that works) or `lease_directory` (a command) ->
`open_directory`, as its tenant -> `apply_answer` or `note_trouble`. A lease is one node's; whoever comes late finds
that its fence has moved on.

The source of the domain's recipients becomes `ldap` with the first answer that is applied; until then what was before
is in force, so that naming a directory refuses nobody's mail. The password is sealed with the tenant's key, so that
deleting the tenant makes it unreadable.

Failure: `Refusal` with one plain sentence; `LeaseLost`, and nothing is changed; `SealBroken`. A try that came to
nothing changes no recipient: it is noted, and made again after RETRY or the domain's own interval, whichever is less.
An entry in the audit says so when the trouble is a new one, and when recipients came or went.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, select, update
from sqlalchemy.orm import Session

from tenants.customers.audit import record_action
from tenants.encryption.keys import Keyring, TenantKey, current_key, hold_key, unwrap, wrap
from tenants.recipients.book import ListChange, Source, replace_list
from tenants.recipients.skipped_entries import Skipped, skipped_of
from tenants.refusals import NotFound, Refusal
from tenants.storage.statements import due_rows, replace_row
from tenants.storage.tables import customers
from tenants.storage.tables.column_types import START_OF_TIME
from tenants.storage.tables.directories import recipient_directory

LEASE = timedelta(minutes=10)
"""Longer than a directory is asked for."""
RETRY = timedelta(minutes=5)
LEAST_MINUTES, MOST_MINUTES = 5, 1440
DIRECTORY_SYNC = "directory sync"
"""Who did it, in the audit."""


class LeaseLost(Exception):
    """Somebody else asks this directory by now, or it was forgotten."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Where and how a directory is asked."""

    url: str
    starttls: bool
    base: str
    filter: str
    bind_dn: str = ""
    password: str = field(default="", repr=False)
    authorities: str = ""
    """Certificates in PEM form to trust in place of the machine's."""
    every_minutes: int = 60


@dataclass(frozen=True, slots=True)
class Lease:
    """A directory that is this process's to ask."""

    id: int
    tenant_id: int
    domain_id: int
    fence: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A leased directory with all that is needed to ask it."""

    domain: str
    directory: Directory


@dataclass(frozen=True, slots=True)
class DirectoryState:
    """A directory as people see it; its password is nowhere in it."""

    url: str
    base: str
    every_minutes: int
    tried_at: datetime | None
    synced_at: datetime | None
    trouble: str
    skipped: Skipped


def password_use(domain_id: int) -> bytes:
    """What a sealed password is bound to."""
    return f"pratique/1|directory-password|{domain_id}".encode("ascii")


def set_directory(
    session: Session, keyring: Keyring, *, tenant_id: int, domain_id: int, directory: Directory, now: datetime
) -> None:
    """Read this domain's recipients from here; a directory named before is replaced, password included.

    Raises SealBroken.
    """
    sealed, version = None, None
    if directory.password:
        key = current_key(session, tenant_id)
        hold_key(session, tenant_id, key.version)
        version = key.version
        sealed = wrap(keyring.unwrap(key), directory.password.encode("utf-8"), password_use(domain_id))
    values = {
        "tenant_id": tenant_id,
        "url": directory.url,
        "starttls": directory.starttls,
        "authorities": directory.authorities,
        "bind_dn": directory.bind_dn,
        "password": sealed,
        "key_version": version,
        "base": directory.base,
        "filter": directory.filter,
        "every_minutes": directory.every_minutes,
        "due_at": now,
        "lease_owner": "",
        "lease_until": START_OF_TIME,
        "tried_at": None,
        "synced_at": None,
        "trouble": "",
        "skipped": {},
    }
    table = recipient_directory
    before = session.scalar(select(table.c.fence).where(table.c.domain_id == domain_id))
    # A lease of before is nobody's any more.
    replace_row(session, table, {"domain_id": domain_id}, {**values, "fence": (before or 0) + 1})


def state_of(session: Session, domain_id: int) -> DirectoryState | None:
    """The domain's directory, if it has one."""
    return states_of(session, [domain_id]).get(domain_id)


def states_of(session: Session, domain_ids: Iterable[int]) -> dict[int, DirectoryState]:
    """The directories of these domains, by the domain's number."""
    table = recipient_directory
    rows = session.execute(select(table).where(table.c.domain_id.in_(list(domain_ids))))
    return {
        row.domain_id: DirectoryState(
            row.url, row.base, row.every_minutes, row.tried_at, row.synced_at, row.trouble, skipped_of(row.skipped)
        )
        for row in rows
    }


def lease_directories(session: Session, *, now: datetime, limit: int, owner: str) -> tuple[Lease, ...]:
    """Lease what is due, at most `limit`."""
    table = recipient_directory
    due = due_rows(session, table, (table.c.due_at <= now) & (table.c.lease_until < now), table.c.due_at, limit)
    return _lease(session, table.c.id.in_(select(due.c.id)), now, owner)


def lease_directory(session: Session, *, domain_id: int, now: datetime, owner: str) -> Lease:
    """Lease this domain's directory, due or not. Raises NotFound, and Refusal when it is being asked in this moment."""
    table = recipient_directory
    leased = _lease(session, (table.c.domain_id == domain_id) & (table.c.lease_until < now), now, owner)
    if leased:
        return leased[0]
    if state_of(session, domain_id) is None:
        raise NotFound("The domain has no directory: name one with `pratique recipients ldap`.")
    raise Refusal("The directory is being asked in this moment: look at `pratique recipients show` in a minute.")


def open_directory(session: Session, keyring: Keyring, lease: Lease) -> Opened:
    """What is needed to ask; as the tenant. A directory whose domain was deleted is forgotten.

    Raises LeaseLost, SealBroken.
    """
    table, domain, key = recipient_directory, customers.domain, customers.tenant_key
    row = session.execute(
        select(table, domain.c.name.label("domain"), domain.c.deleted_at, key.c.wrapped)
        .join(domain, domain.c.id == table.c.domain_id)
        .outerjoin(key, (key.c.tenant_id == table.c.tenant_id) & (key.c.version == table.c.key_version))
        .where(_is(lease))
    ).one_or_none()
    if row is None:
        raise LeaseLost(f"directory {lease.id}")
    if row.deleted_at is not None:
        session.execute(delete(table).where(_is(lease)))
        return Opened("", _directory(row, ""))
    return Opened(row.domain, _directory(row, _password(keyring, row)))


def apply_answer(
    session: Session,
    lease: Lease,
    *,
    local_parts: Iterable[str],
    skipped: Skipped,
    now: datetime,
    may_remove_many: bool = False,
) -> ListChange:
    """Make what the directory gave the truth about the domain.

    Raises Refusal when that would remove too many (then `note_trouble` is next), LeaseLost.
    """
    interval, _ = _hold(session, lease)
    change = replace_list(
        session,
        tenant_id=lease.tenant_id,
        domain_id=lease.domain_id,
        local_parts=local_parts,
        now=now,
        may_remove_many=may_remove_many,
        source=Source.LDAP,
    )
    _settle(session, lease, skipped, tried_at=now, synced_at=now, trouble="", due_at=now + interval)
    if change.added or change.removed:
        _record(session, lease, "recipients.sync", now, added=str(change.added), removed=str(change.removed))
    return change


def note_trouble(
    session: Session, lease: Lease, *, trouble: str, now: datetime, skipped: Skipped | None = None
) -> None:
    """The try came to nothing; what was known stays in force. Raises LeaseLost."""
    interval, before = _hold(session, lease)
    _settle(session, lease, skipped, tried_at=now, trouble=trouble, due_at=now + min(RETRY, interval))
    if trouble != before:
        _record(session, lease, "recipients.sync-failed", now, reason=trouble)


def _lease(session: Session, condition: ColumnElement[bool], now: datetime, owner: str) -> tuple[Lease, ...]:
    table = recipient_directory
    leased = (
        update(table)
        .where(condition)
        .values(lease_owner=owner, lease_until=now + LEASE, fence=table.c.fence + 1)
        .returning(table.c.id, table.c.tenant_id, table.c.domain_id, table.c.fence)
    )
    return tuple(Lease(*row) for row in session.execute(leased))


def _is(lease: Lease) -> ColumnElement[bool]:
    return (recipient_directory.c.id == lease.id) & (recipient_directory.c.fence == lease.fence)


def _hold(session: Session, lease: Lease) -> tuple[timedelta, str]:
    """The domain's interval and the trouble of before; the row is this transaction's from here on."""
    table = recipient_directory
    held = update(table).where(_is(lease)).values(lease_owner="").returning(table.c.every_minutes, table.c.trouble)
    row = session.execute(held).one_or_none()
    if row is None:
        raise LeaseLost(f"directory {lease.id}")
    return timedelta(minutes=row.every_minutes), row.trouble


def _settle(session: Session, lease: Lease, skipped: Skipped | None, **values: Any) -> None:
    if skipped is not None:
        values["skipped"] = skipped.as_document()
    table = recipient_directory
    session.execute(
        update(table).where(_is(lease)).values(lease_until=START_OF_TIME, fence=table.c.fence + 1, **values)
    )


def _record(session: Session, lease: Lease, action: str, now: datetime, **details: str) -> None:
    domain = customers.domain
    name = session.scalar(select(domain.c.name).where(domain.c.id == lease.domain_id)) or ""
    record_action(
        session,
        at=now,
        tenant_id=lease.tenant_id,
        who=DIRECTORY_SYNC,
        action=action,
        subject=name,
        details=details,
    )


def _password(keyring: Keyring, row: Row[Any]) -> str:
    if row.password is None:
        return ""
    # Its key may be gone with the tenant: then it does not open, as is meant.
    key = TenantKey(row.tenant_id, row.key_version, row.wrapped or b"")
    return unwrap(keyring.unwrap(key), row.password, password_use(row.domain_id)).decode("utf-8")


def _directory(row: Row[Any], password: str) -> Directory:
    return Directory(
        row.url, row.starttls, row.base, row.filter, row.bind_dn, password, row.authorities, row.every_minutes
    )
