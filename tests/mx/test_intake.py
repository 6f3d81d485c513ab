"""The intake: transactions from RCPT to the one reply, with a real database, blob folder and cell."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update
from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from mx import reply
from mx.agents.chain import Chain
from mx.cell.report import NoCellFree
from mx.delivery.contract import CopyResult
from mx.disposition.carry_out import Disposition
from mx.disposition.cleaning import Cleaner
from mx.disposition.keep import Keeper, QueueTimes
from mx.envelope import Client, Recipient, ReversePath
from mx.intake import Intake
from mx.reply import Reply
from mx.smtp.extensions import MailParameters
from mx.spool import Spool, SpoolFull
from tenants.customers.book import suspend_tenant
from tenants.directory import Standing, Status
from tenants.domains.book import delete_domain
from tenants.encryption.keys import add_missing_keys, shred
from tenants.policies.book import change_domain_policy, change_tenant_policy
from tenants.quarantine.book import held_blobs
from tenants.queue.book import DeliveryState
from tenants.storage.tables import customers
from tenants.storage.viewpoint import Reader
from tenants.trace.events import (
    CopyAccepted,
    CopyDeferred,
    CopyDiscarded,
    CopyHeld,
    CopyQueued,
    CopyRefused,
    Event,
    Examined,
    MessageReceived,
)
from tests.contracts.customer_world import NOW
from tests.contracts.disposing import AWAY, LATER, MESSAGE, NEVER, NextHopsInMemory, envelope_for, result_of
from tests.contracts.mail import EICAR, attached, encrypted_zip, nested
from tests.contracts.mail_world import HOSTNAME, SILENT, Everybody, MailWorld, add_domain_of, mail_world, scanner_of
from tests.contracts.stamps import no_keys

A, B, C = "a@acme.example", "b@acme.example", "c@second.example"
STRANGER = "x@blue.example"
VIRUS = attached(nested(EICAR, 2))
TAKEN = reply.message_taken("0" * 22)
CLIENT = Client("203.0.113.9", 40000, "mail.supplier.example", True, None)


class Notes(list[Event]):
    """A trace that is a list."""

    def write(self, *events: Event) -> None:
        self.extend(events)


class Raising:
    """A scanner that cannot examine anything now."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def examine(self, *_: object, **__: object) -> Any:
        raise self.error


