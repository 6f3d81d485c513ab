"""The intake: one transaction, top to bottom. Rows 4 to 12 of `docs/flow.md`; read this file first.

Comes in: what the SMTP session of one connection asks, command by command (`mx/smtp/conversation.py`).
Goes out: replies.
The reply to the end of data is computed from outcomes that each carry a proof, and from nothing else.

Standards: RFC 5321 sections 4.1.1 and 6.3. One tenant a transaction: other tenants' recipients are answered 452 4.5.3,
and their senders come back with a transaction of their own.
Failure: each step's is a value and has its decided reply; an exception that is left is a bug, and the SMTP session
answers 451 4.3.0 with nothing promised.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, assert_never

from mx import reply
from mx.cell.report import NoCellFree
from mx.cell.wishes import wishes_of
from mx.decision import decide
from mx.disposition.carry_out import Disposition
from mx.disposition.copies import Copy, ExaminedMessage
from mx.disposition.tell import events_of
from mx.engines.contract import circumstances_of
from mx.engines.demand import demand_of
from mx.envelope import Client, Envelope, Recipient, ReversePath
from mx.examination import Examination
from mx.outcome import settle
from mx.own_headers import read_header_section
from mx.reply import Reply
from mx.scan import Scanner
from mx.smtp.extensions import MailParameters
from mx.spool import Spool, SpoolFull
from mx.trace_headers import headers_on_top, scanned_header
from tenants.database import DatabaseUnavailable
from tenants.directory import Standing, Standings, Status
from tenants.trace import Event

MOST_RECEIVED_LINES = 100
"""RFC 5321 section 6.3 asks for at least 100 before a message counts as looping."""


class Trace(Protocol):
    """What is needed of `tenants.trace_writer.TraceWriter`."""

    def write(self, *events: Event) -> None: ...


class Recipients(Protocol):
    """What is needed of `mx.delivery.callout.CallOuts`."""

    async def answer(self, standing: Standing, address: str) -> Reply: ...


@dataclass(frozen=True, slots=True)
class Intake:
    """What every conversation needs; `conversation` is the listener's ConversationFactory."""

    directory: Standings
    recipients: Recipients
    scanner: Scanner
    disposition: Disposition
    trace: Trace
    has_room: Callable[[], bool]
    """False when the disks that hold spool, blobs or database come near their end."""
    now: Callable[[], datetime]
    hostname: str
    scratch: Path

    def conversation(self) -> "IntakeConversation":
        """One for each connection."""
        return IntakeConversation(self)


class IntakeConversation:
    """One connection's side: remembers what the directory said of this transaction's recipients."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._standings: dict[Recipient, Standing] = {}

    async def mail(self, client: Client, reverse_path: ReversePath, parameters: MailParameters) -> Reply:
        """A transaction begins where there is room for its message."""
        return reply.SENDER_OK if self._intake.has_room() else reply.DISK_FULL

    async def recipient(self, recipient: Recipient, accepted: Sequence[Recipient]) -> Reply:
        """What the recipient's domain, tenant and their standing allow."""
        try:
            standing = await self._intake.directory.look_up(recipient.address)
        except DatabaseUnavailable:
            return reply.DIRECTORY_UNAVAILABLE
        if standing.is_taken and any(other.tenant_id != standing.tenant_id for other in self._standings.values()):
            return reply.OTHER_TENANT
        answer = _answer(standing.status)
        if standing.status is Status.ACCEPTED:
            answer = await self._intake.recipients.answer(standing, recipient.address)
        if answer.is_positive:
            self._standings[recipient] = standing
        return answer

    def begin_data(self) -> Reply | Spool:
        """A spool for the content, where there is still room."""
        return Spool(self._intake.scratch) if self._intake.has_room() else reply.DISK_FULL

    async def message(self, envelope: Envelope, spool: Spool) -> Reply:
        """The one reply that is true for every recipient."""
        intake, standings = self._intake, self._standings
        self._standings = {}
        try:
            section = read_header_section(spool, intake.hostname)
            if section.received_lines > MOST_RECEIVED_LINES:
                return reply.LOOP
            recipients = tuple(dict.fromkeys(envelope.recipients))
            tenant = standings[recipients[0]]
            demand = demand_of(standings[recipient].policy for recipient in recipients)
            circumstances = circumstances_of(envelope, spool)
            wishes = wishes_of((standings[recipient].policy for recipient in recipients), tenant.tenant_id)
            examination = await intake.scanner.examine(spool, tenant.ignored, circumstances, demand, wishes=wishes)
            on_top = headers_on_top(envelope, examination, intake.hostname)
            message = ExaminedMessage(envelope, spool, section.content, on_top, examination)
            copies = [self._copy(message, recipient, standings[recipient]) for recipient in recipients]

            def again(octets: Spool, seconds: float) -> Awaitable[Examination]:
                anew = circumstances_of(envelope, octets)
                return intake.scanner.examine(octets, tenant.ignored, anew, demand, seconds, wishes)

            outcomes = await intake.disposition.carry_out(message, copies, again)
            answer = settle(outcomes, reply.message_taken(envelope.transaction))
            intake.trace.write(*events_of(message, outcomes, answer, tenant.tenant_id, intake.now()))
            return answer
        except NoCellFree:
            return reply.OVERLOADED
        except SpoolFull:
            return reply.DISK_FULL
        finally:
            spool.close()

    def _copy(self, message: ExaminedMessage, recipient: Recipient, standing: Standing) -> Copy:
        decision = decide(message.examination.verdict, standing.policy, message.spool.octets)
        return Copy(recipient, standing, decision, scanned_header(message.examination, decision, self._intake.hostname))

    def reset(self) -> None:
        """The transaction is forgotten."""
        self._standings = {}

    def lost(self) -> None:
        """Nothing to do: a message that is being decided is carried through."""


def _answer(status: Status) -> Reply:
    match status:
        case Status.ACCEPTED | Status.POSTMASTER:
            return reply.RECIPIENT_OK
        case Status.UNKNOWN_DOMAIN:
            return reply.UNKNOWN_DOMAIN
        case Status.UNVERIFIED:
            return reply.UNVERIFIED_DOMAIN
        case Status.SUSPENDED:
            return reply.TENANT_SUSPENDED
        case Status.DELETED_RECENTLY:
            return reply.DOMAIN_DELETED
        case _:
            assert_never(status)
