"""The Keeper, with a real SQLite database and a real folder: octets durable, then one commit; else CannotKeep."""

import errno
import shutil
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import text
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.trial.unittest import TestCase

from mx.decision import Deliver
from mx.disposition.copies import Copy, ExaminedMessage
from mx.disposition.keep import KEEP_SECONDS, CannotKeep, Keeper, Kept, QueueTimes
from mx.envelope import Recipient
from mx.spool import MEMORY_OCTETS
from mx.verdict import VerdictKind
from tenants.customers.book import delete_tenant
from tenants.encryption.keys import Keyring, current_key, shred
from tenants.encryption.sealed import SealedStore, blobs_named, take_unneeded
from tenants.quarantine.book import FindingNote, held_blobs
from tenants.quarantine.message_record import MessageRecord, RecordedFinding
from tenants.queue.book import lease_due
from tenants.queue.notices import PassedOn, Undelivered, lease_notices
from tenants.storage.blobs.folder import FolderBlobStore
from tenants.storage.viewpoint import Reader
from tenants.trace.messages import get_message
from tests.contracts.customer_world import NOW, later
from tests.contracts.disposing import EICAR_FOUND, MESSAGE, envelope_for, examination, examined, standing
from tests.contracts.mail_world import MailWorld, mail_world
from tests.contracts.watched_system import WatchedSystem

A, B, C = "a@acme.example", "B@acme.example", "c@acme.example"
INFECTED = examination(VerdictKind.INFECTED, EICAR_FOUND)