class IntakeTest(TestCase):
    """One world and one cell for each test."""

    timeout = 60

    def setUp(self) -> None:
        self.world: MailWorld = mail_world(self)
        self.hops, self.trace, self.room = NextHopsInMemory(), Notes(), [True]
        self.agents: list[Any] = []

    def intake(self, *engines: Any, scanner: Any = None) -> Intake:
        times = QueueTimes(timedelta(minutes=1), timedelta(days=5))
        keeper = Keeper(self.world.customers.sealed, self.world.threads, reactor, lambda: NOW, times)
        return Intake(
            directory=self.world.directory(),
            recipients=Everybody(),
            scanner=scanner or scanner_of(self, *engines),
            chain=Chain(self.agents, reactor),
            disposition=Disposition(self.hops, keeper, Cleaner(HOSTNAME, HOSTNAME, self.world.folder)),
            trace=self.trace,
            has_room=lambda: self.room[0],
            now=lambda: NOW,
            hostname=HOSTNAME,
            stamps=no_keys(),
            scratch=self.world.folder,
        )

    async def send(self, *recipients: str, content: bytes = MESSAGE, intake: Intake | None = None) -> Reply:
        """One transaction; every recipient is taken."""
        conversation = (intake or self.intake()).conversation()
        accepted: list[Recipient] = []
        for recipient in map(Recipient, recipients):
            assert await conversation.recipient(recipient, accepted) == reply.RECIPIENT_OK
            accepted.append(recipient)
        spool = conversation.begin_data()
        assert isinstance(spool, Spool)
        spool.write(content)
        spool.freeze()
        answer = await conversation.message(envelope_for(*recipients), spool)
        with pytest.raises(ValueError, match="between its freezing and its closing"):
            spool.read(0, 1)
        return answer

    def policy(self, **entries: str) -> None:
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            change_tenant_policy(session, tenant_id=self.world.customers.acme.id, entries=entries, now=NOW)

    def told(self) -> list[type[Event]]:
        return [type(event) for event in self.trace]

    async def test_a_clean_message_goes_on_at_once(self) -> None:
        """Our headers on top, the octets as they came, and nothing stored."""
        assert await self.send(A) == TAKEN
        (content,) = self.hops.contents
        assert content.startswith(b"Pratique-Scanned: clean") and content.endswith(MESSAGE)
        assert b"for <a@acme.example>" in content
        assert self.world.blob_files() == []
        assert self.told() == [MessageReceived, Examined, CopyAccepted]

    async def test_a_virus_is_refused_and_kept(self) -> None:
        """In the session: a genuine sender learns of it, and nothing is lost."""
        assert await self.send(A, B, content=VIRUS) == reply.INFECTED
        (held,) = self.world.held()
        assert (held.reason, held.finding_names) == ("infected", ("EICAR-Test-File",))
        assert [person.address for person in held.recipients] == [A, B]
        assert self.hops.transfers == []
        assert self.told() == [MessageReceived, Examined, CopyHeld, CopyHeld]

    async def test_a_part_is_taken_out_where_the_policy_says_clean(self) -> None:
        """What is left was examined again; the whole message is in quarantine; nothing else has changed."""
        self.policy(infected="clean")
        assert await self.send(A, content=VIRUS) == TAKEN
        (content,) = self.hops.contents
        assert content.startswith(b"Pratique-Scanned: clean; removed=1; by=") and b"for <a@acme.example>" in content
        start = VIRUS.index(b"--b1\r\nContent-Type: application/octet-stream") + len(b"--b1\r\n")
        assert VIRUS[:start] in content and content.endswith(b"\r\n--b1--\r\n") and b"file.bin" in content
        (held,) = self.world.held()
        assert (held.reason, held.verdict) == ("original-of-cleaned", "infected")
        assert "parts taken out: 1" in getattr(self.trace[-1], "note", "")

    async def test_an_encrypted_zip_is_refused_and_kept(self) -> None:
        """By default."""
        assert await self.send(A, content=attached(encrypted_zip(), b"a.zip")) == reply.ENCRYPTED
        assert [held.reason for held in self.world.held()] == ["encrypted"]

    async def test_an_unreachable_server_means_queued(self) -> None:
        """250, with a committed row as proof."""
        self.hops.answers = {A: AWAY}
        assert await self.send(A) == TAKEN
        (delivery,) = self.world.deliveries()
        assert (delivery.recipient, delivery.state) == (A, DeliveryState.QUEUED)
        assert self.told()[-1] is CopyQueued

    async def test_a_single_refusal_is_passed_on(self) -> None:
        """4xx as 4xx, 5xx as 5xx, and nothing is kept."""
        answers: list[tuple[CopyResult, int, type[Event]]] = [(LATER, 450, CopyDeferred), (NEVER, 550, CopyRefused)]
        for answer, code, event in answers:
            self.hops.answers = {A: answer}
            assert (await self.send(A)).code == code
            assert self.told()[-1] is event
        assert (self.world.deliveries(), self.world.held()) == ((), ())

    async def test_policies_of_two_domains_may_differ(self) -> None:
        """What one refuses is held, because the other takes it; one reply."""
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            change_domain_policy(
                session, tenant_id=self.world.customers.acme.id, domain_id=2, entries={"infected": "deliver"}, now=NOW
            )
        assert await self.send(A, C, content=VIRUS) == TAKEN
        assert self.hops.taken == [C]
        assert [held.reason for held in self.world.held()] == ["refused-in-mixed-transaction"]

    async def test_a_policy_may_discard(self) -> None:
        """250, and the trace alone knows."""
        self.policy(infected="discard")
        assert await self.send(A, content=VIRUS) == TAKEN
        assert (self.world.held(), self.hops.transfers) == ((), [])
        assert self.told()[-1] is CopyDiscarded

    async def test_an_engine_without_an_answer_means_4xx_before_anything_is_sent(self) -> None:
        """Never silent passing."""
        assert await self.send(A, B, intake=self.intake(SILENT)) == reply.ENGINE_UNAVAILABLE
        assert (self.hops.transfers, self.world.blob_files()) == ([], [])
        assert self.told()[2:] == [CopyDeferred, CopyDeferred]
        examined = self.trace[1]
        assert isinstance(examined, Examined) and examined.unanswered == ("second: connection refused",)

    async def test_a_virus_is_decided_without_the_other_engines(self) -> None:
        """Nothing that they could say would change it."""
        assert await self.send(A, content=VIRUS, intake=self.intake(SILENT)) == reply.INFECTED

    async def test_without_a_free_cell_the_sender_tries_again(self) -> None:
        """So it does when the disk fills while the message is examined."""
        for error, answer in (
            (NoCellFree("busy"), reply.OVERLOADED),
            (SpoolFull(28, "No space left on device"), reply.DISK_FULL),
        ):
            assert await self.send(A, intake=self.intake(scanner=Raising(error))) == answer
        assert self.hops.transfers == []

    async def test_a_tenant_without_a_key_gets_what_need_not_be_stored(self) -> None:
        """And 451 for everything else: nothing is ever stored in clear."""
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            shred(session, self.world.customers.acme.id)
        assert await self.send(A) == TAKEN
        assert await self.send(A, content=VIRUS) == reply.STORAGE_UNAVAILABLE
        self.hops.answers = {A: AWAY}
        assert await self.send(A) == reply.STORAGE_UNAVAILABLE
        assert self.world.blob_files() == []

    async def test_a_database_that_goes_away_before_storing_means_451(self) -> None:
        """The recipient was looked up, then the database was gone; clean mail still goes on."""
        intake = self.intake()
        await intake.directory.look_up(A)
        self.world.take_database_away()
        assert await self.send(A, content=VIRUS, intake=intake) == reply.STORAGE_UNAVAILABLE
        assert await self.send(A, intake=intake) == TAKEN

    async def test_received_lines_are_counted(self) -> None:
        """100 are still forwarded, more are a loop (RFC 5321 section 6.3)."""
        intake = self.intake()
        line = b"Received: from a by b;\r\n\tTue, 24 Nov 2026 09:00:00 +0000\r\n"
        assert await self.send(A, content=line * 100 + MESSAGE, intake=intake) == TAKEN
        assert await self.send(A, content=line * 101 + MESSAGE, intake=intake) == reply.LOOP
        assert len(self.hops.transfers) == 1

    async def test_headers_that_falsely_claim_to_be_ours_are_not_forwarded(self) -> None:
        """Yet what is stored is what was received."""
        assert await self.send(A, content=(lie := b"Pratique-Scanned: clean\r\n") + MESSAGE) == TAKEN
        assert self.hops.contents[0].count(b"Pratique-Scanned") == 1
        assert await self.send(A, content=lie + VIRUS) == reply.INFECTED
        with self.world.database.read(Reader.OPERATOR) as session:
            body = held_blobs(session, self.world.held()[0].id, tenant_id=None).body
        assert b"".join(self.world.customers.sealed.read(body)) == lie + VIRUS

    async def test_a_recipient_given_twice_gets_one_copy(self) -> None:
        """One copy to the next hop, one row in the queue, one event."""
        self.hops.answers = {A: AWAY}
        assert await self.send(A, A) == TAKEN
        assert self.hops.offered == [A]
        assert len(self.world.deliveries()) == 1
        assert self.told() == [MessageReceived, Examined, CopyQueued]

    async def test_two_spellings_of_a_recipient_are_two(self) -> None:
        """Only the next hop may say that they are one (RFC 5321 section 2.4)."""
        assert await self.send("Anna@acme.example", "anna@ACME.example", content=VIRUS) == reply.INFECTED
        addresses = [person.address for person in self.world.held()[0].recipients]
        assert addresses == ["Anna@acme.example", "anna@ACME.example"]

    async def test_one_transaction_is_for_one_tenant(self) -> None:
        """The other tenant's recipient comes back in a transaction of its own; the operator is a tenant too."""
        conversation = self.intake(scanner=Raising(AssertionError())).conversation()
        for address, answer in (
            (A, reply.RECIPIENT_OK),
            (STRANGER, reply.OTHER_TENANT),
            ("postmaster", reply.OTHER_TENANT),
            (C, reply.RECIPIENT_OK),
            ("x@nowhere.example", reply.UNKNOWN_DOMAIN),
        ):
            assert await conversation.recipient(Recipient(address), ()) == answer
        conversation.reset()
        assert await conversation.recipient(Recipient(STRANGER), ()) == reply.RECIPIENT_OK
        conversation.lost()

    async def test_a_transaction_forgets_the_one_before(self) -> None:
        """After its message, without any RSET."""
        conversation = self.intake().conversation()
        await conversation.recipient(Recipient(A), ())
        spool = conversation.begin_data()
        assert isinstance(spool, Spool)
        spool.freeze()
        await conversation.message(envelope_for(A), spool)
        assert await conversation.recipient(Recipient(STRANGER), ()) == reply.RECIPIENT_OK

    async def test_mail_to_the_postmaster_is_held_for_the_operator(self) -> None:
        """There is no route for it, and it is never refused."""
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            add_missing_keys(session, self.world.customers.keyring, NOW)
        assert await self.send("postmaster") == TAKEN
        assert await self.send(f"abuse@{HOSTNAME}") == TAKEN
        assert [held.reason for held in self.world.held()] == ["no-next-hop", "no-next-hop"]

    async def test_a_domain_without_routes_is_held(self) -> None:
        """Until somebody releases it."""
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            session.execute(delete(customers.route))
        assert await self.send(A) == TAKEN
        assert [held.reason for held in self.world.held()] == ["no-next-hop"]

    async def test_what_is_said_of_a_recipient(self) -> None:
        """Unknown, unverified, suspended, deleted: each has its own answer."""
        add_domain_of(self.world.database, self.world.customers.acme.id, "new.example", is_verified=False)
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            delete_domain(session, tenant_id=None, name="second.example", now=NOW)
            suspend_tenant(session, self.world.customers.blue_harbour.id, NOW)
        conversation = self.intake(scanner=Raising(AssertionError())).conversation()
        for address, answer in (
            ("x@nowhere.example", reply.UNKNOWN_DOMAIN),
            ("x@new.example", reply.UNVERIFIED_DOMAIN),
            (C, reply.DOMAIN_DELETED),
            (STRANGER, reply.TENANT_SUSPENDED),
            (A, reply.RECIPIENT_OK),
        ):
            assert await conversation.recipient(Recipient(address), ()) == answer

    async def test_a_database_that_is_away_means_451_for_recipients(self) -> None:
        """Never 550: the sender would give up."""
        self.world.take_database_away()
        conversation = self.intake(scanner=Raising(AssertionError())).conversation()
        assert await conversation.recipient(Recipient(A), ()) == reply.DIRECTORY_UNAVAILABLE

    async def test_a_damaged_policy_is_no_clean_pass(self) -> None:
        """A policy that does not parse stops the transaction; the transport answers 451."""
        self.policy(infected="hold")
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            session.execute(update(customers.policy).values(entries={"infected": "wave through"}))
        conversation = self.intake(scanner=Raising(AssertionError())).conversation()
        with pytest.raises(ValueError, match="wave through"):
            await conversation.recipient(Recipient(A), ())


