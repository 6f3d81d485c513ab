"""The intake with agents on: what they say comes true; however they fail, no mail is lost and no virus passes."""

import contextlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from mx import reply
from mx.agents.attachment_filter import AttachmentFilter
from mx.agents.chain import Chain
from mx.agents.contract import About, AddHeaders, Fact, Go, Hook, Observe, OnFailure, Refuse, Role, Vouch
from mx.disposition.carry_out import Disposition
from mx.disposition.cleaning import Cleaner
from mx.disposition.keep import Keeper, QueueTimes
from mx.envelope import Client, Recipient, ReversePath
from mx.finding import Finding, Found, Severity
from mx.intake import Intake
from mx.reply import Reply
from mx.scan import ENGINE_SECONDS
from mx.smtp.extensions import MailParameters
from mx.spool import Spool
from tenants.policies.book import change_domain_policy, change_tenant_policy
from tenants.storage.viewpoint import Reader
from tenants.trace.events import (
    CopyAccepted,
    CopyHeld,
    CopyRefused,
    Event,
    Examined,
    MessageReceived,
    Observed,
    RefusedByAgent,
    Stepped,
)
from tests.contracts.customer_world import NOW
from tests.contracts.disposing import MESSAGE, NextHopsInMemory, envelope_for
from tests.contracts.mail import EICAR, attached, nested
from tests.contracts.mail_world import HOSTNAME, Answering, Everybody, MailWorld, mail_world, scanner_of
from tests.contracts.stamps import no_keys

A, C = "a@acme.example", "c@second.example"
VIRUS = attached(nested(EICAR, 2))
TAKEN = reply.message_taken("0" * 22)
CLIENT = Client("203.0.113.9", 40000, "mail.supplier.example", True, None)
AT_RCPT = (Hook.CONNECT, Hook.HELO, Hook.MAIL, Hook.RECIPIENT)
LATE_SECONDS = 0.2
AT_DATA = (Hook.HEADERS, Hook.MESSAGE, Hook.DECIDED)
SPAM = Answering(Found("second", (Finding("second", "Spam", 0, Severity.SPAM),)))


class Raised(Exception):
    """What a failing agent raises."""


async def raises() -> Any:
    raise Raised


async def hangs() -> Any:
    return await Deferred()


async def is_late() -> Any:
    # Takes no notice of being cancelled, and answers when nobody waits any more.
    with contextlib.suppress(CancelledError):
        await Deferred()
    return await deferLater(reactor, LATE_SECONDS, AddHeaders, ("X-Late: 1",))


async def talks_nonsense() -> Any:
    return {"verdict": "clean", "skip": True}


async def breaks_the_rules() -> Any:
    return (Vouch(), AddHeaders(("Content-Type: text/plain",)), Observe((Finding("yara", "x", 99, Severity.SPAM),)))


FAILURES = (raises, hangs, is_late, talks_nonsense, breaks_the_rules)


class Scripted:
    """Does at each hook what it is told, and nothing at others."""

    def __init__(self, name: str = "scripted", **about: Any) -> None:
        self.about = About(name, **{"deadline_seconds": 0.1, **about})
        self.does: dict[Hook, Any] = {}
        self.seen: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        hook = next((hook for hook in Hook if hook.method == name), None)
        if hook is None:
            raise AttributeError(name)

        async def answer(event: Any) -> Any:
            if hook in self.does:
                self.seen.append(event)
            does = self.does.get(hook, Go())
            return await does() if callable(does) else does

        return answer


class Notes(list[Event]):
    """A trace that is a list."""

    def write(self, *events: Event) -> None:
        self.extend(events)


