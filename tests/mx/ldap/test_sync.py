"""Directories that are due are asked and applied, on the real reactor, SQLite and slapd."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from mx.ldap import sync
from mx.ldap.connection import Surroundings
from mx.ldap.sync import UNREADABLE_PASSWORD, DirectorySync
from tenants.domains.book import add_domain
from tenants.domains.own_places import OwnPlaces
from tenants.encryption.keys import Keyring
from tenants.recipients.book import count_recipients
from tenants.recipients.directories import Directory, DirectoryState, set_directory, state_of
from tenants.storage.database_threads import DatabaseThreads
from tenants.storage.tables import customers
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld, customer_world
from tests.contracts.mail_world import migrated_database
from tests.servers.slapd_server import BASE, PASSWORD, READER, SlapdServer


class Directories(TestCase):
    """One domain, whose directory has twenty people."""

    @pytest.fixture(autouse=True)
    def _slapd(self, slapd: SlapdServer) -> Iterator[None]:
        self.slapd = slapd
        yield

    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        database = migrated_database(Path(folder.name))
        self.addCleanup(database.close)
        self.world: CustomerWorld = customer_world(database, Path(folder.name) / "blobs")
        self.threads = DatabaseThreads(database, reactor)
        self.threads.startService()
        self.addCleanup(self.threads.stopService)
        self.now = NOW
        self.patch(sync, "LOOK_SECONDS", 0.0)
        with database.unit_of_work(Reader.OPERATOR) as session:
            own = {"tenant_id": self.world.acme.id, "routes": ("smtp://10.0.0.1",), "service": "mx.example"}
            self.domain = add_domain(session, **own, name="acme.example", verified_at=NOW, now=NOW).id  # type: ignore[arg-type]
        self.name_directory(PASSWORD)
        self.fill(20)
        self.work = self.new_work(Surroundings(OwnPlaces(), allow_private=True))

    def new_work(self, around: Surroundings) -> DirectorySync:
        return DirectorySync(self.threads, self.world.keyring, around, reactor, self.present, "one")

    def present(self) -> datetime:
        return self.now

    def name_directory(self, password: str) -> None:
        asked = Directory(self.slapd.url, False, BASE, "(mail=*)", READER, password)
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            own = {"tenant_id": self.world.acme.id, "domain_id": self.domain}
            set_directory(session, self.world.keyring, **own, directory=asked, now=self.now)

    def fill(self, many: int) -> None:
        self.slapd.fill({"mail": [f"p{number}@acme.example"]} for number in range(many))

    async def go_round(self) -> int:
        """An hour later, everything that is due; how much that was."""
        self.now += timedelta(hours=1)
        pieces = await self.work.lease(20)
        for piece in pieces:
            await piece
        return len(pieces)

    def found(self) -> tuple[int, DirectoryState]:
        """How many are known, and what people are told."""
        with self.world.database.read(Reader.OPERATOR) as session:
            state = state_of(session, self.domain)
            assert state is not None
            return count_recipients(session, self.domain), state

    async def test_what_changes_there_changes_here(self) -> None:
        """Whom it names is known, whom it no longer names is not."""
        assert await self.go_round() == 1
        assert await self.work.lease(20) == []
        known, state = self.found()
        assert (known, state.trouble, state.synced_at) == (20, "", self.now)
        self.fill(19)
        await self.go_round()
        assert self.found()[0] == 19

    async def test_many_that_are_gone_are_not_removed(self) -> None:
        """A mistake over there does not refuse everybody's mail here."""
        await self.go_round()
        self.fill(10)
        await self.go_round()
        known, state = self.found()
        assert known == 20 and "would remove 10 of 20" in state.trouble
        assert state.synced_at == self.now - timedelta(hours=1)

    async def test_a_server_that_is_gone_changes_nothing(self) -> None:
        """And it is asked again when it is back; so is one that refuses us."""
        await self.go_round()
        self.slapd.stop()
        await self.go_round()
        known, state = self.found()
        assert known == 20 and "does not answer" in state.trouble
        self.slapd.start()
        await self.go_round()
        assert self.found()[1].trouble == ""
        self.name_directory("wrong")
        await self.go_round()
        known, state = self.found()
        assert known == 20 and "does not know this name and password" in state.trouble
        assert "wrong" not in state.trouble

    async def test_a_private_address_is_not_asked_unless_it_is_allowed(self) -> None:
        """The guard of next hops."""
        self.work = self.new_work(Surroundings(OwnPlaces(), allow_private=False))
        await self.go_round()
        assert "is a private address" in self.found()[1].trouble

    async def test_a_password_that_cannot_be_opened_is_told(self) -> None:
        """Another master key, say."""
        around = Surroundings(OwnPlaces(), allow_private=True)
        self.work = DirectorySync(self.threads, Keyring(b"x" * 32), around, reactor, self.present, "one")
        await self.go_round()
        assert self.found()[1].trouble == UNREADABLE_PASSWORD

    async def test_a_deleted_domain_is_not_asked_about(self) -> None:
        """Its directory is forgotten, and so is one that was named anew meanwhile."""
        self.now += timedelta(hours=1)
        [piece] = await self.work.lease(20)
        self.name_directory(PASSWORD)
        await piece
        assert self.found()[0] == 0
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            session.execute(customers.domain.update().values(deleted_at=NOW))
        await self.go_round()
        with self.world.database.read(Reader.OPERATOR) as session:
            assert state_of(session, self.domain) is None
