"""Keeps copies: octets sealed and durable first, then one commit for every row that names them. Only then 250.

Comes in: a message, the copies to queue and the copies to hold, by reason. Goes out: the numbers of the committed rows,
which are the proof that an outcome carries. All copies of one message share one sealed body.

Failure: CannotKeep when octets or rows could not be made durable in KEEP_SECONDS; nothing is promised then.
What was half done is left: octets without a row are swept later, and a commit that came too late makes a duplicate.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy.orm import Session
from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.threads import deferToThreadPool

from mx.decision import UNANSWERED
from mx.disposition.copies import Copy, ExaminedMessage, facts_of, on_top_of
from mx.disposition.release_rules import FIRST_RESCAN
from mx.envelope import Recipient
from mx.examination import Examination
from tenants.directory import Standing
from tenants.encryption.keys import TenantKey
from tenants.encryption.sealed import BlobKind, SealedBlob, SealedStore, add_blobs
from tenants.quarantine.book import FindingNote, NewHeld, hold
from tenants.quarantine.message_record import MessageRecord, RecordedFinding
from tenants.queue.book import UNDELIVERABLE, NewDelivery, enqueue
from tenants.queue.notices import NoticeKind, PassedOn, Undelivered, ask_report, ask_report_of_success
from tenants.storage.blobs.segments import SealBroken
from tenants.storage.database import DatabaseUnavailable
from tenants.storage.database_threads import DatabaseThreads
from tenants.storage.viewpoint import OfTenant
from tenants.trace.messages import MessageFacts, remember_messages

KEEP_SECONDS = 5.0


class CannotKeep(Exception):
    """Nothing of this message could be made durable; the text says why, for the log."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The committed rows: each queued recipient's delivery, each reason's held message."""

    queued: Mapping[Recipient, int]
    held: Mapping[str, int]


class Keeping(Protocol):
    """What disposition sees of this file."""

    async def keep(
        self,
        message: ExaminedMessage,
        queued: Sequence[Copy],
        held: Mapping[str, Sequence[Copy]],
        owed: Sequence[Undelivered] = (),
    ) -> Kept: ...

    async def owe(self, message: ExaminedMessage, tenant_id: int, owed: Sequence[Undelivered], held: int) -> None: ...

    async def owe_success(self, message: ExaminedMessage, standing: Standing, owed: Sequence[PassedOn]) -> None: ...


@dataclass(frozen=True, slots=True)
class QueueTimes:
    """When a new delivery is tried first, and until when."""

    first_wait: timedelta
    lifetime: timedelta


