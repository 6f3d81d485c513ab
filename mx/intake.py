"""The intake: one transaction, top to bottom. Rows 4 to 12 of `docs/flow.md`; read this file first.

Comes in: what the SMTP session of one connection asks, command by command (`mx/smtp/conversation.py`).
Goes out: replies; that to the end of data is computed from outcomes that each carry a proof, and from nothing else.

Standards: RFC 5321 sections 4.1.1 and 6.3. One tenant a transaction: other tenants' recipients are answered 452 4.5.3,
and their senders come back with a transaction of their own.
The transport agents that the recipients' policies switch on are heard between the rows (`mx/agents/hearings.py`).

Failure: each step's is a value and has its decided reply; an exception that is left is a bug, and the SMTP session
answers 451 4.3.0 with nothing promised.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, assert_never

from mx import reply
from mx.agents.chain import Chain
from mx.agents.hearings import Hearings
from mx.agents.second_look import LOOK_SECONDS
from mx.agents.stamp_check import StampCheck
from mx.cell.report import NoCellFree
from mx.cell.wishes import wishes_of
from mx.decision import Decision
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
from mx.scan import ENGINE_SECONDS, Scanner
from mx.smtp.extensions import MailParameters
from mx.spool import Spool, SpoolFull
from mx.trace_headers import headers_on_top, scanned_header
from tenants.directory import Standing, Standings, Status
from tenants.policies.policy import Policy
from tenants.storage.database import DatabaseUnavailable
from tenants.trace.events import Trace


class Recipients(Protocol):
    """What is needed of `mx.delivery.shares.Shares`."""

    async def answer(self, standing: Standing, address: str, *, is_first: bool) -> Reply: ...


@dataclass(frozen=True, slots=True)
class Intake:
    """What every conversation needs; `conversation` is the listener's ConversationFactory."""

    directory: Standings
    recipients: Recipients
    scanner: Scanner
    chain: Chain
    disposition: Disposition
    trace: Trace
    has_room: Callable[[], bool]
    """False when the disks that hold spool, blobs or database come near their end."""
    now: Callable[[], datetime]
    hostname: str
    stamps: StampCheck
    scratch: Path

    def conversation(self) -> "IntakeConversation":
        """One for each connection."""
        return IntakeConversation(self)


class IntakeConversation:
    """One connection's side: remembers what directory and agents said of this transaction's recipients."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._sender: tuple[Client, ReversePath] | None = None
        self.reset()

    async def mail(self, client: Client, reverse_path: ReversePath, parameters: MailParameters) -> Reply:
        """A transaction begins where there is room for its message."""
        self._sender = client, reverse_path
        return reply.SENDER_OK if self._intake.has_room() else reply.DISK_FULL

    async def recipient(self, recipient: Recipient, accepted: Sequence[Recipient]) -> Reply:
        """What the recipient's domain, tenant and their standing allow, and its policy's agents."""
        try:
            standing = await self._intake.directory.look_up(recipient.address)
        except DatabaseUnavailable:
            return reply.DIRECTORY_UNAVAILABLE
        if standing.is_taken and any(other.tenant_id != standing.tenant_id for other in self._standings.values()):
            return reply.OTHER_TENANT
        answer = _answer(standing.status)
        if standing.status is Status.ACCEPTED:
            answer = await self._intake.recipients.answer(standing, recipient.address, is_first=not accepted)
        if answer.is_positive and self._sender is not None:
            answer = await self._hearings.recipient(*self._sender, recipient, accepted, standing) or answer
        if answer.is_positive:
            self._standings[recipient] = standing
        return answer

    def begin_data(self) -> Reply | Spool:
        """A spool for the content, where there is still room."""
        return Spool(self._intake.scratch) if self._intake.has_room() else reply.DISK_FULL

    async def message(self, envelope: Envelope, spool: Spool) -> Reply:
        """The one reply that is true for every recipient."""
        transaction = _Transaction(self._intake, envelope, spool, self._standings, self._hearings)
        self.reset()
        try:
            return await transaction.carry_through()
        except NoCellFree:
            return reply.OVERLOADED
        except SpoolFull:
            return reply.DISK_FULL
        finally:
            spool.close()

    def reset(self) -> None:
        """The transaction is forgotten."""
        self._standings: dict[Recipient, Standing] = {}
        self._hearings = Hearings(self._intake.chain, self._intake.trace.write, self._intake.now)

    def lost(self) -> None:
        """Nothing to do: a message that is being decided is carried through."""


@dataclass(frozen=True, slots=True)
class _Transaction:
    """One message, from the end of data to the reply."""

    intake: Intake
    envelope: Envelope
    spool: Spool
    standings: Mapping[Recipient, Standing]
    agents: Hearings

    async def carry_through(self) -> Reply:
        """Rows 5 to 12. Raises NoCellFree and SpoolFull with nothing promised."""
        intake, envelope, spool, agents = self.intake, self.envelope, self.spool, self.agents
        taken = reply.message_taken(envelope.transaction)
        section = read_header_section(spool, intake.hostname, intake.stamps.service)
        if section.has_looped:
            return reply.LOOP
        if refused := await agents.headers_seen(envelope, section.header, spool.octets):
            intake.trace.write(*agents.refusal_events(envelope, intake.now()))
            return settle(refused, taken)
        stamp = await intake.stamps.check(section.stamp)
        examination = await self._examine(spool, ENGINE_SECONDS - agents.seconds_kept - stamp.seconds)
        examination = examination.behind(stamp.seconds)
        refused = await agents.opened(envelope, section.header, spool, examination)
        judged = {to: agents.decide(self.standings[to].policy, examination, spool.octets) for to in envelope.recipients}
        on_top = headers_on_top(envelope, examination, intake.hostname)
        refused = refused or await agents.decided(envelope, section.header, spool, examination, judged, on_top)
        copies = [self._copy(recipient, *found) for recipient, found in judged.items()]
        content, examined = section.forwarded(is_stamp_forged=stamp.is_forged), agents.with_findings(examination)
        message = ExaminedMessage(envelope, spool, content, on_top, examined, stamp.is_forged)
        outcomes = refused or await intake.disposition.carry_out(message, copies, self._examine_again)
        answer = settle(outcomes, taken)
        await agents.delivered(envelope, examination, outcomes)
        now = intake.now()
        intake.trace.write(*events_of(message, copies, outcomes, answer, now, agents.events(envelope, now)))
        return answer

    async def _examine(self, spool: Spool, seconds: float) -> Examination:
        """All recipients are of one tenant."""
        standings = [self.standings[recipient] for recipient in self.envelope.recipients]
        policies, tenant = [standing.policy for standing in standings], standings[0]
        wishes, demand = wishes_of(policies, tenant.tenant_id), demand_of(policies)
        known = circumstances_of(self.envelope, spool, self.agents.elsewhere(self.envelope))
        return await self.intake.scanner.examine(spool, tenant.ignored, known, demand, seconds, wishes)

    async def _examine_again(self, spool: Spool, seconds: float, policy: Policy) -> Examination:
        examination = await self._examine(spool, seconds - LOOK_SECONDS)
        return await self.agents.look_again(policy, self.envelope, spool, examination)

    def _copy(self, recipient: Recipient, found: Examination, decision: Decision) -> Copy:
        standing = self.standings[recipient]
        on_top = scanned_header(found, decision, self.intake.hostname)
        return Copy(recipient, standing, decision, on_top, self.agents.headers_for(standing.policy))


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
