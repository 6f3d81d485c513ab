"""One transaction's hearings: recipients by policy, refusals that one reply is true for, and what the trace is told."""

from dataclasses import replace
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from mx import reply
from mx.agents.chain import Chain
from mx.agents.contract import About, AddHeaders, AgentEvent, Fact, Go, Hook, Observe, Refuse, Vouch
from mx.agents.hearings import Hearings
from mx.decision import Deliver, Reject
from mx.envelope import Recipient
from mx.finding import Finding, Severity
from mx.outcome import Accepted, Deferred, Refused
from mx.reply import Reply
from mx.verdict import Verdict, VerdictKind
from tenants.directory import Standing, Status
from tenants.policy import Policy, parse_policy
from tenants.trace import Event, Observed, RefusedByAgent
from tests.contracts.agent import AUTHOR, CLIENT, CONTENT, events_for
from tests.contracts.customer_world import NOW

A, B = Recipient("a@acme.example"), Recipient("b@other.example")
ON = parse_policy({"agents": "told"})
NO, LATER = reply.SENDER_BLOCKED, reply.AGENT_UNAVAILABLE
SPAM, EXE = (
    Finding("rspamd", "Spam", 0, Severity.SPAM),
    Finding("told", "attachment.extension.exe", 0, Severity.PROHIBITED),
)


class Told:
    """Has every hook, and answers each as told."""

    about = About("told")

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.events: list[tuple[str, AgentEvent]] = []

    def __getattr__(self, name: str) -> Any:
        if name not in {hook.method for hook in Hook}:
            raise AttributeError(name)

        async def answer(event: AgentEvent) -> Any:
            self.events.append((name, event))
            return self.answers.get(name, Go())

        return answer


def standing(policy: Policy = ON, domain: str = "acme.example") -> Standing:
    return Standing(Status.ACCEPTED, 7, "acme", domain, 1, policy)