class Keeper:
    """Keeps copies in the blob store and the database."""

    def __init__(
        self,
        sealed: SealedStore,
        threads: DatabaseThreads,
        reactor: Any,
        now: Callable[[], datetime],
        times: QueueTimes,
    ) -> None:
        self._sealed, self._threads, self._reactor, self._now, self._times = sealed, threads, reactor, now, times

    async def keep(
        self,
        message: ExaminedMessage,
        queued: Sequence[Copy],
        held: Mapping[str, Sequence[Copy]],
        owed: Sequence[Undelivered] = (),
    ) -> Kept:
        """Both kinds in one commit, and what the sender is owed to know of what is undeliverable. Raises CannotKeep."""
        copies = [*queued, *(copy for group in held.values() for copy in group)]
        standing = copies[0].standing
        if standing.key is None:
            raise CannotKeep("the tenant has no key")
        try:
            kept: Kept = await Deferred.fromCoroutine(
                self._keep(message, standing.tenant_id, standing.key, queued, held, owed)
            ).addTimeout(KEEP_SECONDS, self._reactor)
        except (OSError, DatabaseUnavailable, SealBroken, TimeoutError) as error:
            raise CannotKeep(f"{type(error).__name__}: {error}") from error
        return kept

    async def owe(self, message: ExaminedMessage, tenant_id: int, owed: Sequence[Undelivered], held: int) -> None:
        """The sender is owed to know this of a message that is held already. Raises CannotKeep."""
        facts, now = facts_of(message, tenant_id), self._now()
        writing = self._threads.run_durably(OfTenant(tenant_id), _write, (), (), facts, owed, held, now)
        try:
            await Deferred.fromCoroutine(writing).addTimeout(KEEP_SECONDS, self._reactor)
        except (DatabaseUnavailable, TimeoutError) as error:
            raise CannotKeep(f"{type(error).__name__}: {error}") from error

    async def owe_success(self, message: ExaminedMessage, standing: Standing, owed: Sequence[PassedOn]) -> None:
        """The sender is owed to know this of copies that were taken. Raises CannotKeep.

        Whether it is genuine is found out later, from the message: its body is kept until then.
        """
        if standing.key is None:
            raise CannotKeep("the tenant has no key")
        facts, now = facts_of(message, standing.tenant_id), self._now()
        writing = self._owe_success(message, facts, standing.key, owed, now)
        try:
            await Deferred.fromCoroutine(writing).addTimeout(KEEP_SECONDS, self._reactor)
        except (OSError, DatabaseUnavailable, SealBroken, TimeoutError) as error:
            raise CannotKeep(f"{type(error).__name__}: {error}") from error

    async def _owe_success(
        self, message: ExaminedMessage, facts: MessageFacts, key: TenantKey, owed: Sequence[PassedOn], now: datetime
    ) -> None:
        pool = self._reactor.getThreadPool()
        body = await deferToThreadPool(self._reactor, pool, self._seal_body, message, key)
        await self._threads.run_durably(OfTenant(facts.tenant_id), _write_success, facts, owed, body, now)

    async def _keep(
        self,
        message: ExaminedMessage,
        tenant_id: int,
        key: TenantKey,
        queued: Sequence[Copy],
        held: Mapping[str, Sequence[Copy]],
        owed: Sequence[Undelivered],
    ) -> Kept:
        blobs = await deferToThreadPool(self._reactor, self._reactor.getThreadPool(), self._seal, message, key)
        facts = facts_of(message, tenant_id)
        now = self._now()
        deliveries = [self._delivery(copy, facts, blobs, on_top_of(message, copy), now) for copy in queued]
        holds = [_held(reason, group, facts, blobs, message.examination, now) for reason, group in held.items()]
        numbers, held_numbers = await self._threads.run_durably(
            OfTenant(tenant_id), _write, deliveries, holds, facts, owed, 0, now
        )
        return Kept(
            {copy.recipient: number for copy, number in zip(queued, numbers, strict=True)},
            dict(zip(held, held_numbers, strict=True)),
        )

    def _seal(self, message: ExaminedMessage, key: TenantKey) -> tuple[SealedBlob, SealedBlob]:
        """In a thread: body and record, durable."""
        body = self._seal_body(message, key)
        record = self._sealed.store(key, BlobKind.RECORD, [_record(message.examination)])
        return body, record

    def _seal_body(self, message: ExaminedMessage, key: TenantKey) -> SealedBlob:
        """In a thread."""
        return self._sealed.store(key, BlobKind.BODY, message.spool.chunks())

    def _delivery(
        self,
        copy: Copy,
        facts: MessageFacts,
        blobs: tuple[SealedBlob, SealedBlob],
        headers_on_top: bytes,
        now: datetime,
    ) -> NewDelivery:
        first, last = now + self._times.first_wait, now + self._times.lifetime
        if operator := copy.standing.forward_to:
            domain = operator.rpartition("@")[2].lower()
            return NewDelivery(facts, domain, operator, *blobs, headers_on_top, now, last, NoticeKind.POSTMASTER.value)
        address, domain = copy.recipient.address, copy.standing.domain
        return NewDelivery(facts, domain, address, *blobs, headers_on_top, first, last)


def _held(
    reason: str,
    copies: Sequence[Copy],
    facts: MessageFacts,
    blobs: tuple[SealedBlob, SealedBlob],
    examination: Examination,
    now: datetime,
) -> NewHeld:
    notes = tuple(
        FindingNote(found.engine, found.name, found.artifact, found.severity.value)
        for found in examination.verdict.findings
    )
    people = tuple(copy.recipient.address for copy in copies)
    on_top = {copy.recipient.address: copy.from_agents for copy in copies if copy.from_agents}
    rescan_at = now + FIRST_RESCAN if reason == UNANSWERED else None
    return NewHeld(facts, reason, examination.verdict.kind.value, notes, people, *blobs, rescan_at, on_top)


def _record(examination: Examination) -> bytes:
    findings = (
        RecordedFinding(found.engine, found.name, found.artifact, found.severity.value)
        for found in examination.verdict.findings
    )
    return MessageRecord.from_json(examination.record).with_findings(findings).to_json()


def _write(
    session: Session,
    deliveries: Sequence[NewDelivery],
    holds: Sequence[NewHeld],
    facts: MessageFacts,
    owed: Sequence[Undelivered],
    held: int,
    now: datetime,
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """One transaction; what is owed is about the undeliverable of `holds`, or about what is `held` already."""
    queued = enqueue(session, deliveries, now) if deliveries else ()
    numbers = {new.reason: hold(session, new, now) for new in holds}
    ask_report(session, facts, owed, held=numbers.get(UNDELIVERABLE, held), now=now)
    return queued, tuple(numbers.values())


def _write_success(
    session: Session, facts: MessageFacts, owed: Sequence[PassedOn], body: SealedBlob, now: datetime
) -> None:
    remember_messages(session, [facts])
    add_blobs(session, [body], now)
    ask_report_of_success(session, facts, owed, body=body.name, now=now)
