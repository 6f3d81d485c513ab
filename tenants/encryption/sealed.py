"""Sealed blobs: a tenant's octets on their way into a blob store and out of it.

`SealedStore.store` makes the octets durable and gives a `SealedBlob`; the caller hands that to the book that holds or
queues the message, whose transaction writes the row. A power cut between the two leaves octets without a row, which a
sweep removes: nothing was promised yet. `read` gives the plain octets back. The book's side (`add_blobs`,
`blob_columns`, ...) is below; it knows rows and no octets.

Failure: `OSError` when the octets cannot be stored (answered 4xx); `BlobMissing`, `SealBroken` when reading. What
`read` has given out before it raised is not the whole message: pass nothing on before it has ended by itself.
"""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, and_, delete, exists, select
from sqlalchemy.orm import Session

from tenants.encryption.keys import Keyring, TenantKey, hold_key, unwrap, wrap
from tenants.storage.blobs.contract import BlobStore, new_name
from tenants.storage.blobs.segments import KEY_OCTETS, Context, open_sealed, seal
from tenants.storage.statements import insert_if_absent
from tenants.storage.tables import customers, mail, notices, quarantine, queue


class BlobKind(StrEnum):
    """What a blob holds."""

    BODY = "body"
    """The message as received, octet by octet."""
    RECORD = "record"
    """The MessageRecord: what people are shown of it."""


@dataclass(frozen=True, slots=True)
class SealedBlob:
    """One sealed object: where it is, and all that is needed, beside the master key, to open it."""

    name: str
    kind: BlobKind
    octets: int
    """Of the plain content."""
    wrapped_key: bytes
    tenant_key: TenantKey
    """What wraps the data key now."""
    sealed_version: int
    """The version of the tenant's key when the octets were sealed, which they are bound to."""


class SealedStore:
    """Seals, stores, reads and deletes. Blocking: call it from threads."""

    def __init__(self, blobs: BlobStore, keyring: Keyring) -> None:
        self._blobs = blobs
        self._keyring = keyring

    def store(self, tenant_key: TenantKey, kind: BlobKind, content: Iterable[bytes]) -> SealedBlob:
        """Seal and store `content`; durable when this returns. Raises OSError."""
        name, data_key, counted = new_name(), secrets.token_bytes(KEY_OCTETS), _Counted(content)
        context = _context(tenant_key, name)
        self._blobs.put(name, seal(data_key, context, counted))
        wrapped = wrap(self._keyring.unwrap(tenant_key), data_key, context.associated_data)
        return SealedBlob(name, kind, counted.octets, wrapped, tenant_key, tenant_key.version)

    def read(self, blob: SealedBlob) -> Iterator[bytes]:
        """The plain octets, in pieces of at most 64 KiB. Raises BlobMissing, SealBroken, perhaps after some pieces."""
        use = _context(blob.tenant_key, blob.name).associated_data
        data_key = unwrap(self._keyring.unwrap(blob.tenant_key), blob.wrapped_key, use)
        context = Context(blob.tenant_key.tenant_id, blob.name, blob.sealed_version)
        return open_sealed(data_key, context, self._blobs.get(blob.name))

    def delete(self, names: Iterable[str]) -> None:
        """Remove the octets under these names, after the transaction that removed their rows was committed."""
        for name in names:
            self._blobs.delete(name)

    def free_octets(self) -> int | None:
        """How much room there is; None when the store does not know."""
        return self._blobs.free_octets()

    def names(self) -> Iterator[str]:
        """Every name in the store, for the sweep."""
        return self._blobs.names()


class _Counted:
    """Passes pieces through and counts their octets."""

    def __init__(self, content: Iterable[bytes]) -> None:
        self._content = content
        self.octets = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._content:
            self.octets += len(piece)
            yield piece


def _context(tenant_key: TenantKey, name: str) -> Context:
    return Context(tenant_key.tenant_id, name, tenant_key.version)


def add_blobs(session: Session, blobs: Iterable[SealedBlob | None], now: datetime) -> None:
    """Write the rows of these blobs; one that several rows of a transaction share may be given again.

    Raises SealBroken when the key that they are sealed with was taken away meanwhile: they could never be opened.
    """
    given = [blob for blob in blobs if blob is not None]
    for tenant_id, version in {(blob.tenant_key.tenant_id, blob.tenant_key.version) for blob in given}:
        hold_key(session, tenant_id, version)
    rows = [
        {
            "name": blob.name,
            "tenant_id": blob.tenant_key.tenant_id,
            "kind": blob.kind.value,
            "wrapped_key": blob.wrapped_key,
            "key_version": blob.tenant_key.version,
            "octets": blob.octets,
            "stored_at": now,
        }
        for blob in given
    ]
    insert_if_absent(session, mail.blob, rows)


def blobs_named(session: Session, tenant_id: int, names: Iterable[str]) -> dict[str, SealedBlob]:
    """The blobs of these names by name. One whose tenant key was shredded, or of another tenant, is not among them."""
    table, key = mail.blob, customers.tenant_key
    joined: FromClause = table.join(
        key, and_(key.c.tenant_id == table.c.tenant_id, key.c.version == table.c.key_version)
    )
    wanted: ColumnElement[bool] = and_(table.c.tenant_id == tenant_id, table.c.name.in_(list(names)))
    rows = session.execute(select(table, key.c.wrapped).select_from(joined).where(wanted))
    return {row.name: _blob(row) for row in rows}


def _blob(row: Row[Any]) -> SealedBlob:
    tenant_key = TenantKey(row.tenant_id, row.key_version, row.wrapped)
    sealed_version = row.key_version if row.sealed_version is None else row.sealed_version
    return SealedBlob(row.name, BlobKind(row.kind), row.octets, row.wrapped_key, tenant_key, sealed_version)


def take_unneeded(session: Session, limit: int) -> tuple[str, ...]:
    """Delete the rows of up to `limit` blobs that no waiting message or notice needs, and return their names.

    Their octets are removed after the commit (`SealedStore.delete`). References in finished rows stay, as a name alone.
    """
    name = mail.blob.c.name
    # `exists(state)`, because the sweeper may not see all that the `*` of a plain one stands for.
    is_queued = exists(queue.delivery.c.state).where(
        queue.delivery.c.state == "queued", (queue.delivery.c.body == name) | (queue.delivery.c.record == name)
    )
    is_held = exists(quarantine.held.c.state).where(
        quarantine.held.c.state.in_(("held", "release-requested", "releasing")),
        (quarantine.held.c.body == name) | (quarantine.held.c.record == name),
    )
    is_owed = exists(notices.notice.c.body).where(notices.notice.c.done_at.is_(None), notices.notice.c.body == name)
    names = tuple(session.scalars(select(name).where(~is_queued, ~is_held, ~is_owed).limit(limit)))
    session.execute(delete(mail.blob).where(name.in_(names)))
    return names


def named_by_rows(session: Session) -> set[str]:
    """The names of all blobs that have a row."""
    return set(session.scalars(select(mail.blob.c.name)))


def names_without_row(session: Session, names: Iterable[str]) -> tuple[str, ...]:
    """Which of these names have no row: octets that nothing points to."""
    given = list(names)
    known = set(session.scalars(select(mail.blob.c.name).where(mail.blob.c.name.in_(given))))
    return tuple(name for name in given if name not in known)
