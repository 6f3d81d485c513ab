"""The queue's side of delivery, with a real SQLite database and a real blob folder: leased, offered, settled."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.event import listen
from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredList
from twisted.trial.unittest import TestCase

from mx.delivery.contract import CopyResult, Delivered, Forwarding, NextHopReply, Transfer
from mx.delivery.notices.own_hops import OwnHops
from mx.delivery.queue import BEGIN_WITHIN, MOST_PER_LANE, Offering, QueueWork, offer, routes_of, transfers
from mx.delivery.runner import LEASE_SECONDS
from mx.delivery.schedule import next_attempt_at, rest_until
from tenants.domains.book import delete_domain, set_routes
from tenants.domains.routes import Route
from tenants.encryption.sealed import take_unneeded
from tenants.policies.book import change_tenant_policy
from tenants.quarantine.book import held_blobs
from tenants.queue.book import DeliveryState, LeasedDelivery, enqueue, lease_due
from tenants.queue.notices import lease_notices
from tenants.storage.database import DatabaseUnavailable
from tenants.storage.tables import customers, mail
from tenants.storage.viewpoint import Reader
from tenants.trace.book import find
from tenants.trace.events import CopyAccepted, CopyHeld, DeliveryAttempted
from tests.contracts.customer_world import NOW, later
from tests.contracts.disposing import AWAY, LATER, NEVER, NextHopsInMemory, standing
from tests.contracts.mail_world import HOSTNAME, MailWorld, add_domain_of, mail_world
from tests.contracts.stamps import stamped

A, B, C = "a@acme.example", "b@acme.example", "c@second.example"
SERVICE = "stamps.service.example"
BODY = b"Pratique-Scanned: a lie\r\nSubject: x\r\n\r\nbody\r\n"
SENT = b"Received: x\r\nSubject: x\r\n\r\nbody\r\n"


def expiring(now: datetime, attempts: int, expires_at: datetime) -> datetime | None:
    return next_attempt_at(now, attempts, expires_at, (60.0, 300.0), lambda: 0.0)


class Gate:
    """A next hop that answers nothing until the test lets it."""

    def __init__(self) -> None:
        self.transfers: list[Transfer] = []
        self.open: Deferred[None] = Deferred()

    async def deliver(self, routes: Sequence[Route], transfer: Transfer, seconds: float) -> tuple[CopyResult, ...]:
        self.transfers.append(transfer)
        opened: Deferred[None] = Deferred()
        self.open.addCallback(lambda _: opened.callback(None))
        await opened
        return (LATER,) * len(transfer.recipients)


class QueueTest(TestCase):
    """One world for each test."""

    timeout = 60

    def setUp(self) -> None:
        self.world: MailWorld = mail_world(self)
        self.now = NOW

    def work(self, hops: Forwarding) -> QueueWork:
        self.parts = Offering(
            directory=self.world.directory(),
            forwarding=hops,
            sealed=self.world.customers.sealed,
            threads=self.world.threads,
            reactor=reactor,
            now=lambda: self.now,
            next_attempt_at=expiring,
            own=OwnHops((), hops, hops, self.world.directory()),
            rest_until=lambda now, failures: rest_until(now, failures, (60.0, 300.0), lambda: 0.0),
            hostname=HOSTNAME,
            service=SERVICE,
            scratch=self.world.folder,
        )
        return QueueWork(self.parts, "one")

    def enqueue(self, *recipients: str, apart: bool = False) -> None:
        """Queue one message for these recipients; `apart`: a message for each."""
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            first = self.world.customers.new_delivery(session, body=self.world.customers.blob(session, None, BODY))
            for recipient in recipients:
                body = self.world.customers.blob(session, None, BODY) if apart else first.body
                facts = self.world.customers.facts() if apart else first.facts
                domain = recipient.rpartition("@")[2]
                new = self.world.customers.new_delivery(
                    session, facts=facts, body=body, recipient=recipient, domain=domain
                )
                enqueue(session, [new], NOW)

    async def round(self, hops: Forwarding) -> None:
        """Lease once, and carry out all of it."""
        for piece in await self.work(hops).lease(20):
            await piece

    def events(self) -> list[Any]:
        with self.world.database.read(Reader.OPERATOR) as session:
            return [event for trace in find(session, tenant_id=None) for event in trace.events]

    async def test_what_is_taken_leaves_the_queue_with_the_reply(self) -> None:
        """One transfer for one domain; our false headers of others are taken away, ours stand above."""
        self.enqueue(A, B, C)
        hops = NextHopsInMemory()
        await self.round(hops)
        assert [transfer.recipients for _, transfer in hops.transfers] == [(A, B), (C,)]
        assert [routes[0].host for routes, _ in hops.transfers] == ["mail.acme.example", "mail.second.example"]
        assert hops.contents == [SENT, SENT]
        assert {each.state for each in self.world.deliveries()} == {DeliveryState.DELIVERED}
        assert [type(event) for event in self.events()] == [CopyAccepted] * 3
        assert await self.work(hops).lease(20) == []

    async def test_what_the_sender_asked_for_is_passed_on_later(self) -> None:
        """As it was given when the message came; to each recipient its own."""
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            facts = replace(
                self.world.customers.facts(),
                recipients=(A, B),
                requires_tls=True,
                dsn="RET=HDRS ENVID=x1",
                recipients_dsn=((A, "NOTIFY=NEVER"),),
            )
            body = self.world.customers.blob(session, None, BODY)
            for recipient in (A.upper(), B):
                new = self.world.customers.new_delivery(session, facts=facts, body=body, recipient=recipient)
                enqueue(session, [new], NOW)
        hops = NextHopsInMemory()
        await self.round(hops)
        ((_, transfer),) = hops.transfers
        assert (transfer.requires_tls, transfer.dsn.words) == (True, "RET=HDRS ENVID=x1")
        assert [request.words for request in transfer.notify] == ["NOTIFY=NEVER", ""]

    async def test_a_stamp_leaves_unless_it_was_found_forged_when_it_came(self) -> None:
        """Nobody is asked again; one of our own, from outside, is taken away by its name."""
        stamps = [stamped().stamp, stamped(domain=SERVICE).stamp]
        theirs, ours = (stamp.to_field().encode() + b"\r\n" for stamp in stamps)
        for stamp, is_forged, left in ((theirs, False, theirs), (theirs, True, b""), (ours, False, b"")):
            with self.world.database.unit_of_work(Reader.OPERATOR) as session:
                facts = replace(self.world.customers.facts(), is_stamp_forged=is_forged)
                body = self.world.customers.blob(session, None, stamp + b"Subject: x\r\n\r\nbody\r\n")
                new = self.world.customers.new_delivery(session, facts=facts, body=body, recipient=A)
                enqueue(session, [new], NOW)
            hops = NextHopsInMemory()
            await self.round(hops)
            assert hops.contents == [b"Received: x\r\n" + left + b"Subject: x\r\n\r\nbody\r\n"]

    async def test_what_was_done_with_bare_line_ends_stands_in_the_trace(self) -> None:
        """And is done only where the tenant's policy allows it by now."""
        self.enqueue(A)
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            tenant_id = self.world.customers.acme.id
            change_tenant_policy(session, tenant_id=tenant_id, entries={"bare_line_ends": "normalise"}, now=NOW)
        hops = NextHopsInMemory({A: Delivered(NextHopReply(250, "2.0.0", "ok"), is_normalised=True)})
        await self.round(hops)
        assert hops.transfers[0][1].may_normalise
        (event,) = self.events()
        assert event.reply == "250 2.0.0 ok (bare line ends were made CRLF, as the policy says)"

    async def test_who_asked_for_it_is_owed_a_report_of_success(self) -> None:
        """Where the next hop does not offer DSN; the body stays until it is written."""
        asked = ((A, "NOTIFY=SUCCESS"), (B, "NOTIFY=SUCCESS"))
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            facts = self.world.customers.facts(recipients=(A, B, C), recipients_dsn=asked)
            body = self.world.customers.blob(session, None, BODY)
            for each in (A, B, C):
                new = self.world.customers.new_delivery(session, facts=facts, body=body, recipient=each)
                enqueue(session, [new], NOW)
        silent = Delivered(NextHopReply(250, "2.0.0", "ok"), offers_dsn=False)
        await self.round(NextHopsInMemory({A: silent, C: silent}))
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            (notice,) = lease_notices(session, now=later(minutes=1), limit=9, owner="one", lease_seconds=60)
            assert take_unneeded(session, 9) == ()
        assert ([each.recipient for each in notice.passed_on], notice.body) == ([A], body.name)

    async def test_copies_of_one_transfer_are_settled_together(self) -> None:
        """Whatever became of each: a copy that was taken is sent again if we die before it is settled."""
        people = [f"{number}@acme.example" for number in range(30)]
        self.enqueue(*people)
        pieces = await self.work(NextHopsInMemory(dict(zip(people, [LATER, NEVER, AWAY], strict=False)))).lease(99)
        commits: list[object] = []
        listen(self.world.database.engine, "commit", commits.append)
        for piece in pieces:
            await piece
        states = Counter(each.state for each in self.world.deliveries())
        assert states == {DeliveryState.DELIVERED: 27, DeliveryState.QUEUED: 2, DeliveryState.UNDELIVERABLE: 1}
        # The first that is ready does not wait for the others.
        assert len(commits) == 2

    async def test_each_copy_is_settled_by_its_own_result(self) -> None:
        """Taken, put off until the next wait has passed, held as undeliverable."""
        self.enqueue(A, B, C)
        await self.round(NextHopsInMemory({B: LATER, C: NEVER}))
        taken, waiting, refused = self.world.deliveries()
        assert (taken.state, waiting.state, refused.state) == (
            DeliveryState.DELIVERED,
            DeliveryState.QUEUED,
            DeliveryState.UNDELIVERABLE,
        )
        assert (waiting.attempts, waiting.next_attempt_at) == (1, later(minutes=1))
        assert waiting.last_reply == "450 4.2.1 Mailbox is busy"
        (held,) = self.world.held()
        assert (held.reason, [person.address for person in held.recipients]) == ("undeliverable", [C])
        with self.world.database.read(Reader.OPERATOR) as session:
            body = held_blobs(session, held.id, tenant_id=None).body
        assert b"".join(self.world.customers.sealed.read(body)) == BODY
        assert {type(event) for event in self.events()} == {CopyAccepted, DeliveryAttempted, CopyHeld}

    async def test_an_unreachable_next_hop_is_tried_until_the_lifetime_ends(self) -> None:
        """After growing waits; then the message is held, not lost."""
        self.enqueue(A)
        hops = NextHopsInMemory({A: AWAY})
        for wait in (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=5)):
            await self.round(hops)
            assert self.world.deliveries()[0].next_attempt_at == self.now + wait
            self.now += wait
        self.now = later(days=5)
        await self.round(hops)
        assert self.world.deliveries()[0].state is DeliveryState.UNDELIVERABLE
        assert [message.reason for message in self.world.held()] == ["undeliverable"]

    async def test_a_body_that_cannot_be_read_is_put_off(self) -> None:
        """Missing or changed: an error in the log, nothing is offered to anybody, the row stays."""
        for spoil in (lambda file: file.unlink(), lambda file: file.write_bytes(b"changed")):
            self.enqueue(A)
            for file in self.world.blob_files():
                spoil(file)
            hops = NextHopsInMemory()
            await self.round(hops)
            assert hops.transfers == []
            assert self.world.deliveries(DeliveryState.QUEUED)[-1].last_reply == "the stored message cannot be read"

    async def test_a_domain_without_routes_is_put_off(self) -> None:
        """Until somebody gives it one again."""
        self.enqueue(A)
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            session.execute(delete(customers.route))
        await self.round(NextHopsInMemory())
        assert self.world.deliveries()[0].state is DeliveryState.QUEUED

    async def test_a_new_route_is_used_for_old_mail(self) -> None:
        """Routes are looked up when a copy is offered, not when it was queued."""
        self.enqueue(A)
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            set_routes(session, tenant_id=None, name="acme.example", routes=("smtp://new.acme.example",))
        hops = NextHopsInMemory()
        await self.round(hops)
        assert hops.transfers[0][0][0].host == "new.acme.example"

    async def test_mail_never_goes_to_another_tenant_that_added_the_domain(self) -> None:
        """Whoever adds a domain that was deleted does not get what was queued for its former owner."""
        self.enqueue(A)
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            delete_domain(session, tenant_id=None, name="acme.example", now=NOW)
        add_domain_of(self.world.database, self.world.customers.blue_harbour.id, "acme.example", is_verified=False)
        hops = NextHopsInMemory()
        await self.round(hops)
        assert hops.transfers == []
        assert self.world.deliveries()[0].state is DeliveryState.QUEUED

    async def test_one_domain_gets_its_share_of_transfers_and_no_more(self) -> None:
        """The others' mail is not held up, and what was leased beyond the share can be leased at once."""
        self.enqueue(*(f"{number}@acme.example" for number in range(MOST_PER_LANE + 3)), apart=True)
        self.enqueue(C)
        gate = Gate()
        work = self.work(gate)
        begun = [Deferred.fromCoroutine(piece) for piece in await work.lease(20)]
        assert len(begun) == MOST_PER_LANE + 1
        assert sum(not each.is_leased for each in self.world.deliveries(DeliveryState.QUEUED)) == 3
        assert await work.lease(20) == []
        gate.open.callback(None)
        await DeferredList(begun)
        rest = await work.lease(20)
        assert len(rest) == 3
        for piece in rest:
            await piece
        assert len(self.world.deliveries(DeliveryState.QUEUED)) == MOST_PER_LANE + 4

    async def test_a_dead_next_hop_is_asked_with_one_transfer_for_all(self) -> None:
        """What else waits for it is not touched until it answers; then everything goes."""
        self.enqueue(*(f"{number}@acme.example" for number in range(MOST_PER_LANE + 3)), apart=True)
        dead = NextHopsInMemory({f"{number}@acme.example": AWAY for number in range(20)})
        await self.round(dead)
        assert len(dead.transfers) == MOST_PER_LANE
        await self.round(dead)
        assert len(dead.transfers) == MOST_PER_LANE
        for failures in (2, 3):
            self.now += timedelta(minutes=5)
            await self.round(dead)
            assert len(dead.transfers) == MOST_PER_LANE + failures - 1
        self.now += timedelta(minutes=5)
        back = NextHopsInMemory()
        await self.round(back)
        assert len(back.transfers) == 1
        while len(back.transfers) < MOST_PER_LANE + 3:
            await self.round(back)
        assert {each.state for each in self.world.deliveries()} == {DeliveryState.DELIVERED}

    async def test_a_next_hop_that_refuses_one_copy_is_not_asked_less(self) -> None:
        """Nor one of which a single stored message cannot be read."""
        self.enqueue(A, B, apart=True)
        for file in self.world.blob_files()[:1]:
            file.unlink()
        await self.round(NextHopsInMemory({A: LATER, B: LATER}))
        self.enqueue(A)
        hops = NextHopsInMemory()
        await self.round(hops)
        assert hops.offered == [A]

    async def test_what_waits_for_a_dead_next_hop_is_held_when_its_lifetime_ends(self) -> None:
        """Without an attempt of its own, and with the reason of the last one."""
        self.enqueue(*(f"{number}@acme.example" for number in range(MOST_PER_LANE + 3)), apart=True)
        self.now = later(days=5)
        dead = NextHopsInMemory({f"{number}@acme.example": AWAY for number in range(20)})
        await self.round(dead)
        await self.round(dead)
        assert len(dead.transfers) == MOST_PER_LANE
        assert {each.state for each in self.world.deliveries()} == {DeliveryState.UNDELIVERABLE}
        assert {each.last_reply for each in self.world.deliveries()} == {"connection refused"}
        assert len(self.world.held()) == MOST_PER_LANE + 3

    async def test_a_late_runner_settles_nothing(self) -> None:
        """Its lease ended and somebody else has the copy: perhaps sent twice, never lost."""
        self.enqueue(A)
        (piece,) = await self.work(NextHopsInMemory()).lease(20)
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            much_later = later(seconds=LEASE_SECONDS + 1)
            (leased,) = lease_due(session, now=much_later, limit=9, owner="two", lease_seconds=60)
        await piece
        assert self.world.deliveries()[0].state is DeliveryState.QUEUED
        await offer(self.parts, [leased], much_later)
        assert self.world.deliveries()[0].state is DeliveryState.DELIVERED

    async def test_a_runner_that_was_frozen_begins_nothing(self) -> None:
        """By then somebody else may have the copy; it has it once its lease is over."""
        self.enqueue(A)
        hops = NextHopsInMemory()
        (piece,) = await self.work(hops).lease(20)
        self.now = NOW + BEGIN_WITHIN + timedelta(seconds=1)
        await piece
        assert hops.transfers == [] and self.world.deliveries()[0].state is DeliveryState.QUEUED
        await self.round(hops)
        assert hops.transfers == []
        self.now = later(seconds=LEASE_SECONDS + 1)
        await self.round(hops)
        assert hops.offered == [A]

    async def test_a_database_that_goes_away_leaves_the_copy_queued(self) -> None:
        """The runner hears of it, and the lease ends by itself."""
        self.enqueue(A)
        (piece,) = await self.work(NextHopsInMemory()).lease(20)
        self.world.take_database_away()
        with self.assertRaises(DatabaseUnavailable):
            await piece
        with self.assertRaises(DatabaseUnavailable):
            await self.work(NextHopsInMemory()).lease(20)

    async def test_a_body_whose_tenant_key_is_gone_is_not_leased(self) -> None:
        """Nothing can ever be sent of it."""
        self.enqueue(A)
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            session.execute(update(mail.blob).values(key_version=9))
        assert await self.work(NextHopsInMemory()).lease(20) == []

    async def test_copies_go_together_by_body_and_domain(self) -> None:
        """Never two messages in one transfer, and never two domains."""
        self.enqueue(A, B, C)
        self.enqueue(A)
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            leased: tuple[LeasedDelivery, ...] = lease_due(session, now=NOW, limit=9, owner="one", lease_seconds=60)
        assert [[each.recipient for each in group] for group in transfers(leased)] == [[A, B], [C], [A]]

    def test_routes_are_those_of_the_tenant_alone(self) -> None:
        """A domain that is nobody's has tenant 0."""
        assert routes_of(standing(tenant_id=1), 1) == (Route("smtp", "mail.acme.example", 25),)
        assert routes_of(standing(tenant_id=2), 1) == ()
        assert routes_of(standing("", tenant_id=0), 1) == ()