class HearingsTest(TestCase):
    """Without waiting: every agent here answers at once."""

    def setUp(self) -> None:
        self.trace: list[Event] = []
        self.events = events_for(recipient=A)
        self.envelope: Any = self.events[Hook.HEADERS].envelope  # type: ignore[union-attr]
        self.examination: Any = self.events[Hook.MESSAGE].examination  # type: ignore[union-attr]
        self.spool: Any = self.events[Hook.MESSAGE].content  # type: ignore[union-attr]

    def hearings(self, **answers: Any) -> tuple[Hearings, Told]:
        agent = Told(**answers)
        return Hearings(Chain([agent], Clock()), lambda *events: self.trace.extend(events), lambda: NOW), agent

    async def rcpt(self, hearings: Hearings, who: Recipient = A, where: Standing | None = None) -> Reply | None:
        return await hearings.recipient(CLIENT, AUTHOR, who, (), where or standing())

    async def test_connect_helo_and_mail_are_asked_with_the_first_recipient(self) -> None:
        """Once a transaction, and every event knows its customer."""
        hearings, agent = self.hearings()
        assert [await self.rcpt(hearings, who) for who in (A, B)] == [None, None]
        assert [name for name, _ in agent.events] == [
            "on_connect",
            "on_helo",
            "on_mail",
            "on_recipient",
            "on_recipient",
        ]
        assert all(event.customer.tenant_id == 7 for _, event in agent.events)

    async def test_a_refusal_of_the_client_holds_for_all_its_recipients(self) -> None:
        """It is asked about once; each refused recipient is told to the trace."""
        hearings, agent = self.hearings(on_connect=Refuse(NO))
        assert [await self.rcpt(hearings, who) for who in (A, B)] == [NO, NO]
        assert [name for name, _ in agent.events] == ["on_connect"]
        refused = [event for event in self.trace if isinstance(event, RefusedByAgent)]
        assert [(event.recipient, event.hook) for event in refused] == [
            (A.address, "on_connect"),
            (B.address, "on_connect"),
        ]
        assert len({event.transaction for event in refused}) == 2

    async def test_a_refusal_of_a_recipient_is_only_that_recipients(self) -> None:
        """The next one is asked about anew."""
        hearings, agent = self.hearings(on_recipient=(Refuse(LATER), Observe(facts=(Fact("seen", "first"),))))
        assert await self.rcpt(hearings) == LATER
        agent.answers = {}
        assert await self.rcpt(hearings, B) is None
        assert [type(event) for event in self.trace] == [Observed, RefusedByAgent]

    async def test_no_agent_on_means_nobody_is_asked_anything(self) -> None:
        """And everything passes through unchanged."""
        hearings, agent = self.hearings()
        assert await self.rcpt(hearings, where=standing(Policy())) is None
        await self.whole_message(hearings)
        assert not agent.events and hearings.refused([A]) == ()
        verdict = Verdict(VerdictKind.SPAM, (SPAM,))
        assert hearings.verdict_for(Policy(), verdict, frozenset()) is verdict
        assert hearings.with_findings(self.examination, frozenset()) is self.examination
        assert hearings.headers_for(Policy()) == b"" and hearings.events(self.envelope) == []

    async def whole_message(self, hearings: Hearings) -> None:
        """Every event behind the end of data."""
        header = CONTENT.partition(b"\r\n\r\n")[0] + b"\r\n"
        await hearings.headers_seen(self.envelope, header, len(CONTENT))
        await hearings.opened(self.envelope, header, self.spool, self.examination)
        await hearings.decided(
            self.envelope, header, self.spool, self.examination, [(A, Deliver())], b"Received: x\r\n"
        )
        await hearings.delivered(self.envelope, self.examination, [Accepted(A, "250 Ok")])

    async def test_every_event_of_a_message_comes_in_its_order(self) -> None:
        """From the client to what became of each copy."""
        hearings, agent = self.hearings()
        await self.rcpt(hearings)
        await self.whole_message(hearings)
        assert [name for name, _ in agent.events] == [hook.method for hook in Hook]
        assert [type(event) for _, event in agent.events] == [hook.event for hook in Hook]
        decided: Any = agent.events[6][1]
        assert decided.decisions == ((A, Deliver()),)

    async def test_a_refusal_for_now_puts_off_every_copy(self) -> None:
        """One recipient's agent without an answer: 451, before any copy is sent."""
        hearings, _ = self.hearings(on_headers=Refuse(LATER))
        await self.rcpt(hearings)
        await self.rcpt(hearings, B, standing(Policy()))
        await hearings.headers_seen(self.envelope, b"", 0)
        assert [type(outcome) for outcome in hearings.refused([A, B])] == [Deferred, Deferred]

    async def test_a_refusal_for_good_of_all_recipients_is_the_reply(self) -> None:
        """In the agent's own words."""
        hearings, _ = self.hearings(on_message=Refuse(NO))
        await self.rcpt(hearings)
        await self.whole_message(hearings)
        assert hearings.refused([A]) == (Refused(A, NO, "agent told"),)
        (event,) = hearings.refusal_events(self.envelope)
        assert isinstance(event, RefusedByAgent) and event.transaction == self.envelope.transaction

    async def test_a_refusal_of_some_recipients_is_a_decision_like_the_policys(self) -> None:
        """The client can be told one thing only; the others' copies are theirs."""
        hearings, _ = self.hearings(on_message=Refuse(NO))
        await self.rcpt(hearings)
        await self.rcpt(hearings, B, standing(Policy()))
        await self.whole_message(hearings)
        assert hearings.refused([A, B]) == ()
        assert hearings.decision_for(ON, Deliver()) == Reject("agent told", keep=True)
        assert hearings.decision_for(Policy(), Deliver()) == Deliver()

    async def test_findings_count_for_the_policy_whose_agent_has_them(self) -> None:
        """And are on record for the message."""
        hearings, _ = self.hearings(on_message=Observe((EXE,)))
        await self.rcpt(hearings)
        await self.rcpt(hearings, B, standing(Policy()))
        await self.whole_message(hearings)
        clean = Verdict(VerdictKind.CLEAN)
        assert hearings.verdict_for(ON, clean, frozenset()).kind is VerdictKind.PROHIBITED
        assert hearings.verdict_for(ON, clean, frozenset({EXE.name})).kind is VerdictKind.CLEAN
        assert hearings.verdict_for(Policy(), clean, frozenset()) is clean
        assert hearings.with_findings(self.examination, frozenset()).verdict.findings == (EXE,)

    async def test_vouching_takes_opinions_away_and_nothing_else(self) -> None:
        """What is infected stays infected."""
        hearings, _ = self.hearings(on_recipient=Vouch())
        await self.rcpt(hearings)
        virus = replace(SPAM, severity=Severity.INFECTED)
        left = hearings.verdict_for(ON, Verdict(VerdictKind.INFECTED, (virus, SPAM)), frozenset())
        assert left.findings == (virus,) and left.kind is VerdictKind.INFECTED
        assert hearings.verdict_for(ON, Verdict(VerdictKind.SPAM, (SPAM,)), frozenset()).kind is VerdictKind.CLEAN

    async def test_header_fields_are_those_of_the_policy(self) -> None:
        """Another policy's recipients do not get them."""
        hearings, _ = self.hearings(on_mail=AddHeaders(("X-Mail: 1",)), on_decided=AddHeaders(("X-Decided: 1",)))
        await self.rcpt(hearings)
        await self.whole_message(hearings)
        assert hearings.headers_for(ON) == b"X-Decided: 1\r\nX-Mail: 1\r\n"
        assert hearings.headers_for(Policy()) == b""

    async def test_what_was_learned_is_told_once(self) -> None:
        """With the message's own id."""
        hearings, _ = self.hearings(on_headers=Observe(facts=(Fact("spf", "pass"),)))
        await self.rcpt(hearings)
        await self.whole_message(hearings)
        (event,) = hearings.events(self.envelope)
        assert event == Observed(self.envelope.transaction, 7, NOW, "told", "on_headers", "spf", "pass")
        assert hearings.events(self.envelope) == []
