"""The book of master keys that a KMS has wrapped: rows that say nothing to whoever cannot ask that KMS.

They are in the database, because every node needs them and a backup of the tenants' keys is nothing without them.
"""

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from tenants.storage.statements import insert_if_absent
from tenants.storage.tables import customers


def wrapped_master_keys(session: Session, kms_key: str) -> tuple[bytes, ...]:
    """The master keys that this KMS key wraps: the newest first, and during a rotation the one before."""
    table = customers.master_key
    own = select(table.c.wrapped).where(table.c.kms_key == kms_key).order_by(table.c.number.desc())
    return tuple(session.scalars(own).all())


def add_wrapped_master_key(session: Session, kms_key: str, wrapped: bytes, having: int, now: datetime) -> None:
    """Add a master key in front of the `having` that there are; when others came between, theirs is as good."""
    table = customers.master_key
    if len(wrapped_master_keys(session, kms_key)) == having:
        newest = session.scalar(select(func.max(table.c.number))) or 0
        row = {"number": newest + 1, "kms_key": kms_key, "wrapped": wrapped, "created_at": now}
        insert_if_absent(session, table, [row])


def keep_newest_master_key(session: Session, kms_key: str) -> None:
    """Delete all but the newest master key of this KMS key: nothing is wrapped by them any more."""
    table = customers.master_key
    newest = session.scalar(select(func.max(table.c.number)).where(table.c.kms_key == kms_key)) or 0
    session.execute(delete(table).where(table.c.kms_key == kms_key, table.c.number < newest))


def forget_master_keys(session: Session, kms_key: str) -> None:
    """Delete every master key of this KMS key: another keeper's wraps all there is."""
    session.execute(delete(customers.master_key).where(customers.master_key.c.kms_key == kms_key))
