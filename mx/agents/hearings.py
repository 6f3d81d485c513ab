"""The hearings of one transaction: its recipients by policy, and what each policy's agents say at every event.

Comes in: what the intake knows, row by row of `docs/flow.md`. Goes out: refusals, findings and header fields for each
recipient, and the events for the trace. A transaction in which no policy has an agent on costs one look-up a recipient.

Failure: an agent's failure is what it declared (`chain.py`). A refusal for now, by one agent for one recipient, puts
off the whole message before any copy of it is sent: the client can be told one thing only (RFC 5321 section 4.1.1.4).
A refusal for good answers the client where it holds for all recipients; otherwise those copies are refused as policy
refuses, which in a mixed transaction means held.
Limits: AGENT_SECONDS for all agents of one policy together, at each of the events behind the end of data.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from mx.agents.chain import Chain, Hearing, Refusal
from mx.agents.contract import (
    AgentEvent,
    Connected,
    Customer,
    Decided,
    Delivered,
    Greeted,
    HeadersSeen,
    MailBegun,
    MessageOpened,
    RecipientNamed,
)
from mx.artifact import Content
from mx.decision import Decision, Reject
from mx.envelope import Client, Envelope, Recipient, ReversePath, new_transaction_id
from mx.examination import Examination
from mx.outcome import Deferred, Outcome, Refused
from mx.reply import Reply
from mx.verdict import OPINIONS, Verdict, amend
from tenants.directory import Standing
from tenants.policy import Policy
from tenants.trace import Event, Observed, RefusedByAgent

AGENT_SECONDS = 5.0


@dataclass(slots=True)
class _Group:
    """The recipients of one policy."""

    customer: Customer
    hearing: Hearing
    recipients: list[Recipient] = field(default_factory=list)


class Hearings:
    """All agents of one transaction. One thing is asked at a time, as in the session."""

    def __init__(self, chain: Chain, write: Callable[..., None], now: Callable[[], datetime]) -> None:
        """`write` takes events for the trace."""
        self._chain, self._write, self._now = chain, write, now
        self._groups: dict[Policy, _Group] = {}

    # At RCPT --------------------------------------------------------------------------------------------------------

    async def recipient(
        self,
        client: Client,
        reverse_path: ReversePath,
        recipient: Recipient,
        accepted: Sequence[Recipient],
        standing: Standing,
    ) -> Reply | None:
        """The refusal of this recipient; None where nobody refuses it."""
        order = self._chain.order_for(standing.policy)
        if order is None:
            return None
        group = self._groups.get(standing.policy)
        if group is None:
            group = _Group(_customer(standing), Hearing(order, standing.policy.report_only))
            self._groups[standing.policy] = group
            refusal = await self._introduce(group, client, reverse_path)
        else:
            refusal = group.hearing.refusal
        if refusal is None:
            named = RecipientNamed(group.customer, client, reverse_path, recipient, tuple(accepted))
            await self._chain.ask(group.hearing, named)
            # What is said of one recipient does not hold for the next one.
            refusal, group.hearing.refusal = group.hearing.refusal, None
        if refusal is None:
            group.recipients.append(recipient)
            return None
        self._tell_refused(group, refusal, client, reverse_path, recipient)
        return refusal.reply

    async def _introduce(self, group: _Group, client: Client, reverse_path: ReversePath) -> Refusal | None:
        """Connect, HELO and MAIL, which happened before this policy was known; their refusal is remembered."""
        events: tuple[AgentEvent, ...] = (
            Connected(group.customer, client),
            Greeted(group.customer, client),
            MailBegun(group.customer, client, reverse_path),
        )
        for event in events:
            await self._chain.ask(group.hearing, event)
        return group.hearing.refusal

    def _tell_refused(
        self, group: _Group, refusal: Refusal, client: Client, reverse_path: ReversePath, recipient: Recipient
    ) -> None:
        """No message may follow, so what is known is told under an id of its own."""
        now = self._now()
        transaction = new_transaction_id(now)
        refused = RefusedByAgent(
            transaction,
            group.customer.tenant_id,
            now,
            refusal.agent,
            refusal.hook,
            reverse_path.address,
            recipient.address,
            client.address,
            refusal.reply.line,
        )
        self._write(*self._notes(group, transaction, now), refused)

    # Behind the end of data -----------------------------------------------------------------------------------------

    async def headers_seen(self, envelope: Envelope, header: bytes, octets: int) -> None:
        """Ask about the header section; nothing has been examined yet."""
        for group in self._groups.values():
            seen = HeadersSeen(group.customer, envelope, tuple(group.recipients), header, octets)
            await self._chain.ask(group.hearing, seen, AGENT_SECONDS)

    async def opened(self, envelope: Envelope, header: bytes, content: Content, examination: Examination) -> None:
        """Ask for findings and refusals, now that the message has been examined."""
        for group in self._groups.values():
            if group.hearing.refusal is None:
                people = tuple(group.recipients)
                event = MessageOpened(group.customer, envelope, people, header, content, examination)
                await self._chain.ask(group.hearing, event, AGENT_SECONDS)

    async def decided(
        self,
        envelope: Envelope,
        header: bytes,
        content: Content,
        examination: Examination,
        decisions: Sequence[tuple[Recipient, Decision]],
        headers_on_top: bytes,
    ) -> None:
        """Ask for header fields, now that it is known what becomes of each copy."""
        for group in self._groups.values():
            if group.hearing.refusal is None:
                theirs = tuple((who, decision) for who, decision in decisions if who in group.recipients)
                on_top = group.hearing.headers_on_top + headers_on_top
                event = Decided(group.customer, envelope, header, content, examination, theirs, on_top)
                await self._chain.ask(group.hearing, event, AGENT_SECONDS)

    async def delivered(self, envelope: Envelope, examination: Examination, outcomes: Sequence[Outcome]) -> None:
        """Tell what became of each copy."""
        for group in self._groups.values():
            theirs = tuple(outcome for outcome in outcomes if outcome.recipient in group.recipients)
            event = Delivered(group.customer, envelope, examination, theirs, is_release=False)
            await self._chain.ask(group.hearing, event, AGENT_SECONDS)

    # What came of it ------------------------------------------------------------------------------------------------

    def refused(self, recipients: Sequence[Recipient]) -> tuple[Outcome, ...]:
        """One outcome for each recipient, where agents refuse the message as a whole; otherwise nothing."""
        by_recipient = {who: group.hearing.refusal for group in self._groups.values() for who in group.recipients}
        refusals = [refusal for who in recipients if (refusal := by_recipient.get(who)) is not None]
        for_now = next((refusal for refusal in refusals if refusal.reply.is_transient), None)
        if for_now is not None:
            return tuple(Deferred(who, for_now.reply, _reason(for_now)) for who in recipients)
        if not refusals or len(refusals) < len(recipients):
            return ()
        return tuple(
            Refused(who, refusal.reply, _reason(refusal)) for who, refusal in zip(recipients, refusals, strict=True)
        )

    def verdict_for(self, policy: Policy, verdict: Verdict, ignored: frozenset[str]) -> Verdict:
        """The verdict as it is for recipients of this policy."""
        group = self._groups.get(policy)
        if group is None:
            return verdict
        hearing = group.hearing
        return amend(verdict, hearing.findings, ignored, OPINIONS if hearing.is_vouched else frozenset())

    def decision_for(self, policy: Policy, decision: Decision) -> Decision:
        """The decision, or the refusal of an agent of this policy."""
        group = self._groups.get(policy)
        if group is None or group.hearing.refusal is None:
            return decision
        return Reject(_reason(group.hearing.refusal), keep=True)

    def headers_for(self, policy: Policy) -> bytes:
        """Header fields that this policy's agents put on top."""
        group = self._groups.get(policy)
        return group.hearing.headers_on_top if group is not None else b""

    def with_findings(self, examination: Examination, ignored: frozenset[str]) -> Examination:
        """The examination with what the agents of all policies found: what is recorded of the message."""
        found = [each for group in self._groups.values() for each in group.hearing.findings]
        if not found:
            return examination
        return replace(examination, verdict=amend(examination.verdict, found, ignored))

    def events(self, envelope: Envelope) -> list[Event]:
        """What the agents said, for the trace; once."""
        now = self._now()
        return [event for group in self._groups.values() for event in self._notes(group, envelope.transaction, now)]

    def refusal_events(self, envelope: Envelope) -> list[Event]:
        """Each recipient that an agent refuses, for the trace of a message that was not examined."""
        return [
            RefusedByAgent(
                envelope.transaction,
                group.customer.tenant_id,
                self._now(),
                refusal.agent,
                refusal.hook,
                envelope.reverse_path.address,
                recipient.address,
                envelope.client.address,
                refusal.reply.line,
            )
            for group in self._groups.values()
            if (refusal := group.hearing.refusal) is not None
            for recipient in group.recipients
        ]

    def _notes(self, group: _Group, transaction: str, now: datetime) -> list[Event]:
        notes, group.hearing.notes = group.hearing.notes, []
        tenant_id = group.customer.tenant_id
        return [
            Observed(transaction, tenant_id, now, note.agent, note.hook, note.fact.name, note.fact.value)
            for note in notes
        ]


def _customer(standing: Standing) -> Customer:
    return Customer(standing.tenant_id, standing.tenant_name, standing.domain, standing.policy, standing.language)


def _reason(refusal: Refusal) -> str:
    return f"agent {refusal.agent}"
