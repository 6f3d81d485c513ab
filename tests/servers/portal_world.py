"""Two customers with held mail, on a real database and a real folder of sealed blobs, and the portal over them.

Used by the portal's tests and by the browser's. Time stands still until a test moves it.
The tables, the tenants and their people are made once in a run; each test has a copy of them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from starlette.testclient import TestClient
from starlette.types import ASGIApp

from portal.application import make_application
from tenants.customers.accounts import Role, add_user
from tenants.customers.book import add_tenant, tenant_named
from tenants.customers.sign_in import make_link
from tenants.domains.book import add_domain
from tenants.encryption.keys import Keyring, current_key
from tenants.encryption.sealed import BlobKind, SealedStore
from tenants.quarantine.book import FindingNote, HeldMessage, NewHeld, get_held, hold
from tenants.quarantine.message_record import MessageRecord, RecordedArtifact
from tenants.queue.book import NewDelivery, enqueue, lease_due, settle_deferred
from tenants.queue.listing import Delivery, get_delivery
from tenants.release import CopyNotReleased, CopyReleased, settle_release, take_release_requests
from tenants.storage.blobs.folder import FolderBlobStore
from tenants.storage.database import Database
from tenants.storage.migration import migrate
from tenants.storage.viewpoint import Reader
from tenants.trace.book import record_events
from tenants.trace.events import (
    CopyAccepted,
    CopyHeld,
    CopyQueued,
    Event,
    Examined,
    FieldsTakenAway,
    MessageReceived,
    Stepped,
)
from tenants.trace.messages import MessageFacts

BASE_URL = "http://portal.example"
START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
KEYRING = Keyring(bytes(range(32)))
INVOICE = MessageRecord(
    headers=(
        (
            "Received",
            "from mailer.supplier.example ([203.0.113.9]) by mx.example; Tue, 24 Nov 2026 09:00:00 +0000",
        ),
        ("From", "Billing <billing@supplier.example>"),
        ("Subject", "Your invoice 2026-1187 is overdue"),
    ),
    artifacts=(
        RecordedArtifact(0, None, "message", "", "message", 48_211, "ab" * 32),
        RecordedArtifact(1, 0, "text", "text/plain", "part", 812, "cd" * 32),
        RecordedArtifact(2, 0, "invoice-2026-1187.zip", "application/zip", "part", 33_110, "12" * 32),
        RecordedArtifact(3, 2, "inner.zip", "application/zip", "zip-member", 32_100, "34" * 32),
        RecordedArtifact(4, 3, "invoice.pdf.exe", "", "zip-member", 68, "56" * 32, "application/x-dosexec"),
    ),
    preview="Dear Anna,\n\nplease find attached our invoice 2026-1187, which has been overdue since the 3rd.\n"
    "Open the attachment to see the details.\n\nKind regards\nBilling department\n",
)
ENGINES = ("clamd/1.4.3/27814", "yara/1.23.0")
EICAR = FindingNote("clamd", "Win.Test.EICAR_HDB-1", 4, "infected")
ENCRYPTED = FindingNote("anatomy", "zip-encrypted", 2, "encrypted")


@dataclass(slots=True)
class MovableClock:
    """A clock that a test sets."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **amount: float) -> None:
        """Go on by a `timedelta` of these amounts."""
        self.now += timedelta(**amount)