class IntakeWithAgentsTest(TestCase):
    """One world and one cell for each test."""

    timeout = 120

    def setUp(self) -> None:
        self.world: MailWorld = mail_world(self)
        self.hops, self.trace = NextHopsInMemory(), Notes()
        self.policy(agents="scripted")

    def policy(self, **entries: str) -> None:
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            change_tenant_policy(session, tenant_id=self.world.customers.acme.id, entries=entries, now=NOW)

    def intake(self, *agents: Any, engines: Sequence[Any] = (), scanner: Any = None) -> Intake:
        times = QueueTimes(timedelta(minutes=1), timedelta(days=5))
        keeper = Keeper(self.world.customers.sealed, self.world.threads, reactor, lambda: NOW, times)
        return Intake(
            directory=self.world.directory(),
            recipients=Everybody(),
            scanner=scanner or scanner_of(self, *engines),
            chain=Chain(agents, reactor),
            disposition=Disposition(self.hops, keeper, Cleaner(HOSTNAME, HOSTNAME, self.world.folder)),
            trace=self.trace,
            has_room=lambda: True,
            now=lambda: NOW,
            hostname=HOSTNAME,
            stamps=no_keys(),
            scratch=self.world.folder,
        )

    async def send(self, intake: Intake, *recipients: str, content: bytes = MESSAGE) -> Reply:
        """One transaction; the first refusal of a recipient, or the reply to the end of data."""
        conversation = intake.conversation()
        accepted: list[Recipient] = []
        assert (await conversation.mail(CLIENT, ReversePath("author@supplier.example"), MailParameters())).is_positive
        for recipient in map(Recipient, recipients or (A,)):
            answer = await conversation.recipient(recipient, accepted)
            if not answer.is_positive:
                return answer
            accepted.append(recipient)
        spool = conversation.begin_data()
        assert isinstance(spool, Spool)
        spool.write(content)
        spool.freeze()
        return await conversation.message(envelope_for(*(each.address for each in accepted)), spool)

    async def everybody_has_answered(self) -> None:
        """Also those who answer when nobody waits any more."""
        await deferLater(reactor, 2 * LATE_SECONDS + 0.1, lambda: None)
        self.flushLoggedErrors(Raised)

    def nothing_is_kept_or_sent(self) -> None:
        assert (self.hops.transfers, self.world.held(), self.world.deliveries()) == ([], (), ())

    async def test_a_failure_at_any_event_puts_the_mail_off(self) -> None:
        """Raised, hung, late, nonsense: 451 before any copy is sent or kept, and the sender still has it."""
        agent = Scripted()
        intake = self.intake(agent)
        for hook in (*AT_RCPT, *AT_DATA):
            for fails in FAILURES:
                agent.does = {hook: fails}
                for content in (MESSAGE, VIRUS):
                    answer = await self.send(intake, content=content)
                    assert answer == reply.AGENT_UNAVAILABLE, (hook, fails)
                    self.nothing_is_kept_or_sent()
        await self.everybody_has_answered()
        told = [event for event in self.trace if isinstance(event, Observed) and event.fact == "failed"]
        assert {event.hook for event in told} == {hook.method for hook in (*AT_RCPT, *AT_DATA)}
        assert any("0.1 s" in event.value for event in told) and any("Raised" in event.value for event in told)

    async def test_a_failure_that_is_declared_to_change_nothing_does_not(self) -> None:
        """Clean mail goes on, a virus is refused and kept, and what the agent said beside its failure is not taken."""
        for about in ({"on_failure": OnFailure.GO_ON}, {"role": Role.OBSERVER}):
            agent = Scripted(**about)
            intake = self.intake(agent)
            for hook in (*AT_RCPT, *AT_DATA, Hook.DELIVERED):
                for fails in FAILURES:
                    agent.does = {hook: fails}
                    assert await self.send(intake) == TAKEN, (hook, fails)
            agent.does = dict.fromkeys(Hook, breaks_the_rules)
            assert await self.send(intake, content=VIRUS) == reply.INFECTED
        await self.everybody_has_answered()
        assert len(self.hops.contents) == 2 * 8 * len(FAILURES)
        assert all(content.endswith(b"\r\n" + MESSAGE) for content in self.hops.contents)
        assert not any(b"X-Late" in content for content in self.hops.contents)
        assert [held.reason for held in self.world.held()] == ["infected", "infected"]

    async def test_being_told_what_became_of_a_copy_changes_nothing(self) -> None:
        """Everybody is an observer then: what a decider does there is too late to matter."""
        agent = Scripted()
        intake = self.intake(agent)
        for fails in FAILURES:
            agent.does = {Hook.DELIVERED: fails}
            assert await self.send(intake) == TAKEN
        agent.does = {Hook.DELIVERED: Refuse(reply.SENDER_BLOCKED)}
        assert await self.send(intake) == TAKEN
        await self.everybody_has_answered()
        assert [event.outcomes[0].remote_reply for event in agent.seen] == ["250 2.0.0 Ok: queued as 4711"] * 6

    async def test_an_agent_that_nobody_has_puts_the_mail_off(self) -> None:
        """A check that somebody asked for is never left out in silence."""
        assert await self.send(self.intake()) == reply.AGENT_UNAVAILABLE
        self.nothing_is_kept_or_sent()

    async def test_no_agent_can_let_a_virus_through(self) -> None:
        """Vouching, adding headers, observing: what is infected stays so, and a refusal is a refusal."""
        agent = Scripted()
        agent.does = {hook: Vouch() for hook in (*AT_RCPT, Hook.HEADERS, Hook.MESSAGE)}
        intake = self.intake(agent, engines=[SPAM])
        self.policy(spam="hold")
        assert await self.send(intake, content=VIRUS) == reply.INFECTED
        assert await self.send(intake) == TAKEN
        assert [held.reason for held in self.world.held()] == ["infected"]
        agent.does = {Hook.MESSAGE: Refuse(reply.SENDER_BLOCKED)}
        assert await self.send(intake, content=VIRUS) == reply.SENDER_BLOCKED

    async def test_a_refusal_for_good_is_the_reply(self) -> None:
        """At each event that allows it; nothing is kept."""
        agent = Scripted()
        intake = self.intake(agent)
        for hook in (*AT_RCPT, Hook.HEADERS, Hook.MESSAGE):
            agent.does = {hook: Refuse(reply.SENDER_BLOCKED)}
            assert await self.send(intake) == reply.SENDER_BLOCKED
        self.nothing_is_kept_or_sent()
        refused = [type(event) for event in self.trace]
        assert refused == [RefusedByAgent] * 5 + [MessageReceived, Examined, CopyRefused]

    async def test_in_a_mixed_transaction_the_refused_copy_is_held(self) -> None:
        """The client can be told one thing only, and the other domain takes it."""
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            change_domain_policy(
                session, tenant_id=self.world.customers.acme.id, domain_id=2, entries={"agents": ""}, now=NOW
            )
        agent = Scripted()
        agent.does = {Hook.HEADERS: Refuse(reply.SENDER_BLOCKED)}
        assert await self.send(self.intake(agent), A, C) == TAKEN
        assert self.hops.taken == [C]
        [held] = self.world.held()
        assert (held.reason, held.recipients[0].address) == ("refused-in-mixed-transaction", A)

    async def test_findings_headers_and_facts_come_true(self) -> None:
        """The finding decides, the field stands below our own line, the fact is in the trace before the copy."""
        agent = Scripted()
        agent.does = {
            Hook.MESSAGE: Observe(facts=(Fact("spf", "pass"),)),
            Hook.DECIDED: AddHeaders(("X-Scripted: yes",)),
        }
        intake = self.intake(agent)
        assert await self.send(intake) == TAKEN
        [content] = self.hops.contents
        assert b"engines=yara/1.0, macros/1.0\r\nX-Scripted: yes\r\nReceived: " in content
        assert [type(event) for event in self.trace] == [MessageReceived, Examined, Observed, CopyAccepted]
        agent.does = {Hook.MESSAGE: Observe((Finding("scripted", "Odd", 0, Severity.PROHIBITED),))}
        assert await self.send(intake) == reply.PROHIBITED
        [held] = self.world.held()
        assert (held.reason, held.finding_names) == ("prohibited", ("Odd",))
        assert isinstance(self.trace[-1], CopyHeld)

    async def test_a_policy_that_only_reports_says_what_an_agent_would_have_done(self) -> None:
        """And delivers."""
        agent = Scripted()
        agent.does = {Hook.RECIPIENT: Refuse(reply.SENDER_BLOCKED), Hook.HEADERS: raises}
        self.policy(report_only="on")
        assert await self.send(self.intake(agent)) == TAKEN
        self.flushLoggedErrors(Raised)
        facts = [event.fact for event in self.trace if isinstance(event, Observed)]
        assert facts == ["would-refuse", "failed", "would-refuse"]

    async def test_an_agent_is_asked_about_what_is_left_of_a_cleaned_message(self) -> None:
        """What it still finds there holds the message whole; otherwise its headers stay on the cleaned copy."""
        agent = Scripted(looks_again=True)
        agent.does = {Hook.MESSAGE: Observe(), Hook.DECIDED: AddHeaders(("X-Scripted: yes",))}
        self.policy(infected="clean", spam="hold")
        intake = self.intake(agent)
        assert await self.send(intake, content=VIRUS) == TAKEN
        assert b"removed=1" in self.hops.contents[0] and b"X-Scripted: yes\r\n" in self.hops.contents[0]
        assert [held.reason for held in self.world.held()] == ["original-of-cleaned"]
        still = iter([Observe(), Observe((Finding("scripted", "Still.There", 0, Severity.SPAM),))])
        agent.does = {Hook.MESSAGE: lambda: _given(next(still))}
        assert await self.send(intake, content=VIRUS) == TAKEN
        assert len(self.hops.contents) == 1
        assert [held.reason for held in self.world.held()] == ["original-of-cleaned", "infected"]

    async def test_each_action_of_an_attachment_rule(self) -> None:
        """In an archive, without the policy naming the agent; nothing of another rule is done."""
        archive = attached(nested(b"x", 1).replace(b"file.bin", b"tool.exe"), b"tools.zip")
        for action, answer, kept, delivered in (
            ("deliver", TAKEN, [], 1),
            ("mark", TAKEN, [], 1),
            ("clean", TAKEN, ["original-of-cleaned"], 1),
            ("hold", TAKEN, ["prohibited"], 0),
            ("reject", reply.PROHIBITED, [], 0),
            ("reject-and-keep", reply.PROHIBITED, ["prohibited"], 0),
            ("discard", TAKEN, [], 0),
        ):
            self.policy(agents="", attachments=f"extension:exe={action},extension:gz=discard")
            held, sent = len(self.world.held()), len(self.hops.contents)
            intake = self.intake(AttachmentFilter(reactor))
            assert await self.send(intake, content=archive) == answer, action
            assert [each.reason for each in self.world.held()[held:]] == kept, action
            assert len(self.hops.contents) - sent == delivered, action
        assert b"removed=1" in self.hops.contents[-1] and b"tools.zip" in self.hops.contents[-1]
        assert archive not in self.hops.contents[-1]

    async def test_engines_and_agents_share_their_twenty_seconds(self) -> None:
        """What is kept for agents is not the engines'; without agents they have all of it."""
        given: list[float] = []

        class Timed:
            async def examine(self, spool: Spool, *arguments: Any) -> Any:
                given.append(arguments[3])
                raise Raised

        for agents, expected in (("scripted", ENGINE_SECONDS - 5.0), ("", ENGINE_SECONDS)):
            self.policy(agents=agents)
            agent = Scripted()
            agent.does = {Hook.HEADERS: Observe()}
            with self.assertRaises(Raised):
                await self.send(self.intake(agent, scanner=Timed()))
            assert given.pop() == expected