class Hasty:
    """The reactor, for a test that will not wait: what is to happen later happens when `hurry` is called."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self._later: list[IDelayedCall] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(reactor, name)

    def callLater(self, delay: float, *call: Any) -> Any:
        self.waits.append(delay)
        self._later.append(reactor.callLater(delay, *call))
        return self._later[-1]

    def hurry(self) -> None:
        """The time of everything that waits has come."""
        for each in self._later:
            if each.active():
                each.reset(0)


class FullDisk:
    """A blob store whose disk is full."""

    def put(self, name: str, content: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


class KeeperTest(TestCase):
    """One world for each test."""

    timeout = 60

    def setUp(self) -> None:
        self.world: MailWorld = mail_world(self)

    def keeper(self, sealed: SealedStore | None = None, on: Any = reactor) -> Keeper:
        times = QueueTimes(timedelta(minutes=1), timedelta(days=5))
        return Keeper(sealed or self.world.customers.sealed, self.world.threads, on, lambda: NOW, times)

    def copy(self, address: str, **changes: Any) -> Copy:
        customers = self.world.customers
        with self.world.database.read(Reader.OPERATOR) as session:
            key = current_key(session, customers.acme.id)
        given: dict[str, Any] = {"tenant_id": customers.acme.id, "key": key} | changes
        return Copy(Recipient(address), standing(**given), Deliver())

    async def keep_one(self, keeper: Keeper, **changes: Any) -> Kept:
        return await keeper.keep(examined(A), [self.copy(A, **changes)], {})

    async def assert_nothing_kept(self, keeper: Keeper, **changes: Any) -> str:
        """Nothing is promised, and no row is there."""
        with self.assertRaises(CannotKeep) as caught:
            await self.keep_one(keeper, **changes)
        assert (self.world.deliveries(), self.world.held()) == ((), ())
        return str(caught.exception)

    def assert_readable(self, message: ExaminedMessage, held: int) -> None:
        with self.world.database.read(Reader.OPERATOR) as session:
            blobs = held_blobs(session, held, tenant_id=self.world.customers.acme.id)
        assert b"".join(self.world.customers.sealed.read(blobs.body)) == b"".join(message.spool.chunks())

    async def test_what_the_sender_is_owed_is_in_the_same_commit(self) -> None:
        """Of what this call holds as undeliverable, or of what is held already; or the message is not answered 250."""
        owed = [Undelivered(A, "5.1.1", "550 5.1.1 No such user", NOW)]
        kept = await self.keeper().keep(examined(A), (), {"undeliverable": [self.copy(A)]}, owed)
        tenant_id = self.world.customers.acme.id
        other = examined(A)
        other = replace(other, envelope=envelope_for(A, transaction="1" * 22))
        await self.keeper().owe(other, tenant_id, owed, kept.held["undeliverable"])
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            found = lease_notices(session, now=later(minutes=1), limit=9, owner="one", lease_seconds=60)
        assert [notice.held for notice in found] == [kept.held["undeliverable"]] * 2
        self.world.take_database_away()
        with self.assertRaises(CannotKeep):
            await self.keeper().owe(examined(A), tenant_id, owed, 1)

    async def test_what_is_owed_of_a_copy_that_was_taken_keeps_its_message(self) -> None:
        """Octet by octet, until the report is written; or nothing is promised."""
        owed, copy, message = [PassedOn(A, "2.0.0", NOW)], self.copy(A), examined(A)
        await self.keeper().owe_success(message, copy.standing, owed)
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            (notice,) = lease_notices(session, now=later(minutes=1), limit=9, owner="one", lease_seconds=60)
            facts = get_message(session, tenant_id=notice.tenant_id, transaction=notice.about or "")
            blobs = blobs_named(session, notice.tenant_id, [notice.body or ""])
            assert take_unneeded(session, 9) == ()
        assert (notice.passed_on, facts.octets) == (tuple(owed), len(MESSAGE))
        assert b"".join(self.world.customers.sealed.read(blobs[notice.body or ""])) == MESSAGE
        with self.assertRaises(CannotKeep):
            await self.keeper().owe_success(message, self.copy(A, key=None).standing, owed)
        self.world.take_database_away()
        with self.assertRaises(CannotKeep):
            await self.keeper().owe_success(message, copy.standing, owed)

    async def test_queued_and_held_copies_share_one_body_and_one_commit(self) -> None:
        """Each with its number; the body is octet by octet what was received."""
        message = examined(A, B, C, result=INFECTED)
        queued, held = [self.copy(A)], {"spam": [self.copy(B)], "infected": [self.copy(C)]}
        kept = await self.keeper().keep(message, queued, held)
        (delivery,) = self.world.deliveries()
        spam, infected = self.world.held()
        assert kept == Kept({Recipient(A): delivery.id}, {"spam": spam.id, "infected": infected.id})
        assert (delivery.recipient, delivery.domain) == (A, "acme.example")
        assert (delivery.next_attempt_at, delivery.expires_at) == (later(minutes=1), later(days=5))
        assert [person.address for person in spam.recipients] == [B]
        assert infected.findings == (FindingNote("yara", "EICAR-Test-File", 0, "infected"),)
        assert len(self.world.blob_files()) == 2
        for each in (spam, infected):
            self.assert_readable(message, each.id)
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            (leased,) = lease_due(session, now=later(minutes=2), limit=9, owner="one", lease_seconds=60)
        assert leased.headers_on_top == message.headers_on_top
        assert b"".join(self.world.customers.sealed.read(leased.body)) == MESSAGE

    async def test_the_record_is_kept_with_the_findings(self) -> None:
        """What people are shown was never stored without them."""
        kept = await self.keeper().keep(examined(A, result=INFECTED), (), {"infected": [self.copy(A)]})
        with self.world.database.read(Reader.OPERATOR) as session:
            blobs = held_blobs(session, kept.held["infected"], tenant_id=None)
        assert blobs.record is not None
        record = MessageRecord.from_json(b"".join(self.world.customers.sealed.read(blobs.record)))
        assert record.preview == "Good morning.\n"
        assert record.findings == (RecordedFinding("yara", "EICAR-Test-File", 0, "infected"),)

    async def test_a_message_larger_than_memory_is_kept(self) -> None:
        """Read from its encrypted file, in a thread."""
        message = examined(A, content=b"0123456789abcde\n" * (MEMORY_OCTETS // 8))
        kept = await self.keeper().keep(message, (), {"spam": [self.copy(A)]})
        self.assert_readable(message, kept.held["spam"])
        message.spool.close()

    async def test_a_message_may_be_kept_twice(self) -> None:
        """First what is held, later what its next hop did not take: one message, two rows."""
        message = examined(A, B)
        await self.keeper().keep(message, (), {"spam": [self.copy(A)]})
        await self.keeper().keep(message, [self.copy(B)], {})
        (delivery,), (held,) = self.world.deliveries(), self.world.held()
        assert delivery.facts.transaction == held.facts.transaction

    async def test_header_lines_of_agents_are_kept_with_what_is_held(self) -> None:
        """Each recipient's own, for the release."""
        copies = [replace(self.copy(A), from_agents=b"X-A: 1\r\n"), self.copy("b@acme.example")]
        await self.keeper().keep(examined(A, "b@acme.example"), (), {"spam": copies})
        (message,) = self.world.held()
        assert [each.agent_headers for each in message.recipients] == [b"X-A: 1\r\n", b""]

    async def test_a_recipient_given_twice_is_held_once(self) -> None:
        """One line in the list of the message's recipients."""
        await self.keeper().keep(examined(A, A), (), {"spam": [self.copy(A), self.copy(A)]})
        assert [person.address for person in self.world.held()[0].recipients] == [A]

    async def test_hostile_text_is_kept(self) -> None:
        """Lone surrogates, NUL and a direction mark in the subject do not stop a message from being kept."""
        for subject in ("a\0b", "\u202eevil", "\U0001f600" * 500, "'; DROP TABLE held; --"):
            message = examined(A, result=examination(VerdictKind.SPAM, subject=subject))
            await self.keeper().keep(message, (), {"spam": [self.copy(A)]})
        assert len(self.world.held()) == 4

    async def test_a_tenant_without_a_key_can_keep_nothing(self) -> None:
        """It is not kept in clear instead."""
        assert "no key" in await self.assert_nothing_kept(self.keeper(), key=None)
        assert self.world.blob_files() == []

    async def test_a_key_of_another_master_key_can_keep_nothing(self) -> None:
        """A data folder with somebody else's master key."""
        blobs = FolderBlobStore(self.world.folder / "blobs")
        reason = await self.assert_nothing_kept(self.keeper(SealedStore(blobs, Keyring(bytes(32)))))
        assert reason.startswith("SealBroken")

    async def test_a_full_disk_can_keep_nothing(self) -> None:
        """4xx; the sender keeps the message."""
        sealed = SealedStore(FullDisk(), self.world.customers.keyring)  # type: ignore[arg-type]
        assert "No space left" in await self.assert_nothing_kept(self.keeper(sealed))

    async def test_each_failing_call_of_the_disk_means_that_nothing_is_kept(self) -> None:
        """Opening, writing, syncing, renaming: whichever fails, no row names the octets."""
        failed: set[str] = set()
        for number in count():
            # What a call is shows when it is made: two blobs whose names begin alike need fewer of them.
            watched = WatchedSystem(self.world.folder, fail_at=number)
            store = FolderBlobStore(self.world.folder / f"fails-{number}", watched)
            try:
                await self.keep_one(self.keeper(SealedStore(store, self.world.customers.keyring)))
            except CannotKeep:
                assert (self.world.deliveries(), self.world.held()) == ((), ())
                failed.add(watched.calls[number].split()[0])
                continue
            if number >= len(watched.calls):
                break
            raise AssertionError(f"kept, though {watched.calls[number]} failed")
        assert failed >= {"open", "write", "fsync", "rename"}

    async def test_a_database_that_is_gone_can_keep_nothing(self) -> None:
        """The octets without a row are left to the sweep."""
        copy = self.copy(A)
        self.world.take_database_away()
        with self.assertRaises(CannotKeep) as caught:
            await self.keeper().keep(examined(A), [copy], {})
        assert str(caught.exception).startswith("DatabaseUnavailable")
        assert len(self.world.blob_files()) == 2

    async def test_a_database_that_is_damaged_can_keep_nothing(self) -> None:
        """Something else lies where the database was."""
        copy = self.copy(A)
        self.world.database.close()
        for file in self.world.folder.glob("mail.sqlite*"):
            file.unlink()
        Path(self.world.folder / "mail.sqlite").write_bytes(b"no database at all" * 1000)
        with self.assertRaises(CannotKeep):
            await self.keeper().keep(examined(A), [copy], {})

    async def test_a_database_that_is_locked_is_waited_for_no_longer_than_5_s(self) -> None:
        """What is committed after that is a duplicate, because the sender was told to come back; never a loss."""
        hasty, asked, write = Hasty(), Deferred[None](), self.world.threads.run_durably

        def asks(*given: Any, **named: Any) -> Any:
            asked.callback(None)
            return write(*given, **named)

        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            session.execute(text("SELECT 1"))
            self.patch(self.world.threads, "run_durably", asks)
            keeping = Deferred.fromCoroutine(self.keeper(on=hasty).keep(examined(A), [self.copy(A)], {}))
            await asked
            hasty.hurry()
            with self.assertRaises(CannotKeep) as caught:
                await keeping
        self.patch(self.world.threads, "run_durably", write)
        assert str(caught.exception).startswith("TimeoutError")
        assert KEEP_SECONDS in hasty.waits
        await self.world.threads.run_durably(Reader.OPERATOR, lambda _: None)
        assert len(self.world.deliveries()) == 1

    async def test_a_folder_that_is_gone_can_keep_nothing(self) -> None:
        """A file lies where the blobs were."""
        shutil.rmtree(self.world.folder / "blobs", ignore_errors=True)
        (self.world.folder / "blobs").write_bytes(b"")
        await self.assert_nothing_kept(self.keeper())

    async def test_mail_of_a_tenant_deleted_meanwhile_is_not_promised(self) -> None:
        """The directory may remember a key for 5 s; what was sealed with it is as shredded as the rest: no 250."""
        copy = self.copy(A)
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            delete_tenant(session, self.world.customers.acme.id, NOW)
            shred(session, self.world.customers.acme.id)
        with self.assertRaises(CannotKeep):
            await self.keeper().keep(examined(A), [copy], {})
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            assert lease_due(session, now=later(days=1), limit=9, owner="one", lease_seconds=60) == ()
