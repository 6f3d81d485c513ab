"""Releases, with a real database, blob folder and cell: scanned again, sent, settled; or still held, saying why."""

from typing import Any

from sqlalchemy import delete, select, update

from mx.agents.contract import About, Delivered, Go, MessageOpened, Observe
from mx.cell.report import NoCellFree
from mx.delivery.contract import Delivered as DeliveredBy
from mx.delivery.contract import NextHopReply
from mx.envelope import Recipient
from mx.finding import Finding, Found, Severity
from mx.outcome import Accepted
from tenants.domains.book import delete_domain
from tenants.engines.ignored_findings import ignore_finding
from tenants.policies.book import change_tenant_policy
from tenants.quarantine.book import FindingNote, HeldState, hold
from tenants.queue.book import DeliveryState, lease_due
from tenants.queue.notices import lease_notices
from tenants.release import request_release, take_release_requests
from tenants.storage.database import DatabaseUnavailable
from tenants.storage.statements import replace_row
from tenants.storage.tables import customers, mail, quarantine
from tenants.storage.viewpoint import Reader
from tenants.trace.book import events_of
from tenants.trace.events import Event, Released, Rescanned
from tests.contracts.customer_world import NOW, later
from tests.contracts.disposing import AWAY, LATER, MESSAGE, NEVER
from tests.contracts.mail import EICAR
from tests.contracts.mail_world import (
    CONTENT,
    SILENT,
    Answering,
    add_domain_of,
)
from tests.contracts.releasing import Releasing
from tests.contracts.stamps import stamped

A, B, C = "a@acme.example", "b@acme.example", "c@second.example"
VIRUS = b"Subject: Invoice\r\n\r\n" + EICAR + b"\r\n"
AGAIN = Answering(Found("second", (Finding("second", "New.Signature", 0, Severity.INFECTED),)))


class NoCells:
    """A scanner whose cells are all busy."""

    async def examine(self, *_: object, **__: object) -> Any:
        raise NoCellFree("busy")


