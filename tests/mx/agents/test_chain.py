"""The chain: order, deadlines and decided failures. A failing, hanging or lying agent neither loses nor passes mail."""

import time
from collections.abc import Sequence
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from mx import reply
from mx.agents.chain import MOST_OBSERVERS_UNDER_WAY, Chain, Hearing, names_for
from mx.agents.contract import (
    About,
    AddHeaders,
    Answers,
    Fact,
    Go,
    Hook,
    Observe,
    OnFailure,
    RecipientNamed,
    Refuse,
    Role,
    Vouch,
)
from mx.finding import Finding, Severity
from tenants.policies.policy import Policy, parse_policy
from tests.contracts.agent import events_for

RECIPIENT = events_for()[Hook.RECIPIENT]
NO = Refuse(reply.SENDER_BLOCKED)


class Answering:
    """Answers RCPT as told, and remembers what it was asked."""

    def __init__(self, name: str, answer: Any = None, **about: Any) -> None:
        self.about = About(name, **about)
        self.answer: Any = answer if answer is not None else Go()
        self.asked: list[object] = []

    async def on_recipient(self, event: RecipientNamed) -> Answers:
        self.asked.append(event)
        if isinstance(self.answer, Exception):
            raise self.answer
        if isinstance(self.answer, Deferred):
            return await self.answer
        answer: Answers = self.answer
        return answer


