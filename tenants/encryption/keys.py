"""Keys: the master key, the tenants' keys that it wraps, and how one key wraps another.

The chain: the master key (a file of mode 0600 made at the first start, a setting, or kept by a KMS) wraps each
tenant's key (a row of `tenant_key`), which wraps the data key of each object (a column of `blob`), which seals the
octets. Deleting a tenant's row makes all its objects unreadable, wherever copies of them lie.
Wrapping is AES-256-GCM with a random nonce in front, bound to what the key is for.

Standards: NIST SP 800-38D.
Failure: `KeyTrouble` with one plain sentence (the file cannot be read, or holds no key); `SealBroken` when a wrapped
key was changed or belongs to another master key. A new master key is never made in place of one that cannot be read.
"""

import base64
import binascii
import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tenants.refusals import NotFound, Refusal
from tenants.storage.blobs.durable_file import create_durably, write_durably
from tenants.storage.blobs.segments import KEY_OCTETS, SealBroken
from tenants.storage.statements import insert_if_absent
from tenants.storage.tables import customers

_NONCE_OCTETS = 12
FIRST_VERSION = 1


class KeyTrouble(Refusal):
    """The master key cannot be had."""


@dataclass(frozen=True, slots=True)
class TenantKey:
    """A tenant's key as it is stored: wrapped by the master key, of no use without it."""

    tenant_id: int
    version: int
    wrapped: bytes


class Keyring:
    """The master key, and what can be done with it. It shows neither itself nor any other key.

    During a rotation there are several master keys: the first wraps, all of them open. A process that meets a key
    which none of its own opens looks where they came from once more; what it knew before it keeps, because a key that
    it read from the database a moment ago may be wrapped by the one before.
    """

    def __init__(self, *master_keys: bytes, read_again: Callable[[], tuple[bytes, ...]] | None = None) -> None:
        if not master_keys or any(len(key) != KEY_OCTETS for key in master_keys):
            raise KeyTrouble(f"The master key must be {KEY_OCTETS} octets long.")
        self._keys = master_keys
        self._read_again = read_again

    def new_tenant_key(self, tenant_id: int, version: int) -> TenantKey:
        """A new random key for a tenant."""
        self._look_again()
        return self._wrapped(tenant_id, version, secrets.token_bytes(KEY_OCTETS))

    def unwrap(self, key: TenantKey) -> bytes:
        """The tenant's key itself. Raises SealBroken."""
        opened = _opened_by_one_of(self._keys, key)
        # Where the keys come from may be away just now; then this one stays closed, and is asked for another time.
        with suppress(KeyTrouble):
            if opened is None and self._look_again():
                opened = _opened_by_one_of(self._keys, key)
        if opened is None:
            raise SealBroken("a tenant's key does not fit the master key")
        return opened

    def rewrapped(self, key: TenantKey) -> TenantKey | None:
        """The same key, wrapped by the newest master key; None when it is already. Raises SealBroken."""
        self._look_again()
        if _opened_by_one_of(self._keys[:1], key) is not None:
            return None
        return self._wrapped(key.tenant_id, key.version, self.unwrap(key))

    def joined_by(self, other: "Keyring") -> "Keyring":
        """These master keys, and those of another keyring to open with: for a move from there to here."""
        return Keyring(*self._keys, *other._keys)

    def _wrapped(self, tenant_id: int, version: int, key: bytes) -> TenantKey:
        return TenantKey(tenant_id, version, wrap(self._keys[0], key, _tenant_key_use(tenant_id, version)))

    def _look_again(self) -> bool:
        """Whether there is a key that was not known."""
        if self._read_again is None:
            return False
        found, known = self._read_again(), self._keys
        # Set at once: other threads read it.
        self._keys = (*found, *(key for key in known if key not in found))
        return not set(found) <= set(known)


def _opened_by_one_of(master_keys: Iterable[bytes], key: TenantKey) -> bytes | None:
    for master_key in master_keys:
        with suppress(SealBroken):
            return unwrap(master_key, key.wrapped, _tenant_key_use(key.tenant_id, key.version))
    return None


def load_keyring(given: str | None, file: Path) -> Keyring:
    """The keyring of the key given (base64 of 32 octets), or of those in the file, which is made when missing."""
    if given:
        return Keyring(_decode(given, "PRATIQUE_MASTER_KEY"))
    try:
        if not file.exists():
            create_durably(file, _line(secrets.token_bytes(KEY_OCTETS)))
    except OSError as error:
        raise KeyTrouble(f"The master key in {file} cannot be read: {error.strerror}.") from error
    # Read back in every case: another process may have made it in the same moment.
    return Keyring(*master_keys_in(file), read_again=partial(master_keys_in, file))


