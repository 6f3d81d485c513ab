"""The book of the quarantine: holding messages, listing and showing them, deleting them. Releasing: `release.py`.

One row for each message and reason. The octets and the record are blobs, durable before `hold` is called; once the
transaction that called `hold` is committed, the message may be answered 250. `tenant_id` narrows every question to
one tenant; another tenant's message is then not there. None is for the operator alone.

Failure: `NotFound`, `WrongState`; `DatabaseUnavailable` from the unit of work, and then nothing is held and nothing
promised.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, exists, insert, select, update
from sqlalchemy.orm import Session

from tenants.encryption.sealed import SealedBlob, add_blobs, blobs_named
from tenants.refusals import NotFound, WrongState
from tenants.storage.statements import insert_if_absent
from tenants.storage.tables import mail, quarantine
from tenants.storage.tables.column_types import START_OF_TIME
from tenants.trace.book import record_events
from tenants.trace.events import Deleted
from tenants.trace.messages import PAGE_ROWS, MessageFacts, facts_from_row, recipients_dsn, remember_messages, searched


class HeldState(StrEnum):
    """Where a held message is."""

    HELD = "held"
    RELEASE_REQUESTED = "release-requested"
    RELEASING = "releasing"
    RELEASED = "released"
    DELETED = "deleted"


STILL_HELD = (HeldState.HELD, HeldState.RELEASE_REQUESTED, HeldState.RELEASING)
"""The states in which the message is still ours to keep."""


@dataclass(frozen=True, slots=True)
class FindingNote:
    """One finding, as the quarantine keeps it."""

    engine: str
    name: str
    artifact: int
    severity: str


@dataclass(frozen=True, slots=True)
class NewHeld:
    """A message to be held, for one reason, for some of its recipients."""

    facts: MessageFacts
    reason: str
    verdict: str
    findings: tuple[FindingNote, ...]
    recipients: tuple[str, ...]
    body: SealedBlob
    record: SealedBlob | None
    rescan_at: datetime | None = None
    """When it is scanned again by itself; None: only when a person asks."""
    agent_headers: Mapping[str, bytes] = field(default_factory=dict)
    """Header lines of agents for each recipient's copy, which a release puts on top of it again."""


@dataclass(frozen=True, slots=True)
class HeldRecipient:
    """One recipient of a held message; released alone when the others' release failed."""

    address: str
    released_at: datetime | None
    reply: str
    """What the next hop said when the copy was released."""
    agent_headers: bytes = b""
    """Header lines of agents, from the session in which it was held."""


@dataclass(frozen=True, slots=True)
class HeldMessage:
    """One held message, without its octets."""

    id: int
    facts: MessageFacts
    held_at: datetime
    reason: str
    verdict: str
    findings: tuple[FindingNote, ...]
    recipients: tuple[HeldRecipient, ...]
    state: HeldState
    changed_at: datetime
    last_result: str
    """How the last release ended; empty before the first."""
    requested_by: str
    override: tuple[str, ...]
    only_if_clean: bool = False
    """The release asked for is for what the policy would deliver now; otherwise it is in spite of it."""
    rescan_at: datetime | None = None
    """When it is scanned again by itself."""
    rescans: int = 0
    """How often that was done, and every engine answered."""

    @property
    def finding_names(self) -> tuple[str, ...]:
        """Each finding's name once, in the order found."""
        return tuple(dict.fromkeys(finding.name for finding in self.findings))


@dataclass(frozen=True, slots=True)
class HeldFilter:
    """Which held messages are wanted; every condition given must fit."""

    states: tuple[HeldState, ...] = STILL_HELD
    search: str = ""
    reason: str = ""
    finding: str = ""
    since: datetime | None = None
    before: int | None = None
    """The number of the last one on the page before this one."""
    limit: int = PAGE_ROWS


@dataclass(frozen=True, slots=True)
class HeldBlobs:
    """What is stored of a held message."""

    body: SealedBlob
    record: SealedBlob | None


def hold(session: Session, new: NewHeld, now: datetime) -> int:
    """Hold a message; its number is the proof that it is held, once the transaction is committed."""
    remember_messages(session, (new.facts,))
    add_blobs(session, (new.body, new.record), now)
    return insert_held(session, new, new.body.name, new.record.name if new.record else None, now)


def insert_held(session: Session, new: NewHeld, body: str, record: str | None, now: datetime) -> int:
    """Write the rows of a held message whose blobs' rows are there."""
    values = {
        "tenant_id": new.facts.tenant_id,
        "transaction_id": new.facts.transaction,
        "held_at": now,
        "reason": new.reason,
        "verdict": new.verdict,
        "findings": [[note.engine, note.name, note.artifact, note.severity] for note in new.findings],
        "body": body,
        "record": record,
        "state": HeldState.HELD.value,
        "changed_at": now,
        "last_result": "",
        "requested_by": "",
        "override_findings": [],
        "lease_owner": "",
        "lease_until": START_OF_TIME,
        "fence": 0,
        "rescan_at": new.rescan_at,
        "rescans": 0,
        "only_if_clean": False,
    }
    number: int = session.execute(insert(quarantine.held).values(**values)).inserted_primary_key[0]  # type: ignore[attr-defined]
    recipients = [
        {"held_id": number, "address": address, "reply": "", "agent_headers": new.agent_headers.get(address)}
        for address in dict.fromkeys(new.recipients)
    ]
    insert_if_absent(session, quarantine.held_recipient, recipients)
    names = dict.fromkeys(note.name for note in new.findings)
    insert_if_absent(session, quarantine.held_finding, [{"held_id": number, "name": name} for name in names])
    return number