@dataclass(slots=True)
class PortalWorld:
    """Everything that a test of the portal needs."""

    database: Database
    sealed: SealedStore
    application: ASGIApp
    clock: MovableClock
    tenants: dict[str, int] = field(default_factory=dict)
    messages_made: int = 0

    def client(self, base_url: str = BASE_URL) -> TestClient:
        """A browser without cookies; a bug is answered 500 as in operation."""
        return TestClient(self.application, base_url, raise_server_exceptions=False, follow_redirects=False)

    def link_for(self, email: str) -> str:
        """The path of a fresh sign-in link."""
        with self.database.unit_of_work(Reader.OPERATOR) as session:
            return f"/signin/{make_link(session, email=email, now=self.clock.now)}"

    def signed_in(self, email: str, base_url: str = BASE_URL) -> TestClient:
        """A browser in which this person has signed in."""
        client = self.client(base_url)
        link = self.link_for(email)
        page = client.get(link)
        answer = client.post(link, data={"form_token": token_in(page.text)})
        assert answer.status_code == 303, answer.text
        return client

    def hold(
        self,
        tenant: str = "acme",
        *,
        reason: str = "infected",
        findings: tuple[FindingNote, ...] = (EICAR,),
        subject: str = "Your invoice 2026-1187 is overdue",
        reverse_path: str = "billing@supplier.example",
        recipients: tuple[str, ...] = ("anna@acme.example",),
        record: MessageRecord | None = INVOICE,
    ) -> int:
        """Hold a message, its blobs sealed in the folder, its events in the trace; gives its number."""
        facts = self._facts(tenant, subject, reverse_path, recipients, reason)
        with self.database.read(Reader.OPERATOR) as session:
            key = current_key(session, facts.tenant_id)
        body = self.sealed.store(key, BlobKind.BODY, [b"Subject: x\r\n\r\nbody\r\n"])
        blob = self.sealed.store(key, BlobKind.RECORD, [record.to_json()]) if record else None
        names = tuple(note.name for note in findings)
        with self.database.unit_of_work(Reader.OPERATOR) as session:
            number = hold(session, NewHeld(facts, reason, reason, findings, recipients, body, blob), self.clock.now)
            events: list[Event] = [self._received(facts), self._examined(facts, names)]
            reply = "550 5.7.1 The message was refused"
            events += [
                CopyHeld(facts.transaction, facts.tenant_id, facts.received_at, address, number, reason, reply)
                for address in recipients
            ]
            record_events(session, events)
        return number

    def queue(
        self,
        tenant: str = "acme",
        *,
        subject: str = "Minutes of Monday",
        recipient: str = "anna@acme.example",
        last_reply: str = "",
        notice: str | None = None,
    ) -> int:
        """Queue a copy that waits for an hour; `last_reply`: it was tried once. Gives its number."""
        facts = self._facts(tenant, subject, "b.okafor@lawfirm.example", (recipient,), "clean")
        with self.database.read(Reader.OPERATOR) as session:
            key = current_key(session, facts.tenant_id)
        body = self.sealed.store(key, BlobKind.BODY, [b"Subject: x\r\n\r\nbody\r\n"])
        now, again = self.clock.now, self.clock.now + timedelta(hours=1)
        with self.database.unit_of_work(Reader.OPERATOR) as session:
            domain, first = recipient.rpartition("@")[2], now if last_reply else again
            new = NewDelivery(facts, domain, recipient, body, None, b"", first, now + timedelta(days=5), notice)
            (number,) = enqueue(session, [new], now)
            queued = CopyQueued(facts.transaction, facts.tenant_id, now, recipient, number, "connection refused")
            record_events(session, [self._received(facts), self._examined(facts, ()), queued])
            if last_reply:
                leased = lease_due(session, now=now, limit=1000, owner="test", lease_seconds=60)
                (mine,) = [each for each in leased if each.id == number]
                settle_deferred(session, number, fence=mine.fence, reply=last_reply, next_attempt_at=again, now=now)
        return number

    def delivery(self, number: int) -> Delivery:
        """The delivery as the book has it now."""
        with self.database.read(Reader.OPERATOR) as session:
            return get_delivery(session, number, tenant_id=None)

    def deliver(self, tenant: str = "acme", *, subject: str = "Lunch on Friday?") -> str:
        """Trace a clean message that was delivered; gives its transaction."""
        facts = self._facts(tenant, subject, "b.okafor@lawfirm.example", (f"anna@{tenant}.example",), "clean")
        accepted = CopyAccepted(
            facts.transaction, facts.tenant_id, facts.received_at, facts.recipients[0], "250 2.0.0 Ok: queued as 4F2B1"
        )
        with self.database.unit_of_work(Reader.OPERATOR) as session:
            received, examined = self._received(facts), self._examined(facts, ())
            record_events(session, [received, examined, *self._snapshot(facts), accepted])
        return facts.transaction

    def _snapshot(self, facts: MessageFacts) -> list[Event]:
        head = (facts.transaction, facts.tenant_id, facts.received_at)
        ends = facts.received_at + timedelta(hours=6)
        spf = ("= spf pass", "+ Authentication-Results: mx.example; spf=pass smtp.mailfrom=lawfirm.example")
        return [
            FieldsTakenAway(*head, ("Pratique-Stamp", "Authentication-Results"), is_stamp_forged=True),
            Stepped(*head, "authentication", "on_message", 0.0213, spf, ends),
            Stepped(*head, "attachment-filter", "on_message", 0.0004, (), ends),
            Stepped(*head, "header", "", 0.0, ("- Pratique-Stamp", "- Authentication-Results"), ends),
            Stepped(*head, "examination", "", 0.0812, ("= 3 artifacts, by yara/1.23.0", "= verdict clean"), ends),
            Stepped(*head, "decision", "", 0.0, ("= anna@acme.example: deliver",), ends),
            Stepped(*head, "on-top", "", 0.0, ("+ Pratique-Scanned: clean; by=mx.example; engines=yara/1.23.0",), ends),
        ]

    def held(self, number: int) -> HeldMessage:
        """The held message as the book has it now."""
        with self.database.read(Reader.OPERATOR) as session:
            return get_held(session, number, tenant_id=None)

    def carry_out_releases(self, reply: str = "", failure: str = "") -> int:
        """Do as the worker does: lease what is asked for, and settle it with this reply or failure."""
        with self.database.unit_of_work(Reader.OPERATOR) as session:
            leased = take_release_requests(session, now=self.clock.now, limit=10, owner="test", lease_seconds=60)
            for release in leased:
                results = [
                    CopyReleased(address, reply) if reply else CopyNotReleased(address, failure)
                    for address in release.recipients
                ]
                settle_release(session, release.message.id, fence=release.fence, results=results, now=self.clock.now)
        return len(leased)

    def _facts(
        self, tenant: str, subject: str, reverse_path: str, recipients: tuple[str, ...], verdict: str
    ) -> MessageFacts:
        self.messages_made += 1
        number = self.messages_made
        return MessageFacts(
            f"{number:012d}",
            self.tenants[tenant],
            self.clock.now,
            "203.0.113.9",
            reverse_path,
            recipients,
            f"<{number}@supplier.example>",
            subject,
            48_211,
            verdict=verdict,
        )

    def _received(self, facts: MessageFacts) -> Event:
        return MessageReceived(
            facts.transaction,
            facts.tenant_id,
            facts.received_at,
            facts.reverse_path,
            facts.recipients,
            facts.message_id,
            facts.subject,
            facts.octets,
            facts.client_address,
            tls="TLSv1.3",
        )

    def _examined(self, facts: MessageFacts, names: tuple[str, ...]) -> Event:
        return Examined(
            facts.transaction,
            facts.tenant_id,
            facts.received_at,
            facts.verdict,
            names,
            engines=ENGINES,
        )


