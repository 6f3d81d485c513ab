"""A database with two tenants and what their mail needs: the ground that the books' tests stand on."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from sqlalchemy.orm import Session

from tenants.customers.book import Tenant, add_tenant
from tenants.encryption.keys import Keyring, current_key
from tenants.encryption.sealed import BlobKind, SealedBlob, SealedStore
from tenants.quarantine.book import FindingNote, NewHeld
from tenants.queue.book import NewDelivery
from tenants.storage.blobs.folder import FolderBlobStore
from tenants.storage.database import Database
from tenants.storage.viewpoint import Reader
from tenants.trace.messages import MessageFacts

NOW = datetime(2026, 11, 24, 9, 0, 0, 123_456, tzinfo=UTC)
EICAR = FindingNote("yara", "pratique_EICAR", 3, "infected")


def later(**amount: float) -> datetime:
    """The moment that is this much after NOW."""
    return NOW + timedelta(**amount)


@dataclass(slots=True)
class CustomerWorld:
    """Two tenants, `acme` and `blue-harbour`."""

    database: Database
    sealed: SealedStore
    keyring: Keyring
    acme: Tenant
    blue_harbour: Tenant
    numbers: "count[int]"

    def facts(self, tenant: Tenant | None = None, **changes: object) -> MessageFacts:
        """A message of this tenant (of acme's when None) that nobody has seen before."""
        number = next(self.numbers)
        facts = MessageFacts(
            f"{number:022d}",
            (tenant or self.acme).id,
            later(seconds=number),
            "203.0.113.9",
            "author@supplier.example",
            ("Anna@acme.example",),
            f"<{number}@supplier.example>",
            f"Invoice {number}",
            1234,
        )
        return replace(facts, **changes)  # type: ignore[arg-type]

    def blob(
        self, session: Session, tenant: Tenant | None = None, content: bytes = b"Subject: x\r\n\r\nbody\r\n"
    ) -> SealedBlob:
        """A message's octets, sealed and stored."""
        return self.sealed.store(current_key(session, (tenant or self.acme).id), BlobKind.BODY, [content])

    def new_held(self, session: Session, tenant: Tenant | None = None, **changes: object) -> NewHeld:
        """An infected message to be held."""
        facts = self.facts(tenant)
        body = self.blob(session, tenant)
        new = NewHeld(facts, "infected", "infected", (EICAR,), facts.recipients, body, None)
        return replace(new, **changes)  # type: ignore[arg-type]

    def new_delivery(self, session: Session, tenant: Tenant | None = None, **changes: object) -> NewDelivery:
        """A copy to be queued, due at NOW."""
        facts = self.facts(tenant)
        body = self.blob(session, tenant)
        new = NewDelivery(
            facts, "acme.example", facts.recipients[0], body, None, b"Received: x\r\n", NOW, later(days=5)
        )
        return replace(new, **changes)  # type: ignore[arg-type]


def customer_world(database: Database, folder: Path) -> CustomerWorld:
    """The world on a database that is migrated and empty."""
    keyring = Keyring(bytes(range(32)))
    sealed = SealedStore(FolderBlobStore(folder / "blobs"), keyring)
    with database.unit_of_work(Reader.OPERATOR) as session:
        acme = add_tenant(session, keyring, name="acme", now=NOW)
        blue_harbour = add_tenant(session, keyring, name="blue-harbour", now=NOW, language="de")
    return CustomerWorld(database, sealed, keyring, acme, blue_harbour, count(1))
