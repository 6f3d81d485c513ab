"""Rotations of keys, killed with SIGKILL at random moments while mail goes on being stored (S3 of the catalogue).

Each round starts `pratique keys rotate`, for the master key and for a tenant by turns, and kills it after a random
part of the time that a whole one takes. At the end the same commands are let finish. Then every object must open with
the keys that are there, and the keys of the beginning must open none.

Usage: python -m tests.faults.key_rotation [--kills 20] [--objects 2000] [--seed N]
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.customers.book import add_tenant
from tenants.encryption.keys import TenantKey, current_key, load_keyring
from tenants.encryption.sealed import BlobKind, SealedBlob, SealedStore, add_blobs, blobs_named
from tenants.storage.blobs.folder import FolderBlobStore
from tenants.storage.blobs.segments import SealBroken
from tenants.storage.database import Database
from tenants.storage.migration import migrate
from tenants.storage.tables import customers, mail
from tenants.storage.viewpoint import OfTenant, Reader

CONTENT = b"Subject: kept\r\n\r\nwhat somebody wrote\r\n"


@dataclass(frozen=True, slots=True)
class RotationResult:
    """What was there at the end."""

    kills: int
    objects: int
    stored_meanwhile: int
    refused_meanwhile: int
    unreadable: int
    old_keys: int
    """Of the tenant's, beside the newest; and master keys beside the newest."""


class Storing(threading.Thread):
    """Stores one object after the other, as a process of ours with a keyring and a directory of its own."""

    def __init__(self, database: Database, store: SealedStore, tenant_id: int) -> None:
        super().__init__()
        self._database, self._store, self._tenant_id = database, store, tenant_id
        self.stored, self.refused = 0, 0
        self._is_over = threading.Event()

    def run(self) -> None:
        """Until `end`; a refusal is what would be answered 451."""
        while not self._is_over.wait(0.01):
            with self._database.read(OfTenant(self._tenant_id)) as session:
                key = current_key(session, self._tenant_id)
            for _ in range(5):
                self._store_one(key)

    def _store_one(self, key: TenantKey) -> None:
        try:
            blob = self._store.store(key, BlobKind.BODY, [CONTENT])
            with self._database.unit_of_work(OfTenant(self._tenant_id)) as session:
                add_blobs(session, [blob], datetime.now(UTC))
            self.stored += 1
        except SealBroken:
            self.refused += 1

    def end(self) -> None:
        """Returns when the last one is stored."""
        self._is_over.set()
        self.join()


def rotate_under_kills(folder: Path, *, kills: int, objects: int, seed: int) -> RotationResult:
    """The whole run on a data folder that is empty."""
    chance = random.Random(seed)
    database = Database(f"sqlite:///{folder / 'pratique.sqlite'}")
    migrate(database)
    keyring, first = load_keyring(None, folder / "master.key"), folder / "master.key"
    oldest = first.read_text()
    store = SealedStore(FolderBlobStore(folder / "blobs"), keyring)
    now = datetime.now(UTC)
    with database.unit_of_work(Reader.OPERATOR) as session:
        tenant_id = add_tenant(session, keyring, name="acme", now=now).id
        key = current_key(session, tenant_id)
    blobs = [store.store(key, BlobKind.BODY, [CONTENT]) for _ in range(objects)]
    with database.unit_of_work(Reader.OPERATOR) as session:
        add_blobs(session, blobs, now)
    storing = Storing(database, store, tenant_id)
    storing.start()
    began = time.monotonic()
    _rotate(folder, "--tenant").wait()
    whole_seconds = time.monotonic() - began
    for number in range(kills):
        rotation = _rotate(folder, "--master" if number % 2 else "--tenant")
        try:
            rotation.wait(chance.uniform(0.3, 1.1) * whole_seconds)
        except subprocess.TimeoutExpired:
            rotation.kill()
            rotation.wait()
    storing.end()
    for what in ("--tenant", "--master"):
        if _rotate(folder, what).wait():
            raise AssertionError(f"the rotation {what} did not finish")
    unreadable, count = _unreadable(database, folder, tenant_id)
    with database.read(Reader.OPERATOR) as session:
        keys = session.scalars(
            select(customers.tenant_key.c.version).where(customers.tenant_key.c.tenant_id == tenant_id)
        )
        old = len(keys.all()) - 1 + (oldest.strip() in first.read_text()) + len(first.read_text().split()) - 1
    database.close()
    return RotationResult(kills, count, storing.stored, storing.refused, unreadable, old)


def _rotate(folder: Path, what: str) -> "subprocess.Popen[bytes]":
    words = [what, "acme", "--grace", "0.2"] if what == "--tenant" else [what]
    command = [sys.executable, "-m", "pratique", "keys", "rotate", *words]
    return subprocess.Popen(command, env=os.environ | {"PRATIQUE_DATA": str(folder)}, stdout=subprocess.DEVNULL)


def _unreadable(database: Database, folder: Path, tenant_id: int) -> tuple[int, int]:
    """How many objects do not open with a keyring that is read now, and how many there are."""
    store = SealedStore(FolderBlobStore(folder / "blobs"), load_keyring(None, folder / "master.key"))
    with database.read(OfTenant(tenant_id)) as session:
        names = session.scalars(select(mail.blob.c.name)).all()
        blobs = [each for at in range(0, len(names), 500) for each in _named(session, tenant_id, names[at : at + 500])]
    opened = 0
    for blob in blobs:
        opened += b"".join(store.read(blob)) == CONTENT
    return len(names) - opened, len(names)


def _named(session: Session, tenant_id: int, names: Sequence[str]) -> Iterable[SealedBlob]:
    return blobs_named(session, tenant_id, names).values()


def main() -> int:
    """Prints the figures; 0 when nothing is unreadable and no old key is left."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--objects", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    given = parser.parse_args()
    print(f"seed {given.seed}")
    with tempfile.TemporaryDirectory() as folder:
        result = rotate_under_kills(Path(folder), kills=given.kills, objects=given.objects, seed=given.seed)
    print(result)
    return 1 if result.unreadable or result.old_keys else 0


if __name__ == "__main__":
    sys.exit(main())
