"""The sweep, on a real database, and on a real folder or a bucket."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from twisted.internet import reactor
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from pratique.sweep import ORPHAN_SECONDS, ROUND_SECONDS, Sweep
from tenants.encryption.keys import current_key
from tenants.encryption.sealed import BlobKind, SealedStore
from tenants.quarantine.book import NewHeld, hold
from tenants.storage.blobs.s3 import S3BlobStore
from tenants.storage.database import DatabaseUnavailable
from tenants.storage.database_threads import DatabaseThreads
from tenants.storage.viewpoint import Reader
from tenants.trace.book import forget_steps, record_events
from tenants.trace.events import Stepped
from tests.contracts.customer_world import EICAR, NOW, customer_world, later
from tests.contracts.mail_world import migrated_database
from tests.servers.s3_server import CREDENTIALS
from tests.servers.scripted_s3 import Fault, scripted_s3


class PooledClock(Clock):
    """A clock with the real reactor's threads."""

    def getThreadPool(self) -> Any:
        """The pool in which files are touched."""
        return reactor.getThreadPool()  # type: ignore[attr-defined]

    def callFromThread(self, *call: Any) -> None:
        """Back to the real reactor."""
        reactor.callFromThread(*call)  # type: ignore[attr-defined]


class Unavailable:
    """A database that is away."""

    async def run(self, *_: object) -> tuple[str, ...]:
        """Fails as the real one does."""
        raise DatabaseUnavailable("away")


class SweepTest(TestCase):
    """Octets of one message that is held, and octets that no row names."""

    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        database = migrated_database(Path(folder.name))
        self.addCleanup(database.close)
        self.world = customer_world(database, Path(folder.name))
        self.clock = PooledClock()
        self.threads = DatabaseThreads(database, reactor)
        self.threads.startService()
        self.addCleanup(self.threads.stopService)
        self.sealed = self._store()
        self.sweep = Sweep(self.threads, self.sealed, self.clock, lambda: NOW)

    def _store(self) -> SealedStore:
        return self.world.sealed

    def _orphan(self) -> str:
        with self.world.database.read(Reader.OPERATOR) as session:
            key = current_key(session, self.world.acme.id)
        return self.sealed.store(key, BlobKind.BODY, [b"nobody's"]).name

    def _hold(self) -> set[str]:
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            key = current_key(session, self.world.acme.id)
            body, record = (self.sealed.store(key, kind, [b"held"]) for kind in BlobKind)
            facts = self.world.facts()
            hold(session, NewHeld(facts, "infected", "infected", (EICAR,), facts.recipients, body, record), NOW)
        return {body.name, record.name}

    async def test_steps_of_snapshots_go_when_their_time_is_over(self) -> None:
        """And not before."""
        tenant = self.world.acme.id
        steps = [Stepped(name, tenant, NOW, "header", "", 0.0, (), later(hours=n)) for name, n in (("a", 0), ("b", 1))]
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            record_events(session, steps)
        await self.sweep.sweep_once()
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            assert forget_steps(session, later(hours=2)) == 1

    async def test_octets_without_a_row_get_a_second_look_an_hour_later(self) -> None:
        """What a row names is never touched; neither is what came since the first look."""
        held, orphan = self._hold(), self._orphan()
        await self.sweep.sweep_once()
        self.clock.advance(ORPHAN_SECONDS - 1)
        await self.sweep.sweep_once()
        assert set(self.sealed.names()) == held | {orphan}
        young = self._orphan()
        self.clock.advance(1)
        await self.sweep.sweep_once()
        assert set(self.sealed.names()) == held | {young}

    async def test_octets_whose_row_came_in_the_meantime_stay(self) -> None:
        """They were stored before their row was committed."""
        await self.sweep.sweep_once()
        held = self._hold()
        for _ in range(3):
            self.clock.advance(ORPHAN_SECONDS)
            await self.sweep.sweep_once()
        assert set(self.sealed.names()) == held

    async def test_an_outage_puts_the_round_off(self) -> None:
        """Nothing is removed, and nothing is raised."""
        orphan = self._orphan()
        sweep = Sweep(Unavailable(), self.sealed, self.clock, lambda: NOW)  # type: ignore[arg-type]
        await sweep.sweep_once()
        assert list(self.sealed.names()) == [orphan]

    async def test_rounds_follow_each_other_until_it_is_stopped(self) -> None:
        """A stop waits for the round under way, and none begins after it."""
        self.sweep.startService()
        self.clock.advance(ROUND_SECONDS)
        under_way = self.sweep.stopService()
        assert under_way is not None
        await under_way
        assert self.clock.getDelayedCalls() == []


class SweepOfABucketTest(SweepTest):
    """The same in a bucket."""

    def _store(self) -> SealedStore:
        for name, value in CREDENTIALS.items():
            os.environ[name] = value
            self.addCleanup(os.environ.pop, name, None)
        serving = scripted_s3()
        self.bucket = serving.__enter__()
        self.addCleanup(serving.__exit__, None, None, None)
        blobs = S3BlobStore("bucket", "", self.bucket.endpoint, patience_seconds=0.6, request_seconds=0.3)
        return SealedStore(blobs, self.world.keyring)

    async def test_a_list_that_breaks_off_removes_nothing(self) -> None:
        """Nor one that cannot be had; the round after that finds the orphan as always."""
        held, orphan = self._hold(), self._orphan()
        for fault in (Fault.HALF_BODY, Fault.SLOW_DOWN, Fault.DENIED):
            self.bucket.always["LIST"] = fault
            self.clock.advance(ORPHAN_SECONDS)
            await self.sweep.sweep_once()
        self.bucket.always.clear()
        assert set(self.sealed.names()) == held | {orphan}
        for _ in range(2):
            self.clock.advance(ORPHAN_SECONDS)
            await self.sweep.sweep_once()
        assert set(self.sealed.names()) == held
