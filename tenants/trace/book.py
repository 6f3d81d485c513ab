"""The book of the trace: writing events, and finding what became of a message.

Steps of snapshots stand in a table of their own, because they are forgotten when their time is over.
A transaction's events that are written together share one row, so that a clean message costs one row of its own
facts, one of events, and one for each recipient.

Failure: `DatabaseUnavailable`; the trace writer keeps its events and tries again. The trace never delays or changes a
reply.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from tenants.storage.tables import mail
from tenants.storage.viewpoint import OfTenant, look_as
from tenants.trace.events import Event, Examined, MessageReceived, Stepped
from tenants.trace.form import from_json, to_json
from tenants.trace.messages import MessageFacts, facts_of, remember_messages

MOST_FOUND = 100


@dataclass(frozen=True, slots=True)
class MessageTrace:
    """One message and everything that happened to it, in order."""

    facts: MessageFacts
    events: tuple[Event, ...]


def record_events(session: Session, events: Sequence[Event]) -> None:
    """Write these events of one tenant, of any number of transactions."""
    received = [event for event in events if isinstance(event, MessageReceived)]
    verdicts = {event.transaction: event.verdict for event in events if isinstance(event, Examined)}
    remember_messages(session, (_facts(event, verdicts.get(event.transaction, "")) for event in received))
    _set_verdicts(session, verdicts, {event.transaction for event in received})
    if rows := [_row(together) for together in _by_transaction(events).values()]:
        session.execute(insert(mail.message_event), rows)
    steps = [event for event in events if isinstance(event, Stepped)]
    if steps:
        rows = [_row([step]) | {"expires_at": step.expires_at} for step in steps]
        session.execute(insert(mail.message_step), rows)


def record_everybodys(session: Session, events: Sequence[Event]) -> None:
    """Write these events, of any number of tenants, each tenant's as that tenant."""
    owned: dict[int, list[Event]] = {}
    for event in events:
        owned.setdefault(event.tenant_id, []).append(event)
    for tenant_id, own in owned.items():
        look_as(session, OfTenant(tenant_id))
        record_events(session, own)


def find(
    session: Session,
    *,
    tenant_id: int | None,
    message_id: str | None = None,
    recipient: str | None = None,
    transaction: str | None = None,
    since: datetime | None = None,
    limit: int = MOST_FOUND,
) -> tuple[MessageTrace, ...]:
    """What became of the messages that fit everything given: the newest `limit`, in the order they came in.

    A Message-ID is found with or without its angle brackets. `tenant_id` None: everybody's.
    """
    table, recipients = mail.message, mail.message_recipient
    wanted = select(table).order_by(table.c.transaction_id.desc()).limit(limit)
    if tenant_id is not None:
        wanted = wanted.where(table.c.tenant_id == tenant_id)
    if message_id is not None:
        bare = message_id.strip().removeprefix("<").removesuffix(">")
        wanted = wanted.where(table.c.message_id.in_((bare, f"<{bare}>")))
    if transaction is not None:
        wanted = wanted.where(table.c.transaction_id == transaction)
    if since is not None:
        wanted = wanted.where(table.c.received_at >= since)
    if recipient is not None:
        theirs = select(recipients.c.transaction_id).where(recipients.c.address == recipient.lower())
        wanted = wanted.where(table.c.transaction_id.in_(theirs))
    messages = facts_of(session, wanted)[::-1]
    names = [facts.transaction for facts in messages]
    events, steps = events_of(session, names), _events_in(session, mail.message_step, names)
    return tuple(
        MessageTrace(facts, _in_order([*steps.get(facts.transaction, ()), *events.get(facts.transaction, ())]))
        for facts in messages
    )


def events_of(session: Session, transactions: Sequence[str]) -> dict[str, tuple[Event, ...]]:
    """The events of these transactions, each transaction's in order; without the steps of snapshots."""
    found = _events_in(session, mail.message_event, transactions)
    return {transaction: _in_order(events) for transaction, events in found.items()}


def forget_steps(session: Session, now: datetime) -> int:
    """Delete the steps of snapshots whose time is over; returns how many rows that were."""
    table = mail.message_step
    old = delete(table).where(table.c.expires_at <= now).returning(table.c.expires_at)
    return len(session.execute(old).all())


def _events_in(session: Session, table: Table, transactions: Sequence[str]) -> dict[str, list[Event]]:
    rows = session.execute(select(table).where(table.c.transaction_id.in_(transactions)).order_by(table.c.id))
    found: dict[str, list[Event]] = {}
    for row in rows:
        events = found.setdefault(row.transaction_id, [])
        events.extend(from_json(record, row.transaction_id, row.tenant_id) for record in row.events)
    return found


def _in_order(events: Iterable[Event]) -> tuple[Event, ...]:
    # Sorting keeps the order of writing where two events have the same time.
    return tuple(sorted(events, key=lambda event: event.at))


def _row(together: Sequence[Event]) -> dict[str, Any]:
    """Of one transaction's events that are written together."""
    first = together[0]
    return {
        "transaction_id": first.transaction,
        "tenant_id": first.tenant_id,
        "at": first.at,
        "events": [to_json(event) for event in together],
    }


def _by_transaction(events: Iterable[Event]) -> dict[tuple[str, int], list[Event]]:
    grouped: dict[tuple[str, int], list[Event]] = {}
    for event in events:
        if isinstance(event, Stepped):
            continue
        grouped.setdefault((event.transaction, event.tenant_id), []).append(event)
    return grouped


def _facts(event: MessageReceived, verdict: str) -> MessageFacts:
    return MessageFacts(
        event.transaction,
        event.tenant_id,
        event.at,
        event.client_address,
        event.reverse_path,
        event.recipients,
        event.message_id,
        event.subject,
        event.octets,
        event.is_eight_bit,
        event.is_smtputf8,
        verdict,
    )


def _set_verdicts(session: Session, verdicts: dict[str, str], just_written: set[str]) -> None:
    # A row that a hold has written before carries the verdict already, but one that this batch did not begin may not.
    later = [{"of": of, "new": verdict} for of, verdict in verdicts.items() if of not in just_written]
    if later:
        table = mail.message
        changed = update(table).where(table.c.transaction_id == bindparam("of")).values(verdict=bindparam("new"))
        session.connection().execute(changed, later)