class ReleaseTest(Releasing):
    """What is released, and what stays."""

    async def test_a_message_found_clean_leaves_with_its_octets(self) -> None:
        """Our headers say what was found today; the octets are those of then."""
        self.ask(A, B)
        message = await self.release()
        assert message.state is HeldState.RELEASED
        assert message.last_result == "250 2.0.0 Ok: queued as 4711"
        assert [(person.address, person.reply) for person in message.recipients] == [
            (A, message.last_result),
            (B, message.last_result),
        ]
        ((_, transfer),) = self.hops.transfers
        assert (transfer.recipients, transfer.reverse_path) == ((A, B), "author@supplier.example")
        (content,) = self.hops.contents
        assert content.endswith(MESSAGE)
        assert content.startswith(b"Pratique-Scanned: clean; by=mx.service.example")
        assert b"from unknown ([203.0.113.9])" in content

    async def test_what_the_sender_asked_for_leaves_with_it(self) -> None:
        """Kept with the message while it is held; so is what came in chunks with a lone LF."""
        asked = {"requires_tls": True, "dsn": "RET=FULL"}
        self.hops.answers = {A: DeliveredBy(NextHopReply(250, "2.0.0", "ok"), offers_dsn=False)}
        self.ask(A, B, content=MESSAGE + b"a lone\n\r\n")
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            session.execute(update(mail.message).values(**asked))
            keys = {"transaction_id": session.scalar(select(mail.message.c.transaction_id))}
            for address in (A, B):
                replace_row(session, mail.message_recipient, {**keys, "address": address}, {"dsn": "NOTIFY=SUCCESS"})
        await self.release()
        ((_, transfer),) = self.hops.transfers
        assert (transfer.requires_tls, transfer.dsn.words, transfer.has_bare_line_ends) == (True, "RET=FULL", True)
        assert [request.words for request in transfer.notify] == ["NOTIFY=SUCCESS"] * 2
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            (owed,) = lease_notices(session, now=later(days=1), limit=9, owner="one", lease_seconds=60)
        assert [each.recipient for each in owed.passed_on] == [A]

    async def test_a_stamp_that_was_found_forged_stays_behind(self) -> None:
        """As it would have when the message came; one of which nothing was said leaves with it."""
        stamp = stamped().stamp.to_field().encode() + b"\r\n"
        for is_forged in (False, True):
            self.ask(A, content=stamp + MESSAGE)
            with self.world.database.unit_of_work(Reader.OPERATOR) as session:
                session.execute(update(mail.message).values(is_stamp_forged=is_forged))
            for piece in await self.releaser().lease(10):
                await piece
            assert self.hops.contents[-1].endswith(MESSAGE)
            assert (stamp in self.hops.contents[-1]) is not is_forged

    async def test_bare_line_ends_leave_as_they_are_or_as_the_policy_says(self) -> None:
        """The next hop is told that there are some, and what may be done with them; the portal shows what was."""
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            change_tenant_policy(
                session, tenant_id=self.world.customers.acme.id, entries={"bare_line_ends": "normalise"}, now=NOW
            )
        self.ask(A, content=b"Subject: x\r\n\r\none\ntwo\r\n")
        self.hops.answers[A] = DeliveredBy(NextHopReply(250, "2.0.0", "ok"), is_normalised=True)
        message = await self.release()
        ((_, transfer),) = self.hops.transfers
        assert transfer.has_bare_line_ends and transfer.may_normalise
        assert "made CRLF" in str(message.recipients)

    async def test_each_domain_has_its_own_next_hop(self) -> None:
        """A held message may have recipients in several domains of its tenant."""
        self.ask(A, C)
        assert (await self.release()).state is HeldState.RELEASED
        sent = {transfer.recipients: routes[0].host for routes, transfer in self.hops.transfers}
        assert sent == {(A,): "mail.acme.example", (C,): "mail.second.example"}

    async def test_a_finding_that_the_person_saw_does_not_keep_it(self) -> None:
        """They have named it."""
        self.ask(A, content=VIRUS, override=("EICAR-Test-File",))
        assert (await self.release()).state is HeldState.RELEASED

    async def test_a_finding_that_nobody_named_keeps_it(self) -> None:
        """Also when another one was named."""
        self.ask(A, content=VIRUS, override=("EICAR-Test-File",))
        await self.assert_still_held(AGAIN, saying="found New.Signature")
        assert self.hops.transfers == []

    async def test_a_finding_that_is_ignored_by_now_does_not_keep_it(self) -> None:
        """The day of a bad signature."""
        self.ask(A, content=VIRUS)
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            ignore_finding(session, name="EICAR-Test-File", tenant_id=None, who="operator", now=NOW)
        assert (await self.release()).state is HeldState.RELEASED

    async def test_an_engine_without_an_answer_keeps_it(self) -> None:
        """Nothing leaves that was not examined, whatever was named."""
        self.ask(A, override=("EICAR-Test-File",))
        await self.assert_still_held(SILENT, saying="second gave no answer")

    async def test_busy_scanners_keep_it(self) -> None:
        """The person may ask again."""
        self.ask(A)
        await self.assert_still_held(scanner=NoCells(), saying="busy")

    async def test_a_server_that_is_away_gets_it_from_the_queue(self) -> None:
        """Whole, with the headers that say what was found; it is held no more."""
        self.hops.answers = {A: AWAY, B: LATER}
        self.ask(A, B, C)
        message = await self.release()
        assert message.state is HeldState.RELEASED
        replies = [person.reply for person in message.recipients]
        assert replies == [
            "in the queue as 1: connection refused",
            "in the queue as 2: 450 4.2.1 Mailbox is busy",
            "250 2.0.0 Ok: queued as 4711",
        ]
        assert [delivery.recipient for delivery in self.world.deliveries(DeliveryState.QUEUED)] == [A, B]
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            due = lease_due(session, now=later(days=1), limit=1, owner="one", lease_seconds=60)
        assert due[0].headers_on_top.startswith(b"Pratique-Scanned: clean; by=mx.service.example")
        assert b"".join(self.world.customers.sealed.read(due[0].body)) == MESSAGE

    def hold_unanswered(self, content: bytes = MESSAGE) -> None:
        """Held because an engine gave no answer."""
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            body = self.world.customers.blob(session, None, content)
            new = self.world.customers.new_held(
                session, recipients=(A,), body=body, reason="engine-unavailable", findings=(), rescan_at=NOW
            )
            hold(session, new, NOW)

    def told(self) -> list[type[Event]]:
        (message,) = self.world.held(*HeldState)
        transaction = message.facts.transaction
        with self.world.database.read(Reader.OPERATOR) as session:
            return [type(event) for event in events_of(session, [transaction])[transaction]]

    async def test_what_an_engine_did_not_see_leaves_by_itself_once_it_answers(self) -> None:
        """Nobody has to ask; the trace says that it was scanned again."""
        self.hold_unanswered()
        await self.assert_still_held(SILENT, saying="second gave no answer")
        (held,) = self.world.held()
        assert held.rescans == 0 and held.rescan_at is not None and held.rescan_at > later(hours=1)
        self.clock = later(hours=2)
        message = await self.release(CONTENT)
        assert (message.state, message.rescan_at) == (HeldState.RELEASED, None)
        assert self.told() == [Rescanned, Rescanned, Released]

    async def test_what_is_found_then_is_looked_at_once_more_and_stays(self) -> None:
        """New signatures often arrive within the hour; after that only a person can release it."""
        self.hold_unanswered(VIRUS)
        self.clock = later(seconds=31)
        await self.assert_still_held(saying="found EICAR-Test-File")
        (held,) = self.world.held()
        assert (held.rescans, held.rescan_at) == (1, later(hours=1))
        assert await self.releaser().lease(10) == []
        self.clock = later(hours=1)
        await self.assert_still_held(saying="found EICAR-Test-File")
        (held,) = self.world.held()
        assert (held.rescans, held.rescan_at) == (2, None)

    async def test_a_rescan_does_not_take_an_old_override_for_its_own(self) -> None:
        """A person's word counts for the release that the person asked for."""
        self.hold_unanswered(VIRUS)
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            session.execute(update(quarantine.held).values(override_findings=["EICAR-Test-File"]))
        await self.assert_still_held(saying="found EICAR-Test-File")

    async def test_busy_scanners_are_asked_again_in_a_minute(self) -> None:
        """For as long as it takes."""
        self.hold_unanswered()
        await self.assert_still_held(scanner=NoCells(), saying="busy")
        assert self.world.held()[0].rescan_at == later(hours=1, minutes=1)

    async def test_a_copy_that_was_taken_stays_released_when_another_was_not(self) -> None:
        """It is not sent again when the rest is asked for again."""
        self.hops.answers = {B: NEVER}
        number = self.ask(A, B)
        message = await self.release()
        assert message.state is HeldState.HELD
        assert "550 5.1.1 No such user" in message.last_result
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            request_release(session, number, tenant_id=None, who="rita", override=(), now=NOW)
        self.hops.answers = {}
        assert (await self.release()).state is HeldState.RELEASED
        assert self.hops.offered == [A, B, B]

    async def test_a_body_that_cannot_be_read_keeps_it(self) -> None:
        """Missing or changed on the disk."""
        self.ask(A)
        for file in self.world.blob_files():
            file.write_bytes(b"changed")
        with_broken_seal = await self.release()
        assert "cannot be read" in with_broken_seal.last_result
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            request_release(session, with_broken_seal.id, tenant_id=None, who="rita", override=(), now=NOW)
        for file in self.world.blob_files():
            file.unlink()
        await self.assert_still_held(saying="cannot be read")

    async def test_a_domain_without_a_route_keeps_its_copies(self) -> None:
        """The other domains' copies leave."""
        self.ask(A, C)
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            second = select(customers.domain.c.id).where(customers.domain.c.name == "second.example")
            session.execute(delete(customers.route).where(customers.route.c.domain_id.in_(second)))
        message = await self.release()
        assert (message.state, self.hops.taken) == (HeldState.HELD, [A])
        assert "no route" in message.last_result

    async def test_mail_never_goes_to_another_tenant_that_added_the_domain(self) -> None:
        """Nor do that tenant's ignored findings count."""
        self.ask(A, content=VIRUS, override=("EICAR-Test-File",))
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            delete_domain(session, tenant_id=None, name="acme.example", now=NOW)
        add_domain_of(self.world.database, self.world.customers.blue_harbour.id, "acme.example")
        await self.assert_still_held(saying="no route")

    async def test_a_database_that_goes_away_leaves_the_lease_to_its_end(self) -> None:
        """The next worker takes the message over."""
        self.ask(A)
        releaser = self.releaser()
        (piece,) = await releaser.lease(10)
        self.world.take_database_away()
        with self.assertRaises(DatabaseUnavailable):
            await piece
        with self.assertRaises(DatabaseUnavailable):
            await releaser.lease(10)

    async def test_a_late_worker_settles_nothing(self) -> None:
        """The one that took over does."""
        self.ask(A)
        (piece,) = await self.releaser().lease(10)
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            take_release_requests(session, now=later(days=1), limit=9, owner="two", lease_seconds=60)
        await piece
        assert self.world.held()[0].state is HeldState.RELEASING

    async def test_agents_that_look_at_contents_look_again(self) -> None:
        """What they find keeps it like an engine's finding; so does one of them that fails."""
        agent = LooksAgain(Observe((Finding("looks-again", "attachment.extension.exe", 0, Severity.PROHIBITED),)))
        self.agents = [agent]
        self.hold_with(agents="looks-again")
        await self.assert_still_held(saying="found attachment.extension.exe")
        agent.answer = "nonsense"
        self.clock = later(hours=2)
        await self.assert_still_held(saying="looks-again gave no answer")
        agent.answer = Go()
        self.clock = later(hours=5)
        assert (await self.release()).state is HeldState.RELEASED
        assert [(event.is_release, event.outcomes) for event in agent.told] == [
            (True, (Accepted(Recipient(A), "250 2.0.0 Ok: queued as 4711"),))
        ]

    async def test_what_other_agents_found_then_counts_on(self) -> None:
        """Who sent it cannot be looked at again; a person who has seen it may release it."""
        agent = LooksAgain(Go())
        agent.about = About("looks-again")
        self.agents = [agent]
        self.hold_with(FindingNote("looks-again", "dmarc.reject", 0, "phishing"), agents="looks-again", phishing="hold")
        await self.assert_still_held(saying="found dmarc.reject")
        (held,) = self.world.held()
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            request_release(session, held.id, tenant_id=None, who="rita", override=("dmarc.reject",), now=NOW)
        assert (await self.release()).state is HeldState.RELEASED


class LooksAgain:
    """Answers as told, and remembers what it is told of."""

    about = About("looks-again", looks_again=True)

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.told: list[Any] = []

    async def on_message(self, event: MessageOpened) -> Any:
        return self.answer

    async def on_delivered(self, event: Delivered) -> None:
        self.told.append(event)