async def _given(answer: Any) -> Any:
    return answer

    async def test_snapshots_say_what_each_step_changed(self) -> None:
        """Of each agent at each event, and of the steps between them; without being asked for, none is made."""
        agent = Scripted()
        agent.does = {Hook.HEADERS: AddHeaders(("X-Odd: yes",)), Hook.MESSAGE: raises}
        agent.about = About("scripted", on_failure=OnFailure.GO_ON)
        await self.send(self.intake(agent))
        assert not [event for event in self.trace if isinstance(event, Stepped)]
        self.policy(snapshot_hours="6")
        await self.send(self.intake(agent))
        await self.everybody_has_answered()
        steps = [event for event in self.trace if isinstance(event, Stepped)]
        assert {step.transaction for step in steps} == {"0" * 22}
        assert [(step.step, step.hook) for step in steps] == [
            *[("scripted", hook.method) for hook in (*AT_RCPT, *AT_DATA)],
            *[(name, "") for name in ("header", "examination", "decision", "on-top")],
        ]
        said = {(step.step, step.hook): step.changes for step in steps}
        assert said["scripted", "on_headers"] == ("+ X-Odd: yes",) and said["scripted", "on_helo"] == ()
        assert said["scripted", "on_message"] == ("= failed: raised Raised",)
        assert "+ X-Odd: yes" in said["on-top", ""] and said["decision", ""] == (f"= {A}: deliver",)
