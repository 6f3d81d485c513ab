"""The hearings of one transaction: its recipients by policy, and what each policy's agents say at every event.

Comes in: what the intake knows, row by row of `docs/flow.md`. Goes out: refusals, findings and header fields for each
recipient, and the events for the trace. A transaction in which no policy has an agent on costs one look-up a recipient.

Failure: an agent's failure is what it declared (`chain.py`). A refusal for now, by one agent for one recipient, puts
off the whole message before any copy of it is sent: the client can be told one thing only (RFC 5321 section 4.1.1.4).
A refusal for good answers the client where it holds for all recipients; otherwise those copies are refused as policy
refuses, which in a mixed transaction means held.
Limits: SECONDS_AT_RCPT for each event before the end of data; behind it AGENT_SECONDS in all, for all agents of all
policies together: the engines' time is shorter by as much (`seconds_kept`).
"""

from collections.abc import Callable, Mapping, Sequence
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
from mx.agents.second_look import LOOK_SECONDS, SecondLook, look_again
from mx.agents.steps import Step
from mx.artifact import Content
from mx.decision import Decision, Reject, decide
from mx.envelope import Client, Envelope, Recipient, ReversePath, new_transaction_id
from mx.examination import Elsewhere, Examination
from mx.outcome import Deferred, Outcome, Refused
from mx.reply import Reply
from mx.verdict import OPINIONS, amend
from tenants.directory import Standing
from tenants.policies.policy import Policy
from tenants.trace.events import Event, Observed, RefusedByAgent

AGENT_SECONDS = 5.0
SECONDS_AT_RCPT = 15.0
"""Four events, where a client waits for five minutes (RFC 5321 section 4.5.3.2.3)."""


@dataclass(slots=True)
class _Group:
    """The recipients of one policy."""

    customer: Customer
    ignored: frozenset[str]
    """Names of findings that do not count for its tenant."""
    hearing: Hearing
    recipients: dict[Recipient, None] = field(default_factory=dict)
    """In their order."""


