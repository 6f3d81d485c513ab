"""One transaction's hearings: recipients by policy, refusals that one reply is true for, and what the trace is told."""

from dataclasses import replace
from typing import Any

from twisted.internet.defer import Deferred as TwistedDeferred
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from mx import reply
from mx.agents.chain import Chain
from mx.agents.contract import About, AddHeaders, AgentEvent, Fact, Go, Hook, Observe, OnFailure, Refuse, Spare, Vouch
from mx.agents.hearings import AGENT_SECONDS, Hearings, tell_of_release
from mx.decision import Deliver, Reject
from mx.envelope import Recipient
from mx.examination import Elsewhere
from mx.finding import Finding, Severity
from mx.outcome import Accepted, Deferred, Refused
from mx.reply import Reply
from mx.verdict import Verdict, VerdictKind
from tenants.directory import Standing, Status
from tenants.policies.policy import Policy, parse_policy
from tenants.trace.events import Event, Observed, RefusedByAgent
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
            given = self.answers.get(name, Go())
            return await given if isinstance(given, TwistedDeferred) else given

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
        assert not agent.events and hearings.refused(self.envelope) == () and hearings.seconds_kept == 0
        assert hearings.decide(Policy(), self.examination, 1) == (self.examination, Deliver())
        assert hearings.with_findings(self.examination) is self.examination
        assert await hearings.look_again(Policy(), self.envelope, self.spool, self.examination) is self.examination
        assert hearings.headers_for(Policy()) == b"" and hearings.events(self.envelope, NOW) == []

    async def whole_message(self, hearings: Hearings) -> None:
        """Every event behind the end of data."""
        header = CONTENT.partition(b"\r\n\r\n")[0] + b"\r\n"
        await hearings.headers_seen(self.envelope, header, len(CONTENT))
        await hearings.opened(self.envelope, header, self.spool, self.examination)
        judged = {who: (self.examination, Deliver()) for who in (A, B)}
        await hearings.decided(self.envelope, header, self.spool, self.examination, judged, b"Received: x\r\n")
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
        both = replace(self.envelope, recipients=(A, B, A))
        outcomes = await hearings.headers_seen(both, b"", 0)
        assert [(type(outcome), outcome.recipient) for outcome in outcomes] == [(Deferred, A), (Deferred, B)]

    async def test_a_refusal_for_good_of_all_recipients_is_the_reply(self) -> None:
        """In the agent's own words."""
        hearings, _ = self.hearings(on_message=Refuse(NO))
        await self.rcpt(hearings)
        await self.whole_message(hearings)
        assert hearings.refused(self.envelope) == (Refused(A, NO, "agent told"),)
        (event,) = hearings.refusal_events(self.envelope, NOW)
        assert isinstance(event, RefusedByAgent) and event.transaction == self.envelope.transaction

    async def test_a_refusal_of_some_recipients_is_a_decision_like_the_policys(self) -> None:
        """The client can be told one thing only; the others' copies are theirs."""
        hearings, _ = self.hearings(on_message=Refuse(NO))
        await self.rcpt(hearings)
        await self.rcpt(hearings, B, standing(Policy()))
        await self.whole_message(hearings)
        assert hearings.refused(replace(self.envelope, recipients=(A, B))) == ()
        assert hearings.decide(ON, self.examination, 1)[1] == Reject("agent told", keep=True)
        assert hearings.decide(Policy(), self.examination, 1)[1] == Deliver()

    async def test_findings_count_for_the_policy_whose_agent_has_them(self) -> None:
        """And are on record for the message."""
        hearings, _ = self.hearings(on_message=Observe((EXE,)))
        await self.rcpt(hearings)
        await self.rcpt(hearings, B, standing(Policy()))
        await self.whole_message(hearings)
        assert self.verdict(hearings).kind is VerdictKind.PROHIBITED
        assert self.verdict(hearings, Policy()).kind is VerdictKind.CLEAN
        assert hearings.with_findings(self.examination).verdict.findings == (EXE,)

    def verdict(self, hearings: Hearings, policy: Policy = ON, *findings: Finding) -> Verdict:
        """As it is for this policy, where engines have found these."""
        kind = VerdictKind(findings[0].severity.value) if findings else VerdictKind.CLEAN
        return hearings.decide(policy, replace(self.examination, verdict=Verdict(kind, findings)), 1)[0].verdict

    async def test_a_finding_that_the_tenant_has_declared_false_does_not_count(self) -> None:
        """An agent's like an engine's."""
        hearings, _ = self.hearings(on_message=Observe((EXE,)))
        await self.rcpt(hearings, where=replace(standing(), ignored=frozenset({EXE.name})))
        await self.whole_message(hearings)
        assert self.verdict(hearings).kind is VerdictKind.CLEAN

    async def test_vouching_takes_opinions_away_and_nothing_else(self) -> None:
        """What is infected stays infected."""
        hearings, _ = self.hearings(on_recipient=Vouch())
        await self.rcpt(hearings)
        virus = replace(SPAM, severity=Severity.INFECTED)
        left = self.verdict(hearings, ON, virus, SPAM)
        assert left.findings == (virus,) and left.kind is VerdictKind.INFECTED
        assert self.verdict(hearings, ON, SPAM).kind is VerdictKind.CLEAN

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
        (event,) = hearings.events(self.envelope, NOW)
        assert event == Observed(self.envelope.transaction, 7, NOW, "told", "on_headers", "spf", "pass")
        assert hearings.events(self.envelope, NOW) == []

    async def test_all_agents_together_have_five_seconds(self) -> None:
        """Behind the end of data; whoever is asked when they are over has failed, and is not waited for."""
        clock, slow = Clock(), Told(on_headers=TwistedDeferred(), on_message=TwistedDeferred())
        hearings = Hearings(Chain([slow], clock), self.trace.extend, lambda: NOW)
        assert await self.rcpt(hearings) is None
        assert hearings.seconds_kept == AGENT_SECONDS
        first = TwistedDeferred.fromCoroutine(hearings.headers_seen(self.envelope, b"", 0))
        clock.advance(AGENT_SECONDS - 0.1)
        assert not first.called
        clock.advance(0.2)
        assert [type(outcome) for outcome in await first] == [Deferred]

    async def test_a_second_look_is_for_those_who_look_at_contents(self) -> None:
        """Theirs alone counts for what is left of a cleaned message."""
        hearings, agent = self.hearings(on_message=Observe((EXE,)))
        await self.rcpt(hearings)
        assert await hearings.look_again(ON, self.envelope, self.spool, self.examination) is self.examination
        agent.about = replace(agent.about, looks_again=True)
        again = await hearings.look_again(ON, self.envelope, self.spool, self.examination)
        assert again.verdict.findings == (EXE,)

    async def test_a_release_is_told(self) -> None:
        """With what was taken; a policy without agents tells nobody."""
        agent = Told()
        chain = Chain([agent], Clock())
        for policy in (ON, Policy()):
            where = standing(policy)
            await tell_of_release(chain, where, self.envelope, self.examination, [Accepted(A, "250 Ok")])
        [(name, event)] = agent.events
        assert name == "on_delivered" and getattr(event, "is_release", False)

    async def test_what_was_examined_elsewhere_is_spared_where_all_recipients_agents_say_so(self) -> None:
        """And only to agents that the chain was told of."""
        spare = Spare(frozenset({"ab" * 32}), NOW)
        for may, everybody, expected in ((True, True, True), (True, False, False), (False, True, False)):
            agent = Told(on_headers=spare)
            agent.about = About("told", on_failure=OnFailure.GO_ON)
            chain = Chain([agent], Clock(), may_spare=frozenset({"told"} if may else ()))
            hearings = Hearings(chain, self.trace.extend, lambda: NOW)
            await self.rcpt(hearings)
            await self.rcpt(hearings, B, standing(ON if everybody else Policy()))
            both = replace(self.envelope, recipients=(A, B))
            assert hearings.elsewhere(both) is None
            await hearings.headers_seen(both, b"", 0)
            assert (hearings.elsewhere(both) == Elsewhere(spare.digests, NOW)) is expected
