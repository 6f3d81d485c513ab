"""Mail of our own, on a real database and blob folder: who is told what, signed, once, and who is told nothing."""

import email.policy
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from mx.authentication.dkim import check
from mx.authentication.dkim_canonical import BodyDigest, BodyForm, hash_bodies
from mx.authentication.questions import Result
from mx.delivery.contract import Delivered, NextHopReply
from mx.delivery.notices.own_hops import OwnHops
from mx.delivery.notices.own_mail import NOT_ANSWERED, NOT_GENUINE, NOT_KEPT, NOT_WANTED, OwnMail
from mx.delivery.queue import Offering, QueueWork
from mx.delivery.schedule import next_attempt_at, rest_until
from tenants.accounted import accounted
from tenants.customers.accounts import Role, add_user
from tenants.customers.book import OPERATOR, delete_tenant, tenant_named
from tenants.customers.sign_in import is_link_good
from tenants.encryption.keys import add_keys
from tenants.encryption.sealed import take_unneeded
from tenants.quarantine.book import delete_held
from tenants.queue.book import DeliveryState, enqueue
from tenants.queue.listing import Delivery
from tenants.queue.notices import ask_sign_in
from tenants.storage.viewpoint import Reader
from tenants.trace.book import find
from tenants.trace.events import NotReported, Reported
from tests.contracts.customer_world import NOW, later
from tests.contracts.disposing import AWAY, NEVER, NextHopsInMemory
from tests.contracts.dns_table import DnsTable
from tests.contracts.mail_world import HOSTNAME, MailWorld, mail_world
from tests.mx.authentication.test_dkim_signing import keys, records

A, B = "a@acme.example", "b@acme.example"
BODY = b"From: author@supplier.example\r\nSubject: hello\r\n\r\nThe secret content.\r\n"
GENUINE = {"TXT supplier.example": ["v=spf1 ip4:203.0.113.9 -all"], "MX supplier.example": ["mx.supplier.example"]}
FORGED = 100
"""`python -m tests.faults.joe_job` makes it 1,000."""
OURS = {name.replace("mx.example", HOSTNAME): record for name, record in records().items()}


