"""Rotation of keys: the tenants' keys wrapped by a new master key, data keys wrapped by a tenant's new key.

Only keys are wrapped anew; the octets stay as they are, sealed by data keys that nobody has seen. Each function is one
portion of the work in one transaction, so that it may be ended at any moment and gone on with later.

A master key: `begin_master_rotation` (keys.py) -> `rewrap_tenant_keys` -> `end_master_rotation`.
A tenant's key: `new_version` -> `rewrap_blobs` until it gives 0, and `reseal_passwords` (those of its directories) ->
(messages under way may still use the old key) -> `drop_old_keys`, which waits for those that are writing a row with it
and refuses those that come later (`hold_key`).

Failure: `SealBroken` when a key cannot be opened: the portion is undone, and the old key stays.
"""

from datetime import datetime

from sqlalchemy import delete, exists, func, insert, select, update
from sqlalchemy.orm import Session

from tenants.encryption.keys import Keyring, TenantKey, current_key, unwrap, wrap
from tenants.recipients.directories import password_use
from tenants.storage.blobs.segments import Context
from tenants.storage.tables import customers, directories, mail


def rewrap_tenant_keys(session: Session, keyring: Keyring) -> int:
    """Have every tenant's key wrapped by the newest master key; how many were not."""
    table, changed = customers.tenant_key, 0
    for row in session.execute(select(table).order_by(table.c.tenant_id, table.c.version).with_for_update()).all():
        anew = keyring.rewrapped(TenantKey(row.tenant_id, row.version, row.wrapped))
        if anew is not None:
            own = (table.c.tenant_id == row.tenant_id, table.c.version == row.version)
            session.execute(update(table).where(*own).values(wrapped=anew.wrapped))
            changed += 1
    return changed


def new_version(session: Session, keyring: Keyring, tenant_id: int, now: datetime) -> TenantKey:
    """A new key for what the tenant stores from now on; the one of a rotation that has not ended, if there is one."""
    table = customers.tenant_key
    newest = current_key(session, tenant_id)
    versions = session.scalar(select(func.count()).where(table.c.tenant_id == tenant_id)) or 0
    if versions > 1:
        return newest
    key = keyring.new_tenant_key(tenant_id, newest.version + 1)
    values = {"tenant_id": tenant_id, "version": key.version, "wrapped": key.wrapped, "created_at": now}
    session.execute(insert(table).values(**values))
    return key


def rewrap_blobs(session: Session, keyring: Keyring, tenant_id: int, most: int) -> int:
    """Have up to `most` data keys wrapped by the tenant's newest key; how many there were."""
    table, old = mail.blob, customers.tenant_key
    newest = current_key(session, tenant_id)
    outer = keyring.unwrap(newest)
    rows = session.execute(
        select(table, old.c.wrapped)
        .join(old, (old.c.tenant_id == table.c.tenant_id) & (old.c.version == table.c.key_version))
        .where(table.c.tenant_id == tenant_id, table.c.key_version < newest.version)
        .limit(most)
        .with_for_update(of=table)
    ).all()
    for row in rows:
        below = keyring.unwrap(TenantKey(tenant_id, row.key_version, row.wrapped))
        data_key = unwrap(below, row.wrapped_key, Context(tenant_id, row.name, row.key_version).associated_data)
        anew = wrap(outer, data_key, Context(tenant_id, row.name, newest.version).associated_data)
        values = {
            "wrapped_key": anew,
            "key_version": newest.version,
            "sealed_version": func.coalesce(table.c.sealed_version, table.c.key_version),
        }
        session.execute(update(table).where(table.c.name == row.name).values(**values))
    return len(rows)


def reseal_passwords(session: Session, keyring: Keyring, tenant_id: int) -> int:
    """Have the passwords of the tenant's directories sealed with its newest key; how many were not."""
    table, key = directories.recipient_directory, customers.tenant_key
    newest = current_key(session, tenant_id)
    rows = session.execute(
        select(table.c.id, table.c.domain_id, table.c.password, table.c.key_version, key.c.wrapped)
        .join(key, (key.c.tenant_id == table.c.tenant_id) & (key.c.version == table.c.key_version))
        .where(table.c.tenant_id == tenant_id, table.c.key_version < newest.version)
        .with_for_update(of=table)
    ).all()
    for row in rows:
        old = TenantKey(tenant_id, row.key_version, row.wrapped)
        password = unwrap(keyring.unwrap(old), row.password, password_use(row.domain_id))
        anew = wrap(keyring.unwrap(newest), password, password_use(row.domain_id))
        values = {"password": anew, "key_version": newest.version}
        session.execute(update(table).where(table.c.id == row.id).values(**values))
    return len(rows)


def has_objects(session: Session, tenant_id: int) -> bool:
    """Whether anything is stored for the tenant, and so perhaps more on its way."""
    return session.scalar(select(mail.blob.c.name).where(mail.blob.c.tenant_id == tenant_id).limit(1)) is not None


def drop_old_keys(session: Session, tenant_id: int) -> bool:
    """Delete the tenant's old keys; False, and they stay, while something is still sealed with one."""
    table, blob, directory = customers.tenant_key, mail.blob, directories.recipient_directory
    newest = current_key(session, tenant_id).version
    is_old = (table.c.tenant_id == tenant_id) & (table.c.version < newest)
    # Waits for whoever is writing a row with one of them; the next statement then sees that row.
    session.execute(select(table.c.version).where(is_old).with_for_update()).all()
    in_use = exists(blob.c.name).where(blob.c.tenant_id == tenant_id, blob.c.key_version < newest)
    seals = exists(directory.c.id).where(directory.c.tenant_id == tenant_id, directory.c.key_version < newest)
    if session.scalar(select(in_use | seals)):
        return False
    session.execute(delete(table).where(is_old))
    return True