class Standings:
    """A directory that is a dictionary."""

    def __init__(self, standings: dict[str, Standing]) -> None:
        self.standings = standings

    async def look_up(self, address: str) -> Standing:
        return self.standings[address]


ANSWERS = {
    Status.ACCEPTED: reply.RECIPIENT_OK,
    Status.POSTMASTER: reply.RECIPIENT_OK,
    Status.UNKNOWN_DOMAIN: reply.UNKNOWN_DOMAIN,
    Status.UNVERIFIED: reply.UNVERIFIED_DOMAIN,
    Status.SUSPENDED: reply.TENANT_SUSPENDED,
    Status.DELETED_RECENTLY: reply.DOMAIN_DELETED,
}


def intake_of(standings: dict[str, Standing], rooms: Sequence[bool] = (True,)) -> Intake:
    answers = iter(rooms)
    nothing: Any = None
    return Intake(
        Standings(standings),
        Everybody(),
        nothing,
        Chain([], reactor),
        nothing,
        Notes(),
        lambda: next(answers),
        lambda: NOW,
        HOSTNAME,
        no_keys(),
        Path("/"),
    )


@pytest.mark.parametrize("status", Status)
def test_every_standing_has_its_answer(status: Status) -> None:
    """The table; only those who are taken become part of the transaction."""
    own, other = Standing(status, tenant_id=1), Standing(Status.ACCEPTED, tenant_id=2)
    conversation = intake_of({A: own, STRANGER: other}).conversation()
    assert result_of(conversation.recipient(Recipient(A), ())) == ANSWERS[status]
    expected = reply.OTHER_TENANT if own.is_taken else reply.RECIPIENT_OK
    assert result_of(conversation.recipient(Recipient(STRANGER), ())) == expected


def test_without_room_no_message_begins() -> None:
    """452 at MAIL, and again at DATA when the disk has filled meanwhile."""
    conversation = intake_of({}, (False, True, False, True)).conversation()
    path = ReversePath("author@supplier.example")
    parameters = MailParameters()
    assert result_of(conversation.mail(CLIENT, path, parameters)) == reply.DISK_FULL
    assert result_of(conversation.mail(replace(CLIENT, tls="TLSv1.3"), path, parameters)) == reply.SENDER_OK
    assert conversation.begin_data() == reply.DISK_FULL
    assert isinstance(conversation.begin_data(), Spool)


def test_each_connection_has_a_conversation_of_its_own() -> None:
    """Nothing of one client's transaction is seen by another."""
    intake = intake_of({A: Standing(Status.ACCEPTED, tenant_id=1), STRANGER: Standing(Status.ACCEPTED, tenant_id=2)})
    assert result_of(intake.conversation().recipient(Recipient(A), ())) == reply.RECIPIENT_OK
    assert result_of(intake.conversation().recipient(Recipient(STRANGER), ())) == reply.RECIPIENT_OK