class ChainTest(TestCase):
    """On a clock that does not run."""

    def setUp(self) -> None:
        self.clock = Clock()

    def ask(self, *agents: Answering, names: Sequence[str] | None = None, **hearing: Any) -> Hearing:
        """What is said at one RCPT; nothing in it waits."""
        hearing_ = self.asked(*agents, names=names, **hearing)
        assert self.successResultOf(self.waiting) == (hearing_.refusal.reply if hearing_.refusal else None)
        return hearing_

    def asked(self, *agents: Answering, names: Sequence[str] | None = None, **hearing: Any) -> Hearing:
        self.chain = Chain(agents, self.clock)
        order = self.chain.order_of([agent.about.name for agent in agents] if names is None else names)
        said = Hearing(order or {}, **hearing)
        self.waiting: Deferred[Any] = Deferred.fromCoroutine(self.chain.ask(said, RECIPIENT))
        return said

    def test_agents_are_asked_in_the_order_of_the_policy(self) -> None:
        """Not in the order in which they were made."""
        first, second = Answering("first", NO), Answering("second", Refuse(reply.DISK_FULL))
        said = self.ask(first, second, names=["second", "first"])
        assert said.refusal is not None and said.refusal.agent == "second"
        assert second.asked == [RECIPIENT] and not first.asked

    def test_an_agent_that_a_policy_does_not_name_is_not_asked(self) -> None:
        """On and off is the policy's."""
        off = Answering("off", NO)
        assert self.ask(Answering("on"), off, names=["on"]).refusal is None
        assert not off.asked

    def test_an_agent_that_fails_means_what_it_declared(self) -> None:
        """Raising, hanging and lying alike: 451, or going on; never a pass of what another agent refuses."""
        for answer in (LookupError("broken"), "nonsense", None):
            defers, goes_on = Answering("defers"), Answering("goes-on", on_failure=OnFailure.GO_ON)
            defers.answer = goes_on.answer = answer
            said = self.ask(defers)
            assert said.refusal is not None and said.refusal.reply == reply.AGENT_UNAVAILABLE
            assert self.ask(goes_on).refusal is None
            said = self.ask(goes_on, Answering("last", NO))
            assert said.refusal is not None and said.refusal.agent == "last"
            assert [note.fact.name for note in said.notes] == ["failed"]
            self.flushLoggedErrors(LookupError)

    def test_an_agent_that_hangs_has_failed_at_its_deadline(self) -> None:
        """And the next one is asked."""
        slow, last = (
            Answering("slow", Deferred(), on_failure=OnFailure.GO_ON, deadline_seconds=3.0),
            Answering("last", NO),
        )
        said = self.asked(slow, last)
        self.clock.advance(2.9)
        assert not last.asked
        self.clock.advance(0.2)
        assert self.successResultOf(self.waiting) == reply.SENDER_BLOCKED
        assert said.notes[0].fact == Fact("failed", "no answer within 3 s")

    def test_all_agents_together_have_the_time_of_the_event(self) -> None:
        """A chain of slow agents cannot keep a client waiting for the sum of their deadlines."""
        agents = [Answering(name, Deferred(), deadline_seconds=4.0, on_failure=OnFailure.GO_ON) for name in "abcd"]
        chain = Chain(agents, self.clock)
        said = Hearing(chain.order_of("abcd") or {})
        waiting = Deferred.fromCoroutine(chain.ask(said, RECIPIENT, 5.0))
        self.clock.pump([1.0] * 6)
        assert self.successResultOf(waiting) is None
        assert len(said.notes) == 4

    def test_a_lying_answer_is_taken_whole_or_not_at_all(self) -> None:
        """The vouching before the nonsense does not count either."""
        said = self.ask(Answering("liar", (Vouch(), AddHeaders(("Subject: mine",)))))
        assert not said.is_vouched and not said.added
        assert said.refusal is not None and said.refusal.reply == reply.AGENT_UNAVAILABLE

    def test_a_name_that_no_agent_has_puts_the_mail_off(self) -> None:
        """A check that somebody asked for is never left out in silence."""
        said = self.ask(names=["misspelt"])
        assert said.refusal is not None and said.refusal.reply == reply.AGENT_UNAVAILABLE
        assert "no agent of this name" in said.notes[0].fact.value

    def test_an_observer_is_told_and_neither_waited_for_nor_listened_to(self) -> None:
        """Its refusal is nothing, its failure is nothing, and it is told although somebody refuses."""
        observers = [
            Answering("loud", NO, role=Role.OBSERVER),
            Answering("broken", LookupError("broken"), role=Role.OBSERVER),
            Answering("slow", Deferred(), role=Role.OBSERVER),
        ]
        assert self.ask(*observers).refusal is None
        last = Answering("late", role=Role.OBSERVER)
        assert self.ask(Answering("decider", NO), last).refusal is not None
        assert last.asked
        self.flushLoggedErrors(LookupError)
        self.clock.advance(10)

    def test_observers_that_do_not_end_are_told_no_more(self) -> None:
        """Until those that are under way have met their deadline."""
        slow = Answering("slow", Deferred(), role=Role.OBSERVER)
        chain = Chain([slow], self.clock)
        said = Hearing(chain.order_of(["slow"]) or {})
        for _ in range(MOST_OBSERVERS_UNDER_WAY + 5):
            self.successResultOf(Deferred.fromCoroutine(chain.ask(said, RECIPIENT)))
        assert len(slow.asked) == MOST_OBSERVERS_UNDER_WAY
        self.clock.advance(10)
        self.successResultOf(Deferred.fromCoroutine(chain.ask(said, RECIPIENT)))
        assert len(slow.asked) == MOST_OBSERVERS_UNDER_WAY + 1
        self.clock.advance(10)

    def test_who_judges_senders_is_silent_once_somebody_vouched(self) -> None:
        """In the order of the policy: whoever is asked before has spoken."""
        vouching, judging = Answering("vouching", Vouch()), Answering("judging", NO, judges_sender=True)
        other = Answering("other", Refuse(reply.DISK_FULL))
        assert self.ask(vouching, judging).refusal is None
        assert self.ask(judging, vouching).refusal is not None
        assert self.ask(vouching, other).refusal is not None

    def test_report_only_refuses_nothing_and_says_what_would_be(self) -> None:
        """Neither for a refusal nor for a failure."""
        said = self.ask(Answering("no", NO), Answering("odd", "nonsense"), is_report_only=True)
        assert said.refusal is None
        assert [note.fact.name for note in said.notes] == ["would-refuse", "failed", "would-refuse"]

    def test_findings_facts_and_headers_are_gathered(self) -> None:
        """What was added last stands uppermost, in the order of its fields."""
        spam = Finding("b", "Spam", 0, Severity.SPAM)
        said = self.ask(
            Answering("a", AddHeaders(("A-1: x", "A-2: x"))),
            Answering("b", (AddHeaders(("B: x",)), Observe((spam,), (Fact("score", "7"),)))),
        )
        assert said.headers_on_top == b"B: x\r\nA-1: x\r\nA-2: x\r\n"
        assert said.findings == [spam]
        assert [(note.agent, note.hook, note.fact.value) for note in said.notes] == [("b", "on_recipient", "7")]

    def test_two_agents_of_one_name_are_refused(self) -> None:
        """A policy could not say which."""
        with pytest.raises(ValueError, match="same name"):
            Chain([Answering("a"), Answering("a")], self.clock)

    def test_where_no_agent_is_on_there_is_nothing_to_pay(self) -> None:
        """Less than 5 microseconds a recipient; the order is worked out once for each list."""
        chain = Chain([Answering("a")], self.clock)
        nobody, somebody = Policy(), parse_policy({"agents": "a"})
        assert chain.order_for(nobody) is None
        assert chain.order_for(somebody) is chain.order_for(somebody)
        best = min(_seconds_for(chain, nobody) for _ in range(5))
        assert best < 5e-6

    def test_the_attachment_filter_is_on_where_there_are_rules(self) -> None:
        """Rules that nobody applies would be a trap; where it is named, its place is kept."""
        rules = "extension:exe=hold"
        assert names_for(Policy()) == ()
        assert names_for(parse_policy({"attachments": rules, "agents": "a"})) == ("a", "attachment-filter")
        named = parse_policy({"attachments": rules, "agents": "attachment-filter,a"})
        assert names_for(named) == ("attachment-filter", "a")


def _seconds_for(chain: Chain, policy: Policy) -> float:
    started = time.perf_counter()
    for _ in range(1000):
        chain.order_for(policy)
    return (time.perf_counter() - started) / 1000