def list_held(session: Session, wanted: HeldFilter, *, tenant_id: int | None) -> tuple[HeldMessage, ...]:
    """A page of held messages, newest first."""
    return _messages(session, _filtered(wanted, tenant_id))


def get_held(session: Session, held_id: int, *, tenant_id: int | None) -> HeldMessage:
    """One held message, in whatever state. Raises NotFound."""
    chosen = _all_columns().where(quarantine.held.c.id == held_id)
    found = _messages(session, chosen if tenant_id is None else chosen.where(quarantine.held.c.tenant_id == tenant_id))
    if not found:
        raise NotFound(f"There is no held message {held_id}.")
    return found[0]


def held_messages(session: Session, numbers: Iterable[int]) -> dict[int, HeldMessage]:
    """The held messages of these numbers, by number."""
    chosen = _all_columns().where(quarantine.held.c.id.in_(list(numbers)))
    return {message.id: message for message in _messages(session, chosen)}


def held_blobs(session: Session, held_id: int, *, tenant_id: int | None) -> HeldBlobs:
    """What is stored of a held message. Raises NotFound when it is released or deleted, or its tenant's key is gone."""
    message = get_held(session, held_id, tenant_id=tenant_id)
    table = quarantine.held
    row = session.execute(select(table.c.body, table.c.record).where(table.c.id == held_id)).one()
    owner = message.facts.tenant_id
    found = blobs_named(session, owner, [name for name in (row.body, row.record) if name])
    if message.state not in STILL_HELD or row.body not in found:
        raise NotFound(f"The content of message {held_id} is not kept any more.")
    return HeldBlobs(found[row.body], found.get(row.record))


def delete_held(session: Session, held_id: int, *, tenant_id: int | None, who: str, now: datetime) -> HeldMessage:
    """Delete a held message. Raises WrongState when it is being released, or is gone already."""
    message = get_held(session, held_id, tenant_id=tenant_id)
    table = quarantine.held
    changed = session.execute(
        update(table)
        .where(table.c.id == held_id, table.c.state.in_((HeldState.HELD.value, HeldState.RELEASE_REQUESTED.value)))
        .values(state=HeldState.DELETED.value, changed_at=now, fence=table.c.fence + 1)
        .returning(table.c.id)
    ).one_or_none()
    if changed is None:
        raise WrongState(f"Message {held_id} cannot be deleted: it is {message.state.value} already.")
    record_events(session, (Deleted(message.facts.transaction, message.facts.tenant_id, now, held_id, who),))
    return get_held(session, held_id, tenant_id=tenant_id)


def _all_columns() -> Select[Any]:
    return select(quarantine.held, *(column for column in mail.message.c if column.name not in quarantine.held.c)).join(
        mail.message, mail.message.c.transaction_id == quarantine.held.c.transaction_id
    )


def _filtered(wanted: HeldFilter, tenant_id: int | None) -> Select[Any]:
    """The numbers first, which stand in an index, then the rows of one page alone."""
    table = quarantine.held
    chosen = select(table.c.id).where(table.c.state.in_([state.value for state in wanted.states]))
    chosen = chosen.order_by(table.c.id.desc()).limit(wanted.limit)
    if wanted.search:
        chosen = searched(
            chosen.join(mail.message, mail.message.c.transaction_id == table.c.transaction_id), wanted.search
        )
    if tenant_id is not None:
        chosen = chosen.where(table.c.tenant_id == tenant_id)
    if wanted.reason:
        chosen = chosen.where(table.c.reason == wanted.reason)
    if wanted.since is not None:
        chosen = chosen.where(table.c.held_at >= wanted.since)
    if wanted.before is not None:
        chosen = chosen.where(table.c.id < wanted.before)
    if wanted.finding:
        names = quarantine.held_finding
        # A tenant's own rows are few; everybody's with this finding may be a million, and the other way round.
        chosen = chosen.where(
            table.c.id.in_(select(names.c.held_id).where(names.c.name == wanted.finding))
            if tenant_id is None
            else exists().where(names.c.held_id == table.c.id, names.c.name == wanted.finding)
        )
    return _all_columns().where(table.c.id.in_(chosen)).order_by(table.c.id.desc())


def _messages(session: Session, chosen: Select[Any]) -> tuple[HeldMessage, ...]:
    rows = session.execute(chosen).all()
    table = quarantine.held_recipient
    recipients: dict[int, list[HeldRecipient]] = {}
    for row in session.execute(
        select(table).where(table.c.held_id.in_([row.id for row in rows])).order_by(table.c.address)
    ):
        person = HeldRecipient(row.address, row.released_at, row.reply, row.agent_headers or b"")
        recipients.setdefault(row.held_id, []).append(person)
    asked = recipients_dsn(session, [row.transaction_id for row in rows])
    return tuple(
        _held_message(row, tuple(recipients.get(row.id, ())), asked.get(row.transaction_id, ())) for row in rows
    )


def _held_message(
    row: Row[Any], recipients: tuple[HeldRecipient, ...], asked: tuple[tuple[str, str], ...]
) -> HeldMessage:
    return HeldMessage(
        row.id,
        facts_from_row(row, tuple(recipient.address for recipient in recipients), asked),
        row.held_at,
        row.reason,
        row.verdict,
        tuple(FindingNote(*note) for note in row.findings),
        recipients,
        HeldState(row.state),
        row.changed_at,
        row.last_result,
        row.requested_by,
        tuple(row.override_findings),
        row.only_if_clean,
        row.rescan_at,
        row.rescans,
    )