class OwnMailTest(TestCase):
    """One world for each test."""

    timeout = 120

    def setUp(self) -> None:
        self.world: MailWorld = mail_world(self)
        self.now = NOW
        self.hops = NextHopsInMemory({A: NEVER, B: NEVER})
        self.dns = DnsTable(GENUINE)

    def own_mail(self) -> OwnMail:
        return OwnMail(
            threads=self.world.threads,
            sealed=self.world.customers.sealed,
            dns=self.dns,
            reactor=reactor,
            now=lambda: self.now,
            hostname=HOSTNAME,
            keys=keys(),
            sign_in_address=lambda token: f"https://portal.example/signin/{token}",
            lifetime=timedelta(days=5),
            scratch=self.world.folder,
            owner="one",
        )

    def queue_work(self) -> QueueWork:
        def expiring(now: datetime, attempts: int, expires_at: datetime) -> datetime | None:
            return next_attempt_at(now, attempts, expires_at, (60.0,), lambda: 0.0)

        offering = Offering(
            directory=self.world.directory(),
            forwarding=self.hops,
            sealed=self.world.customers.sealed,
            threads=self.world.threads,
            reactor=reactor,
            now=lambda: self.now,
            next_attempt_at=expiring,
            own=OwnHops((), self.hops, self.hops, self.world.directory()),
            rest_until=lambda now, failures: rest_until(now, failures, (60.0,), lambda: 0.0),
            hostname=HOSTNAME,
            service=HOSTNAME,
            scratch=self.world.folder,
        )
        return QueueWork(offering, "one")

    def enqueue(self, *recipients: str, **changes: object) -> str:
        """Queue one message for these recipients; its transaction."""
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            body = self.world.customers.blob(session, None, BODY)
            facts = self.world.customers.facts(**changes)  # type: ignore[arg-type]
            for recipient in recipients:
                new = self.world.customers.new_delivery(session, facts=facts, body=body, recipient=recipient)
                enqueue(session, [new], NOW)
        return facts.transaction

    async def rounds(self) -> None:
        """What is due is offered, what is owed is written, what was written is offered."""
        for work in (self.queue_work(), self.own_mail(), self.queue_work()):
            while pieces := await work.lease(20):
                for piece in pieces:
                    await piece
            self.now += timedelta(seconds=6)

    def notices(self) -> list[Delivery]:
        return [each for each in self.world.deliveries() if each.notice]

    def fates(self, transaction: str) -> list[Any]:
        with self.world.database.read(Reader.OPERATOR) as session:
            (trace,) = find(session, tenant_id=None, transaction=transaction)
        return [event for event in trace.events if isinstance(event, Reported | NotReported)]

    def sent_to(self, recipient: str) -> list[bytes]:
        pairs = zip(self.hops.transfers, self.hops.contents, strict=True)
        return [content for (_, transfer), content in pairs if transfer.recipients == (recipient,)]

    async def test_a_genuine_sender_is_told_of_all_copies_at_once(self) -> None:
        """Signed, from the null reverse-path, with the header and without the content; the copies are held as well."""
        transaction = self.enqueue(A, B)
        await self.rounds()
        (notice,) = self.notices()
        assert (notice.state, notice.notice, notice.domain) == (DeliveryState.DELIVERED, "report", "supplier.example")
        ((_, transfer),) = [each for each in self.hops.transfers if each[1].recipients == ("author@supplier.example",)]
        assert transfer.reverse_path == ""
        (octets,) = self.sent_to("author@supplier.example")
        message = BytesParser(EmailMessage, policy=email.policy.default).parsebytes(octets)
        assert message["Auto-Submitted"] == "auto-replied" and not message.defects
        status = list(message.iter_parts())[1].get_payload()
        assert [group["Final-Recipient"] for group in status[1:]] == [  # type: ignore[union-attr, index, call-overload]
            f"rfc822; {A}",
            f"rfc822; {B}",
        ]
        assert b"Subject: hello" in octets and b"secret" not in octets and b"mail.acme.example" not in octets
        (told,) = self.fates(transaction)
        assert (told.recipients, told.shown_by) == ((A, B), "SPF of supplier.example")
        assert [each.reason for each in self.world.held()] == ["undeliverable"] * 2
        await self.assert_signed(octets)

    async def assert_signed(self, octets: bytes) -> None:
        header, _, body = octets.partition(b"\r\n\r\n")

        async def digests(forms: Iterable[BodyForm]) -> Mapping[BodyForm, BodyDigest]:
            return hash_bodies([body], 0, forms)

        answers = await check(DnsTable(OURS), header + b"\r\n", digests, self.now.timestamp())
        assert [(each.result, each.domain) for each in answers] == [(Result.PASS, HOSTNAME)] * 2

    async def test_what_the_sender_asked_for_is_honoured(self) -> None:
        """NOTIFY=NEVER, for one recipient or for all; ENVID and ORCPT come back."""
        some = self.enqueue(
            A,
            B,
            recipients=(A, B),
            dsn="RET=HDRS ENVID=QQ+2B314159",
            recipients_dsn=((A, "NOTIFY=NEVER"), (B, "NOTIFY=FAILURE ORCPT=rfc822;Bob@acme.example")),
        )
        none = self.enqueue(A, recipients=(A,), recipients_dsn=((A, "NOTIFY=SUCCESS,DELAY"),))
        await self.rounds()
        (octets,) = self.sent_to("author@supplier.example")
        assert b"Original-Envelope-Id: QQ+314159\r\n" in octets
        assert b"Original-Recipient: rfc822; Bob@acme.example\r\n" in octets
        assert octets.count(b"Final-Recipient") == 1 and b"a@acme.example" not in octets
        assert [type(each) for each in self.fates(some)] == [Reported]
        assert [each.reason for each in self.fates(none)] == [NOT_WANTED]

    async def test_a_success_that_nobody_else_reports_is_reported_by_us(self) -> None:
        """To a genuine sender that asked for it; a forged one hears nothing, and the body is kept no longer."""
        silent = Delivered(NextHopReply(250, "2.0.0", "ok"), offers_dsn=False)
        self.hops.answers = {A: silent, B: silent}
        asked = ((A, "NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Alice@acme.example"), (B, "NOTIFY=FAILURE"))
        genuine = self.enqueue(A, B, recipients=(A, B), dsn="RET=FULL", recipients_dsn=asked)
        forged = self.enqueue(A, recipients=(A,), recipients_dsn=asked[:1], client_address="198.51.100.7")
        await self.rounds()
        (octets,) = self.sent_to("author@supplier.example")
        assert b"Action: relayed\r\nStatus: 2.0.0\r\n" in octets and octets.count(b"Action:") == 1
        assert b"Original-Recipient: rfc822; Alice@acme.example\r\n" in octets
        assert b"Subject: hello" in octets and b"secret" not in octets
        (told,) = self.fates(genuine)
        assert (told.action, told.recipients) == ("relayed", (A,))
        assert [each.reason for each in self.fates(forged)] == [NOT_GENUINE]
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            assert len(take_unneeded(session, 9)) == 3
        assert self.world.held() == ()

    async def test_a_failed_message_comes_back_whole_where_that_is_asked_for(self) -> None:
        """And nothing was found in it."""
        for verdict, is_returned in (("clean", True), ("infected", False)):
            self.hops.contents.clear()
            self.hops.transfers.clear()
            self.enqueue(A, dsn="RET=FULL", verdict=verdict)
            await self.rounds()
            (octets,) = self.sent_to("author@supplier.example")
            assert (BODY in octets) is is_returned

    async def test_a_report_that_waits_is_accounted_for_as_what_it_reports(self) -> None:
        """With the Message-ID and the Subject of that message."""
        self.hops.answers = {A: NEVER, "author@supplier.example": AWAY}
        self.enqueue(A, subject="Invoice", message_id="<7@supplier.example>")
        await self.rounds()
        with self.world.database.read(Reader.OPERATOR) as session:
            queued = [copy for copy in accounted(session) if copy.where == "queue"]
        assert [(copy.recipient, copy.message_id, copy.subject) for copy in queued] == [
            ("author@supplier.example", "<7@supplier.example>", "Invoice")
        ]

    async def test_a_report_that_is_refused_makes_no_further_mail(self) -> None:
        """Nor is it kept for anybody."""
        self.hops.answers = {A: NEVER, "author@supplier.example": NEVER}
        self.enqueue(A)
        await self.rounds()
        await self.rounds()
        assert [each.state for each in self.notices()] == [DeliveryState.UNDELIVERABLE]
        assert len(self.world.held()) == 1

    async def test_forged_senders_are_told_nothing(self) -> None:
        """A joe job: no mail leaves, and every copy is held."""
        for number in range(FORGED):
            self.enqueue(A, reverse_path=f"victim{number}@bank{number % 10}.example")
        self.dns.table = {f"TXT bank{number}.example": ["v=spf1 -all"] for number in range(10)}
        await self.rounds()
        assert self.notices() == []
        assert {each.recipients for _, each in self.hops.transfers} == {(A,)}
        with self.world.database.read(Reader.OPERATOR) as session:
            assert sum(copy.where == "quarantine" for copy in accounted(session)) == FORGED

    async def test_the_reason_why_nobody_is_told_is_traced(self) -> None:
        """Not genuine; no answer of the DNS for a day; the message is gone; nobody there to be told."""
        forged, silent = self.enqueue(A, client_address="198.51.100.7"), self.enqueue(A, reverse_path="a@dark.example")
        self.dns.broken = frozenset({"dark.example"})
        null = self.enqueue(A, reverse_path="")
        await self.rounds()
        assert [each.reason for each in self.fates(forged)] == [NOT_GENUINE]
        assert self.fates(silent) == [] and self.fates(null) == []
        self.now = later(days=1, hours=1)
        await self.rounds()
        assert [each.reason for each in self.fates(silent)] == [NOT_ANSWERED]
        deleted = self.enqueue(A)
        for piece in await self.queue_work().lease(20):
            await piece
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            delete_held(session, self.world.held()[-1].id, tenant_id=None, who="rita", now=self.now)
        self.now += timedelta(seconds=6)
        await self.rounds()
        assert [each.reason for each in self.fates(deleted)] == [NOT_KEPT]
        assert self.notices() == []

    async def test_a_worker_that_lost_its_lease_writes_nothing(self) -> None:
        """So that a report is queued once."""
        self.enqueue(A)
        for piece in await self.queue_work().lease(20):
            await piece
        self.now += timedelta(seconds=6)
        (stale,) = await self.own_mail().lease(20)
        self.now += timedelta(minutes=5)
        (fresh,) = await self.own_mail().lease(20)
        await fresh
        await stale
        assert len(self.notices()) == 1

    async def test_a_sign_in_link_is_mailed_to_a_user_alone(self) -> None:
        """It works; and whoever is no user gets nothing."""
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            operator = tenant_named(session, OPERATOR).id
            add_keys(session, self.world.customers.keyring, [operator], NOW)
            add_user(session, tenant_id=self.world.customers.acme.id, email=A, role=Role.READER, now=NOW)
            for address in (A, "stranger@supplier.example"):
                ask_sign_in(session, email=address, asked_from="192.0.2.1", now=NOW)
        self.hops.answers = {}
        await self.rounds()
        (notice,) = self.notices()
        assert (notice.recipient, notice.notice, notice.state) == (A, "sign-in", DeliveryState.DELIVERED)
        assert notice.facts.tenant_id == operator
        (octets,) = self.sent_to(A)
        await self.assert_signed(octets)
        token = octets.partition(b"https://portal.example/signin/")[2].partition(b"\r\n")[0].decode()
        with self.world.database.read(Reader.OPERATOR) as session:
            assert is_link_good(session, token, now=self.now)
            assert not is_link_good(session, token[:-1], now=self.now)

    async def test_a_tenant_that_is_gone_is_owed_nothing(self) -> None:
        """Its keys are shredded, and the report with them."""
        self.enqueue(A)
        for piece in await self.queue_work().lease(20):
            await piece
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            delete_tenant(session, self.world.customers.acme.id, NOW)
        self.now += timedelta(seconds=6)
        await self.rounds()
        assert self.notices() == []

    async def test_storage_that_fails_puts_a_notice_off(self) -> None:
        """It is written when there is room again."""
        self.enqueue(A)
        for piece in await self.queue_work().lease(20):
            await piece
        self.now += timedelta(seconds=6)
        store = self.world.customers.sealed.store

        def full(*_: object) -> None:
            raise OSError("no space left on device")

        self.patch(self.world.customers.sealed, "store", full)
        await self.rounds()
        assert self.notices() == []
        self.patch(self.world.customers.sealed, "store", store)
        self.now += timedelta(minutes=2)
        await self.rounds()
        assert len(self.notices()) == 1