class Hearings:
    """All agents of one transaction. One thing is asked at a time, as in the session."""

    def __init__(self, chain: Chain, write: Callable[..., None], now: Callable[[], datetime]) -> None:
        """`write` takes events for the trace."""
        self._chain, self._write, self._now = chain, write, now
        self._groups: dict[Policy, _Group] = {}
        self._heard: list[_Group] = []
        """The policies that have a recipient in this transaction."""
        self._seconds_left = AGENT_SECONDS

    @property
    def seconds_kept(self) -> float:
        """How much of the time behind the end of data is kept for agents; 0 where none is on."""
        return AGENT_SECONDS if self._heard else 0.0

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
            steps: list[Step] | None = [] if standing.policy.snapshot_hours else None
            hearing = Hearing(order, standing.policy.report_only, steps=steps)
            group = _Group(customer_of(standing), standing.ignored, hearing)
            self._groups[standing.policy] = group
            refusal = await self._introduce(group, client, reverse_path)
        else:
            refusal = group.hearing.refusal
        if refusal is None:
            named = RecipientNamed(group.customer, client, reverse_path, recipient, tuple(accepted))
            await self._chain.ask(group.hearing, named, SECONDS_AT_RCPT)
            # What is said of one recipient does not hold for the next one.
            refusal, group.hearing.refusal = group.hearing.refusal, None
        if refusal is None:
            if not group.recipients:
                self._heard.append(group)
            group.recipients[recipient] = None
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
            await self._chain.ask(group.hearing, event, SECONDS_AT_RCPT)
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

    # Behind the end of data: each gives the outcomes where agents refuse the message as a whole -----------------------

    async def headers_seen(self, envelope: Envelope, header: bytes, octets: int) -> tuple[Outcome, ...]:
        """Ask about the header section; nothing has been examined yet."""
        for group in self._heard:
            await self._ask(group, HeadersSeen(group.customer, envelope, tuple(group.recipients), header, octets))
        return self.refused(envelope)

    async def opened(
        self, envelope: Envelope, header: bytes, content: Content, examination: Examination
    ) -> tuple[Outcome, ...]:
        """Ask for findings and refusals, now that the message has been examined."""
        for group in self._heard:
            people = tuple(group.recipients)
            await self._ask(group, MessageOpened(group.customer, envelope, people, header, content, examination))
        return self.refused(envelope)

    async def decided(
        self,
        envelope: Envelope,
        header: bytes,
        content: Content,
        examination: Examination,
        judged: Mapping[Recipient, tuple[Examination, Decision]],
        headers_on_top: bytes,
    ) -> tuple[Outcome, ...]:
        """Ask for header fields, now that it is known what becomes of each copy (`decide`)."""
        for group in self._heard:
            theirs = tuple((who, judged[who][1]) for who in group.recipients)
            on_top = group.hearing.headers_on_top + headers_on_top
            found = self._with(group, examination)
            await self._ask(group, Decided(group.customer, envelope, header, content, found, theirs, on_top))
        return self.refused(envelope)

    async def delivered(self, envelope: Envelope, examination: Examination, outcomes: Sequence[Outcome]) -> None:
        """Tell what became of each copy; nobody waits for that."""
        for group in self._heard:
            theirs = tuple(outcome for outcome in outcomes if outcome.recipient in group.recipients)
            event = Delivered(group.customer, envelope, self._with(group, examination), theirs, is_release=False)
            await self._chain.ask(group.hearing, event)

    async def _ask(self, group: _Group, event: AgentEvent) -> None:
        if group.hearing.refusal is None:
            started = self._chain.seconds()
            await self._chain.ask(group.hearing, event, self._seconds_left)
            self._seconds_left = max(0.0, self._seconds_left - (self._chain.seconds() - started))

    def elsewhere(self, envelope: Envelope) -> Elsewhere | None:
        """What another service has examined, where the agents of all recipients say so."""
        first = self._heard[0].hearing.spared if self._heard else None
        if first is None or any(group.hearing.spared != first for group in self._heard):
            return None
        if not {recipient for group in self._heard for recipient in group.recipients} >= set(envelope.recipients):
            return None
        return Elsewhere(first.digests, first.examined_at)

    # What came of it ------------------------------------------------------------------------------------------------

    def refused(self, envelope: Envelope) -> tuple[Outcome, ...]:
        """One outcome for each recipient, where agents refuse the message as a whole; otherwise nothing."""
        if not self._heard:
            return ()
        by_recipient = {who: group.hearing.refusal for group in self._heard for who in group.recipients}
        refusals = {who: refusal for who, refusal in by_recipient.items() if refusal is not None}
        if not refusals:
            return ()
        recipients = tuple(dict.fromkeys(envelope.recipients))
        for_now = next((refusal for refusal in refusals.values() if refusal.reply.is_transient), None)
        if for_now is not None:
            return tuple(Deferred(who, for_now.reply, _reason(for_now)) for who in recipients)
        if any(who not in refusals for who in recipients):
            return ()
        return tuple(Refused(who, refusals[who].reply, _reason(refusals[who])) for who in recipients)

    def decide(self, policy: Policy, examination: Examination, octets: int) -> tuple[Examination, Decision]:
        """The examination as it is for recipients of this policy, and what becomes of their copies."""
        group = self._groups.get(policy) if self._groups else None
        found = examination if group is None else self._with(group, examination)
        if group is not None and group.hearing.refusal is not None:
            return found, Reject(_reason(group.hearing.refusal), keep=True)
        return found, decide(found.verdict, policy, octets)

    def with_findings(self, examination: Examination) -> Examination:
        """The examination with what the agents of all policies found: what is recorded of the message."""
        seconds = examination.seconds + AGENT_SECONDS - self._seconds_left
        for group in self._heard:
            if group.hearing.findings:
                amended = amend(examination.verdict, group.hearing.findings, group.ignored)
                examination = replace(examination, verdict=amended)
        return replace(examination, seconds=seconds) if self._groups else examination

    def headers_for(self, policy: Policy) -> bytes:
        """Header fields that this policy's agents put on top."""
        group = self._groups.get(policy) if self._groups else None
        return group.hearing.headers_on_top if group is not None else b""

    async def look_again(
        self, policy: Policy, envelope: Envelope, content: Content, examination: Examination
    ) -> Examination:
        """What this policy's agents find in a message of which parts were taken out."""
        group = self._groups.get(policy) if self._groups else None
        if group is None:
            return examination
        looked = SecondLook(group.customer, group.ignored, tuple(group.recipients), envelope, content)
        return await look_again(self._chain, looked, examination, LOOK_SECONDS)

    def events(self, envelope: Envelope, now: datetime) -> list[Event]:
        """What the agents said, for the trace; once."""
        return [event for group in self._heard for event in self._notes(group, envelope.transaction, now)]

    def refusal_events(self, envelope: Envelope, now: datetime) -> list[Event]:
        """The same, and each recipient that an agent refuses: the trace of a message that was not examined."""
        refused: list[Event] = [
            RefusedByAgent(
                envelope.transaction,
                group.customer.tenant_id,
                now,
                refusal.agent,
                refusal.hook,
                envelope.reverse_path.address,
                recipient.address,
                envelope.client.address,
                refusal.reply.line,
            )
            for group in self._heard
            if (refusal := group.hearing.refusal) is not None
            for recipient in group.recipients
        ]
        return [*self.events(envelope, now), *refused]

    def _with(self, group: _Group, examination: Examination) -> Examination:
        hearing = group.hearing
        if not hearing.findings and not hearing.is_vouched:
            return examination
        without = OPINIONS if hearing.is_vouched else frozenset()
        return replace(examination, verdict=amend(examination.verdict, hearing.findings, group.ignored, without))

    def _notes(self, group: _Group, transaction: str, now: datetime) -> list[Event]:
        hearing, tenant_id = group.hearing, group.customer.tenant_id
        notes, hearing.notes = hearing.notes, []
        told: list[Event] = [
            Observed(transaction, tenant_id, now, note.agent, note.hook, note.fact.name, note.fact.value)
            for note in notes
        ]
        if hearing.steps:
            hours = group.customer.policy.snapshot_hours
            told += [step.event(transaction, tenant_id, now, hours) for step in hearing.steps]
            hearing.steps.clear()
        return told


def customer_of(standing: Standing) -> Customer:
    """Whose mail it is, as agents are told."""
    return Customer(standing.tenant_id, standing.tenant_name, standing.domain, standing.policy, standing.language)


async def tell_of_release(
    chain: Chain, standing: Standing, envelope: Envelope, examination: Examination, outcomes: Sequence[Outcome]
) -> None:
    """Tell the agents of this policy what became of copies from the quarantine; nobody waits for that."""
    order = chain.order_for(standing.policy)
    if order is not None:
        event = Delivered(customer_of(standing), envelope, examination, tuple(outcomes), is_release=True)
        await chain.ask(Hearing(order), event)


def _reason(refusal: Refusal) -> str:
    return f"agent {refusal.agent}"