TENANTS = ("acme", "blue-harbour")
PEOPLE = (
    ("olga@acme.example", "acme", Role.OWNER),
    ("adam@acme.example", "acme", Role.ADMIN),
    ("rita@acme.example", "acme", Role.REVIEWER),
    ("rex@acme.example", "acme", Role.READER),
    ("otto@blue-harbour.example", "blue-harbour", Role.OWNER),
    ("mara@both.example", "acme", Role.ADMIN),
    ("mara@both.example", "blue-harbour", Role.READER),
)


def furnish(url: str) -> None:
    """Brings an empty database to this release's tables, and puts the two tenants and their people into it."""
    database = Database(url)
    migrate(database)
    with database.unit_of_work(Reader.OPERATOR) as session:
        for name in TENANTS:
            tenant_id = add_tenant(session, KEYRING, name=name, now=START).id
            add_domain(
                session,
                tenant_id=tenant_id,
                name=f"{name}.example",
                routes=("smtp://mail.example",),
                service="mx.example",
                verified_at=START,
                now=START,
            )
        for email, tenant, role in PEOPLE:
            whose = tenant_named(session, tenant).id
            add_user(session, tenant_id=whose, email=email, role=role, now=START)
    database.close()


@cache
def _furnished() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "furnished.sqlite"
        furnish(f"sqlite:///{path}")
        return path.read_bytes()


@contextmanager
def portal_world(folder: Path, base_url: str = BASE_URL, furnished_url: str = "") -> Iterator[PortalWorld]:
    """The portal with two tenants and their people, over a furnished database (or SQLite in `folder`)."""
    if not furnished_url:
        (folder / "portal.sqlite").write_bytes(_furnished())
    database = Database(furnished_url or f"sqlite:///{folder / 'portal.sqlite'}")
    sealed = SealedStore(FolderBlobStore(folder / "blobs"), KEYRING)
    clock = MovableClock()
    world = PortalWorld(database, sealed, make_application(database, sealed, base_url, clock), clock)
    with database.read(Reader.OPERATOR) as session:
        world.tenants.update((name, tenant_named(session, name).id) for name in TENANTS)
    try:
        yield world
    finally:
        database.close()


def token_in(html: str) -> str:
    """The form token in a page."""
    return hidden_value(html, "form_token")


def hidden_value(html: str, name: str) -> str:
    """The value of a hidden field in a page."""
    return html.partition(f'name="{name}" value="')[2].partition('"')[0]