def master_keys_in(file: Path) -> tuple[bytes, ...]:
    """The master keys in a file, one a line: the newest, and during a rotation the one before. Raises KeyTrouble."""
    try:
        text = file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise KeyTrouble(f"The master key in {file} cannot be read: {reason}.") from error
    return tuple(_decode(line, str(file)) for line in text.split() or [""])


def begin_master_rotation(file: Path) -> bool:
    """Put a new master key in front of the one in the file; False when one is there already: go on with it."""
    keys = master_keys_in(file)
    if len(keys) == 1:
        write_durably(file, map(_line, (secrets.token_bytes(KEY_OCTETS), *keys)))
    return len(keys) == 1


def end_master_rotation(file: Path) -> None:
    """Take all but the newest master key out of the file: nothing is wrapped by them any more."""
    write_durably(file, [_line(master_keys_in(file)[0])])


def _line(key: bytes) -> bytes:
    return base64.b64encode(key) + b"\n"


def _decode(text: str, source: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_OCTETS:
        raise KeyTrouble(f"{source} does not hold a master key: {KEY_OCTETS} octets in base64 are needed.")
    return key


def wrap(outer: bytes, key: bytes, use: bytes) -> bytes:
    """`key` encrypted with `outer`, to be unwrapped for the same use alone."""
    nonce = secrets.token_bytes(_NONCE_OCTETS)
    return nonce + AESGCM(outer).encrypt(nonce, key, use)


def unwrap(outer: bytes, wrapped: bytes, use: bytes) -> bytes:
    """The key that was wrapped. Raises SealBroken."""
    try:
        return AESGCM(outer).decrypt(wrapped[:_NONCE_OCTETS], wrapped[_NONCE_OCTETS:], use)
    except (InvalidTag, ValueError):
        raise SealBroken("a wrapped key does not fit the key above it") from None


def add_missing_keys(session: Session, keyring: Keyring, now: datetime) -> None:
    """Give every tenant without a key its first one. Done at each start: no migration knows the master key."""
    keyless = (
        select(customers.tenant.c.id)
        .outerjoin(customers.tenant_key)
        .where(customers.tenant.c.deleted_at.is_(None), customers.tenant_key.c.version.is_(None))
    )
    add_keys(session, keyring, session.scalars(keyless).all(), now)


def add_keys(session: Session, keyring: Keyring, tenant_ids: Sequence[int], now: datetime) -> None:
    """Give these tenants their first key, unless they have one."""
    keys = [keyring.new_tenant_key(tenant_id, FIRST_VERSION) for tenant_id in tenant_ids]
    rows = [
        {"tenant_id": key.tenant_id, "version": key.version, "wrapped": key.wrapped, "created_at": now} for key in keys
    ]
    insert_if_absent(session, customers.tenant_key, rows)


def current_key(session: Session, tenant_id: int) -> TenantKey:
    """The key that new objects of a tenant are sealed with. Raises NotFound when the tenant has none (any more)."""
    table = customers.tenant_key
    newest = select(table).where(table.c.tenant_id == tenant_id).order_by(table.c.version.desc()).limit(1)
    row = session.execute(newest).one_or_none()
    if row is None:
        raise NotFound("The tenant has no key.")
    return TenantKey(row.tenant_id, row.version, row.wrapped)


def any_key(session: Session) -> TenantKey | None:
    """One of the tenants' keys, the newest; None when there is none."""
    table = customers.tenant_key
    row = session.execute(select(table).order_by(table.c.created_at.desc()).limit(1)).one_or_none()
    return None if row is None else TenantKey(row.tenant_id, row.version, row.wrapped)


def shred(session: Session, tenant_id: int) -> None:
    """Delete a tenant's keys: nothing that was sealed with them can be read again."""
    session.execute(delete(customers.tenant_key).where(customers.tenant_key.c.tenant_id == tenant_id))


def hold_key(session: Session, tenant_id: int, version: int) -> None:
    """Make sure that this key stays until the transaction has ended. Raises SealBroken when it is gone already.

    Without that, octets sealed with a key that is being rotated away, or shredded, could be promised and never opened.
    """
    table = customers.tenant_key
    held = select(table.c.version).where(table.c.tenant_id == tenant_id, table.c.version == version)
    if session.scalar(held.with_for_update(read=True, key_share=True)) is None:
        raise SealBroken("the tenant's key was changed in this moment")


def _tenant_key_use(tenant_id: int, version: int) -> bytes:
    return f"pratique/1|tenant-key|{tenant_id}|{version}".encode("ascii")
