"""The command line on a real SQLite in a folder of its own, and mail put into its queue and quarantine."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mx.envelope import new_transaction_id
from pratique.cli import front_door
from pratique.opening import Opened, opened
from pratique.settings.settings import Settings
from tenants.customers.book import tenant_named
from tenants.encryption.keys import current_key
from tenants.encryption.sealed import BlobKind, SealedBlob
from tenants.quarantine.book import FindingNote, NewHeld, hold
from tenants.quarantine.message_record import MessageRecord, RecordedArtifact
from tenants.queue.book import NewDelivery, enqueue
from tenants.storage.viewpoint import Reader
from tenants.trace.book import record_events
from tenants.trace.events import CopyHeld, CopyQueued, MessageReceived
from tenants.trace.messages import MessageFacts

MESSAGE = b"Subject: Invoice\r\n\r\nPay now.\r\n"
RECORD = MessageRecord(
    headers=(("Subject", "Invoice"), ("From", "mallory@s.example")),
    artifacts=(RecordedArtifact(0, None, "message", "message/rfc822", "whole", len(MESSAGE), "00" * 32),),
    preview="Pay now.",
)


@dataclass(frozen=True, slots=True)
class Pratique:
    """The `pratique` command on one data folder."""

    data: Path

    def run(self, *words: str) -> Result:
        """One command; its exit status is not judged."""
        return CliRunner().invoke(front_door, list(words))

    def do(self, *words: str) -> str:
        """What a command that must succeed wrote on standard output."""
        result = self.run(*words)
        assert result.exit_code == 0, result.output
        return result.stdout

    def ask(self, *words: str) -> Any:
        """The document that a command prints with `--json`."""
        return json.loads(self.do(*words, "--json"))

    def refuse(self, *words: str) -> str:
        """The one line of a command that must refuse."""
        result = self.run(*words)
        assert result.exit_code == 1, result.output
        assert result.stderr.count("\n") == 1, result.stderr
        return result.stderr.rstrip("\n")

    def add_acme(self) -> None:
        """A tenant with a domain that takes mail."""
        self.do("tenant", "add", "acme")
        self.do(
            "domain", "add", "acme.example", "--tenant", "acme", "--route", "smtp://mail.acme.example", "--verified"
        )


@dataclass(frozen=True, slots=True)
class Mail:
    """Puts mail where the mx would."""

    parts: Opened

    def hold(self, *findings: str, subject: str = "Invoice", recipient: str = "anna@acme.example") -> int:
        """The number of a message that is held as infected from now on."""
        facts = self._facts(subject, recipient)
        notes = tuple(FindingNote("yara", name, 0, "infected") for name in findings)
        with self.parts.database.unit_of_work(Reader.OPERATOR) as session:
            body, record = self._seal(BlobKind.BODY, MESSAGE), self._seal(BlobKind.RECORD, RECORD.to_json())
            held = hold(session, NewHeld(facts, "infected", "infected", notes, (recipient,), body, record), now())
            kept = CopyHeld(facts.transaction, facts.tenant_id, now(), recipient, held, "infected", "550 5.7.1 No")
            record_events(session, (_received(facts), kept))
        return held

    def queue(self, subject: str = "Report", recipient: str = "anna@acme.example") -> int:
        """The number of a delivery that waits from now on."""
        facts = self._facts(subject, recipient)
        due, end = now() + timedelta(hours=1), now() + timedelta(days=5)
        with self.parts.database.unit_of_work(Reader.OPERATOR) as session:
            body = self._seal(BlobKind.BODY, MESSAGE)
            new = NewDelivery(facts, "acme.example", recipient, body, None, b"", due, end)
            [number] = enqueue(session, [new], now())
            waits = CopyQueued(facts.transaction, facts.tenant_id, now(), recipient, number, "unreachable")
            record_events(session, (_received(facts), waits))
        return number

    def _facts(self, subject: str, recipient: str) -> MessageFacts:
        with self.parts.database.read(Reader.OPERATOR) as session:
            tenant = tenant_named(session, "acme").id
        transaction = new_transaction_id(now())
        return MessageFacts(
            transaction, tenant, now(), "192.0.2.1", "mallory@s.example", (recipient,), "<1@s.example>", subject, 7
        )

    def _seal(self, kind: BlobKind, octets: bytes) -> SealedBlob:
        with self.parts.database.read(Reader.OPERATOR) as session:
            key = current_key(session, tenant_named(session, "acme").id)
        return self.parts.store.store(key, kind, [octets])


def now() -> datetime:
    """The present time, aware."""
    return datetime.now(UTC)


def _received(facts: MessageFacts) -> MessageReceived:
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
    )


@pytest.fixture(scope="session")
def new_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as the first command leaves it; migrating one for each test would take most of their time."""
    data = tmp_path_factory.mktemp("new") / "data"
    with opened(Settings(data=data)):
        return data


@pytest.fixture
def pratique(new_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pratique:
    """The command on a new data folder, with no settings from outside."""
    shutil.copytree(new_data, tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRATIQUE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PRATIQUE_HOSTNAME", "service.example")
    return Pratique(tmp_path / "data")


@pytest.fixture
def mail(pratique: Pratique) -> Iterator[Mail]:
    """Mail for the tenant acme, which is there."""
    pratique.add_acme()
    with opened(Settings(data=pratique.data)) as parts:
        yield Mail(parts)
