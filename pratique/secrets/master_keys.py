"""Where the master key is kept: in the setting itself, in a file, or in the database, wrapped by AWS KMS.

Three keepers, one of which the setting names. Each gives the master keys, newest first; two of them can rotate it.
KMS is asked when a process starts, and when it meets the key of a rotation; what it has unwrapped stays in the process.

Failure: `KeyTrouble` and `CannotOpen`, one plain line: the file or KMS cannot give the key, or what it gives is not the
key that wraps the tenants' keys. The process does not start; one that runs does not notice a KMS that is away.
"""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from pratique.secrets.aws_credentials import aws_credentials
from pratique.settings.values import is_key
from tenants.encryption.keys import (
    Keyring,
    KeyTrouble,
    any_key,
    begin_master_rotation,
    end_master_rotation,
    load_keyring,
    master_keys_in,
)
from tenants.encryption.kms import Kms
from tenants.encryption.kms_key import SCHEME, parse_kms_key
from tenants.encryption.wrapped_master_keys import (
    add_wrapped_master_key,
    forget_master_keys,
    keep_newest_master_key,
    wrapped_master_keys,
)
from tenants.refusals import Refusal
from tenants.storage.blobs.segments import SealBroken
from tenants.storage.database import Database
from tenants.storage.viewpoint import Reader


class Keeper(Protocol):
    """What keeps a master key."""

    def keyring(self) -> Keyring:
        """Its master keys; the first one is made when there is none. Raises KeyTrouble."""

    def begin_rotation(self) -> None:
        """Put a new master key in front of the present one, unless that is done already. Raises Refusal."""

    def end_rotation(self) -> None:
        """Leave the newest alone: nothing is wrapped by the one before."""

    def forget(self) -> None:
        """Another keeper's key wraps everything: delete what is ours to delete."""


class GivenKey:
    """The setting is the key."""

    def __init__(self, key: str) -> None:
        self._key = key

    def keyring(self) -> Keyring:
        return load_keyring(self._key, Path())

    def begin_rotation(self) -> None:
        raise Refusal("PRATIQUE_MASTER_KEY is the key itself: write it to a file, name the file there, then rotate.")

    def end_rotation(self) -> None:
        """Never begun."""

    def forget(self) -> None:
        """The operator has it."""


class FileKeys:
    """A file of mode 0600."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def keyring(self) -> Keyring:
        return load_keyring(None, self._file)

    def begin_rotation(self) -> None:
        begin_master_rotation(self._file)

    def end_rotation(self) -> None:
        end_master_rotation(self._file)

    def forget(self) -> None:
        """The file is the operator's: backups of the database may need it yet."""


class KmsKeys:
    """Rows of the database that a KMS key wraps; `name`: that key as the setting writes it."""

    def __init__(self, name: str, kms: Kms, database: Database) -> None:
        self._name, self._kms, self._database = name, kms, database
        self._unwrapped: dict[bytes, bytes] = {}

    def keyring(self) -> Keyring:
        if not self._rows():
            self._add(having=0)
        # Read back in every case: another node may have made it in the same moment.
        return Keyring(*self._keys(), read_again=self._keys)

    def begin_rotation(self) -> None:
        self._add(having=1)

    def end_rotation(self) -> None:
        with self._database.unit_of_work(Reader.OPERATOR) as session:
            keep_newest_master_key(session, self._name)

    def forget(self) -> None:
        with self._database.unit_of_work(Reader.OPERATOR) as session:
            forget_master_keys(session, self._name)

    def _keys(self) -> tuple[bytes, ...]:
        return tuple(self._key(row) for row in self._rows())

    def _key(self, wrapped: bytes) -> bytes:
        if wrapped not in self._unwrapped:
            self._unwrapped[wrapped] = self._kms.unwrap(wrapped)
        return self._unwrapped[wrapped]

    def _rows(self) -> tuple[bytes, ...]:
        with self._database.read(Reader.NODE) as session:
            return wrapped_master_keys(session, self._name)

    def _add(self, having: int) -> None:
        if len(self._rows()) != having:
            return
        wrapped = self._kms.new_wrapped_key()
        with self._database.unit_of_work(Reader.NODE) as session:
            add_wrapped_master_key(session, self._name, wrapped, having, datetime.now(UTC))


def keeper_of(text: str, database: Database, environment: Mapping[str, str] = os.environ) -> Keeper:
    """The keeper that the text of PRATIQUE_MASTER_KEY names. Raises KeyTrouble."""
    if is_key(text):
        return GivenKey(text)
    if not text.startswith(SCHEME):
        return FileKeys(Path(text).expanduser())
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    try:
        key = parse_kms_key(text, region)
    except ValueError as error:
        raise KeyTrouble(f"PRATIQUE_MASTER_KEY {error}.") from None
    return KmsKeys(key.key_id, Kms(key, partial(aws_credentials, environment)), database)


def open_keyring(text: str, database: Database) -> Keyring:
    """The keyring of what PRATIQUE_MASTER_KEY names. Raises KeyTrouble, also when it is not the tenants' keys' own."""
    keyring = keeper_of(text, database).keyring()
    with database.read(Reader.OPERATOR) as session:
        key = any_key(session)
    try:
        if key is not None:
            keyring.unwrap(key)
    except SealBroken:
        raise KeyTrouble(
            "The tenants' keys are wrapped by another master key than PRATIQUE_MASTER_KEY names: set that one, "
            "or move them with `pratique keys rotate --master --from` (docs/storage.md)."
        ) from None
    return keyring


def master_keys_of(text: str, database: Database) -> Keyring:
    """The master keys of a keeper that must have one already. Raises KeyTrouble."""
    if not is_key(text) and not text.startswith(SCHEME):
        master_keys_in(Path(text).expanduser())
    return keeper_of(text, database).keyring()
