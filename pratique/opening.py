"""Opens what a command needs from its settings: the database, the keys, the store of sealed mail.

An empty SQLite is made and migrated on the spot, so that the first command on an empty folder just works. An older
SQLite, and any PostgreSQL that is not migrated, is left alone: `pratique migrate` is a decision of the operator,
because processes of the old version may still be running on it. A newer one whose tables this version can use is used.

Failure: `CannotOpen`, a refusal with one plain line that says what to do. An outage in the middle of a command becomes
one too.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from sqlalchemy.orm import Session

from pratique.clock.service_clock import service_time
from pratique.secrets.master_keys import open_keyring
from pratique.settings.settings import Settings
from tenants.encryption.keys import Keyring, add_missing_keys
from tenants.encryption.sealed import SealedStore
from tenants.refusals import Refusal
from tenants.storage.blobs.contract import BlobStore
from tenants.storage.blobs.folder import FolderBlobStore
from tenants.storage.database import Database, DatabaseUnavailable
from tenants.storage.migration import SchemaState, migrate, state
from tenants.storage.viewpoint import Reader

COMMAND_LINE = "command line"
"""Who did it, in the audit, when it was done by a command: whoever may open the database."""
NEWER = "The database is of a newer version of Pratique: install that version."


class CannotOpen(Refusal):
    """The database or the data folder cannot be used; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a command works on."""

    database: Database
    keyring: Keyring
    store: SealedStore


@contextmanager
def opened(settings: Settings) -> Iterator[Opened]:
    """The database, migrated, with the store beside it; closed at the end. Raises CannotOpen."""
    database = open_database(settings)
    try:
        with plain_outages():
            keyring = open_keyring(settings.master_key, database)
        with plain_outages(), database.unit_of_work(Reader.OPERATOR) as session:
            add_missing_keys(session, keyring, service_time(settings.data))
        with plain_outages():
            yield Opened(database, keyring, SealedStore(open_blobs(settings), keyring))
    finally:
        database.close()


@contextmanager
def reading(settings: Settings) -> Iterator[Session]:
    """A session for a command that only looks."""
    database = open_database(settings)
    try:
        with plain_outages(), database.read(Reader.OPERATOR) as session:
            yield session
    finally:
        database.close()


@contextmanager
def writing(settings: Settings) -> Iterator[Session]:
    """A session for a command that changes something; durable when the block has ended."""
    database = open_database(settings)
    try:
        with plain_outages(), database.unit_of_work(Reader.OPERATOR) as session:
            yield session
    finally:
        database.close()


def open_database(settings: Settings) -> Database:
    """The database, whose tables are this version's. Raises CannotOpen."""
    database = _database(settings)
    try:
        with plain_outages():
            _make_current(database)
    except BaseException:
        database.close()
        raise
    return database


def _database(settings: Settings) -> Database:
    """SQLite's file is made for its owner alone, also in a folder that others may look into: it tells who wrote whom.

    Raises CannotOpen.
    """
    make_data_folder(settings.data)
    database = Database(settings.database_url)
    if database.file is not None:
        # What is in the way of it is told when it is opened.
        with suppress(OSError):
            os.close(os.open(database.file, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    return database


def _make_current(database: Database) -> None:
    found = state(database)
    match found:
        case SchemaState.CURRENT | SchemaState.AHEAD:
            return
        case SchemaState.EMPTY if database.is_sqlite:
            migrate(database)
        case SchemaState.EMPTY:
            raise CannotOpen("The database has no tables yet: run `pratique migrate` once.")
        case SchemaState.OLDER:
            raise CannotOpen("The database is of an older version of Pratique: run `pratique migrate`.")
        case SchemaState.NEWER:
            raise CannotOpen(NEWER)
        case _:
            assert_never(found)


def migrate_database(settings: Settings) -> bool:
    """Bring the database to this version; False when it is there already. Raises CannotOpen."""
    database = _database(settings)
    try:
        with plain_outages():
            found = state(database)
            if found is SchemaState.NEWER:
                raise CannotOpen(NEWER)
            if found is SchemaState.AHEAD:
                return False
            migrate(database)
            return found is not SchemaState.CURRENT
    finally:
        database.close()


def open_blobs(settings: Settings) -> BlobStore:
    """The store of sealed octets: a folder, made when it is not there, or a bucket. Raises CannotOpen, Refusal."""
    if isinstance(settings.blobs, Path):
        make_data_folder(settings.blobs)
        return FolderBlobStore(settings.blobs)
    # Imported here: who keeps mail in a folder does not pay for it.
    from tenants.storage.blobs.s3 import S3BlobStore

    return S3BlobStore(settings.blobs.name, settings.blobs.prefix, settings.s3_endpoint)


def make_data_folder(folder: Path) -> None:
    """Make the data folder, for its owner alone, unless it is there. Raises CannotOpen."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotOpen(f"The data folder {folder} cannot be made: {error.strerror}.") from error


@contextmanager
def plain_outages() -> Iterator[None]:
    """Turn an outage of the database into a CannotOpen."""
    try:
        yield
    except DatabaseUnavailable as outage:
        raise CannotOpen(str(outage)) from outage
