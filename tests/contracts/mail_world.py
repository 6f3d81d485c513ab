"""Where mail is kept and examined, of real parts: SQLite, a blob folder, database threads, cells; for trial.

`acme` has the domains `acme.example` and `second.example` with a next hop each, `blue-harbour` has `blue.example`.
"""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from mx import reply
from mx.artifact import Artifact
from mx.cell.pool import CellPool
from mx.engines.contract import EICAR, Circumstances, Purpose
from mx.engines.panel import Panel
from mx.finding import EngineFailed, EngineOutcome, NothingFound
from mx.reply import Reply
from mx.scan import Scanner
from tenants.directory import Directory, Standing
from tenants.domains.book import add_domain
from tenants.quarantine.book import STILL_HELD, HeldFilter, HeldMessage, HeldState, list_held
from tenants.queue.book import DeliveryState
from tenants.queue.listing import Delivery, DeliveryFilter, list_deliveries
from tenants.storage.database import Database
from tenants.storage.database_threads import DatabaseThreads
from tenants.storage.migration import migrate
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld, customer_world

HOSTNAME = "mx.service.example"
DOMAINS = {"acme.example": "acme", "second.example": "acme", "blue.example": "blue-harbour"}


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "migrated.sqlite"
        database = Database(f"sqlite:///{path}")
        migrate(database)
        database.close()
        return path.read_bytes()


class Everybody:
    """Every recipient is known."""

    async def answer(self, standing: Standing, address: str, *, is_first: bool = False) -> Reply:
        """Yes."""
        return reply.RECIPIENT_OK


def migrated_database(folder: Path) -> Database:
    """An empty database that only this test uses."""
    path = folder / "pratique.sqlite"
    path.write_bytes(_migrated())
    return Database(f"sqlite:///{path}")


@dataclass
class MailWorld:
    """Everything is closed when its test has ended."""

    folder: Path
    database: Database
    customers: CustomerWorld
    threads: DatabaseThreads

    def directory(self) -> Directory:
        """A directory that has remembered nothing yet."""
        return Directory(self.threads, lambda: NOW, reactor.seconds, frozenset({HOSTNAME}))

    def deliveries(self, *states: DeliveryState) -> tuple[Delivery, ...]:
        """What is in the queue, in the order in which it came."""
        with self.database.read(Reader.OPERATOR) as session:
            found = list_deliveries(session, DeliveryFilter(states or tuple(DeliveryState)), tenant_id=None)
        return found[::-1]

    def held(self, *states: HeldState) -> tuple[HeldMessage, ...]:
        """What is in the quarantine, in the order in which it came."""
        with self.database.read(Reader.OPERATOR) as session:
            return list_held(session, HeldFilter(states or STILL_HELD), tenant_id=None)[::-1]

    def blob_files(self) -> list[Path]:
        """The files that hold sealed octets."""
        return [path for path in (self.folder / "blobs").rglob("*") if path.is_file()]

    def take_database_away(self) -> None:
        """Put a folder where the database was."""
        self.database.close()
        for file in self.folder.glob("mail.sqlite*"):
            file.unlink()
        (self.folder / "mail.sqlite").mkdir()


def mail_world(case: TestCase) -> MailWorld:
    """A world for this test alone."""
    folder = Path(tempfile.mkdtemp())
    case.addCleanup(shutil.rmtree, folder)
    (folder / "mail.sqlite").write_bytes(_migrated())
    database = Database(f"sqlite:///{folder / 'mail.sqlite'}")
    case.addCleanup(database.close)
    customers = customer_world(database, folder)
    owners = {"acme": customers.acme.id, "blue-harbour": customers.blue_harbour.id}
    for name, owner in DOMAINS.items():
        add_domain_of(database, owners[owner], name)
    threads = DatabaseThreads(database, reactor)
    threads.startService()
    case.addCleanup(threads.stopService)
    return MailWorld(folder, database, customers, threads)


def add_domain_of(database: Database, tenant_id: int, name: str, *, is_verified: bool = True) -> None:
    """A domain whose next hop is `mail.` and its name."""
    with database.unit_of_work(Reader.OPERATOR) as session:
        add_domain(
            session,
            tenant_id=tenant_id,
            name=name,
            routes=(f"smtp://mail.{name}:25",),
            service="service.example",
            verified_at=NOW if is_verified else None,
            now=NOW,
        )


@dataclass
class Answering:
    """An engine that answers as it is told; a callable is called."""

    answer: EngineOutcome | Callable[[], EngineOutcome]
    name: str = "second"
    purpose = Purpose.MALWARE
    canary = EICAR

    async def examine(
        self, artifacts: Sequence[Artifact], circumstances: Circumstances, deadline: float
    ) -> EngineOutcome:
        return self.answer() if callable(self.answer) else self.answer

    async def state(self) -> Any:
        raise AssertionError("nobody asks for the state")


CONTENT = Answering(NothingFound("second"))
SILENT = Answering(EngineFailed("second", "connection refused"))


def scanner_of(case: TestCase, *engines: Any) -> Scanner:
    """A scanner with one real cell."""
    cells = CellPool(reactor, 1)
    cells.startService()
    case.addCleanup(cells.stopService)
    return Scanner(cells, Panel(engines, reactor), lambda engine: f"{engine}/1.0", reactor.seconds)
