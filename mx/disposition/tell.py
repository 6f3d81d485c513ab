"""Tells the trace what became of a message: its typed events, from the examined message and the outcomes. Pure.

Comes in: rows 1 to 12 of `docs/flow.md`. Goes out: events for `tenants/trace/writer.py`, all of one time.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from mx.disposition.copies import Copy, ExaminedMessage
from mx.disposition.snapshot import steps_of, taken_away
from mx.outcome import Accepted, Deferred, Discarded, Held, Outcome, Queued, Refused, RefusedAndHeld
from mx.reply import Reply
from tenants.trace.events import (
    CopyAccepted,
    CopyDeferred,
    CopyDiscarded,
    CopyHeld,
    CopyQueued,
    CopyRefused,
    Event,
    Examined,
    FieldsTakenAway,
    MessageReceived,
)


def events_of(
    message: ExaminedMessage,
    copies: Sequence[Copy],
    outcomes: Sequence[Outcome],
    answer: Reply,
    now: datetime,
    observed: Sequence[Event] = (),
) -> list[Event]:
    """What happened, in order: received, examined, what agents `observed`, snapshots, then each copy."""
    transaction, tenant_id = message.envelope.transaction, copies[0].standing.tenant_id
    names = message.examination.verdict.finding_names
    told: list[Event] = [_copy_event(outcome, answer, names, transaction, tenant_id, now) for outcome in outcomes]
    before: list[Event] = [_received(message, tenant_id), _examined(message, tenant_id, now)]
    if taken := taken_away(message):
        before.append(FieldsTakenAway(transaction, tenant_id, now, taken, message.is_stamp_forged))
    return [*before, *observed, *steps_of(message, copies, now), *told]


def _received(message: ExaminedMessage, tenant_id: int) -> MessageReceived:
    envelope, examination = message.envelope, message.examination
    return MessageReceived(
        transaction=envelope.transaction,
        tenant_id=tenant_id,
        at=envelope.received_at,
        reverse_path=envelope.reverse_path.address,
        recipients=tuple(recipient.address for recipient in envelope.recipients),
        message_id=examination.message_id,
        subject=examination.subject,
        octets=message.spool.octets,
        client_address=envelope.client.address,
        helo=envelope.client.helo,
        tls=envelope.client.tls or "",
        is_eight_bit=envelope.is_eight_bit,
        is_smtputf8=envelope.is_smtputf8,
    )


def _examined(message: ExaminedMessage, tenant_id: int, now: datetime) -> Examined:
    examination = message.examination
    verdict = examination.verdict
    return Examined(
        transaction=message.envelope.transaction,
        tenant_id=tenant_id,
        at=now,
        verdict=verdict.kind.value,
        findings=verdict.finding_names,
        found_by=tuple(dict.fromkeys(f"{found.engine}: {found.name}" for found in verdict.findings)),
        ambiguities=tuple(dict.fromkeys(ambiguity.name for ambiguity in verdict.ambiguities)),
        engines=examination.engines,
        unanswered=tuple(f"{failed.engine}: {failed.reason}" for failed in verdict.unanswered),
        seconds=round(examination.seconds, 4),
    )


def _copy_event(
    outcome: Outcome, answer: Reply, findings: tuple[str, ...], transaction: str, tenant_id: int, now: datetime
) -> Event:
    recipient = outcome.recipient.address
    match outcome:
        case Accepted():
            return CopyAccepted(transaction, tenant_id, now, recipient, outcome.remote_reply, outcome.note)
        case Queued():
            return CopyQueued(transaction, tenant_id, now, recipient, outcome.delivery, outcome.reason, outcome.note)
        case Held():
            held, reason, note = outcome.held, outcome.reason, outcome.note
            return CopyHeld(transaction, tenant_id, now, recipient, held, reason, answer.line, note)
        case RefusedAndHeld():
            return CopyHeld(transaction, tenant_id, now, recipient, outcome.held, outcome.reason, answer.line)
        case Refused():
            return CopyRefused(transaction, tenant_id, now, recipient, outcome.reason, answer.line)
        case Discarded():
            return CopyDiscarded(transaction, tenant_id, now, recipient, outcome.reason, findings)
        case Deferred():
            return CopyDeferred(transaction, tenant_id, now, recipient, outcome.reason, answer.line)
        case _:
            assert_never(outcome)
