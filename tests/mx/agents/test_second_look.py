"""A second look: findings about contents are made again, other agents' count on, and who fails holds the message."""

from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from mx.agents.chain import Chain
from mx.agents.contract import About, Hook, MessageOpened, Observe, OnFailure, Refuse
from mx.agents.second_look import SecondLook, look_again, with_findings_of_then
from mx.examination import Examination
from mx.finding import Finding, Severity
from mx.reply import SENDER_BLOCKED
from mx.verdict import VerdictKind
from tenants.policies.policy import parse_policy
from tests.contracts.agent import customer_of, events_for

FOUND = Finding("looking", "attachment.extension.exe", 0, Severity.PROHIBITED)
ON = parse_policy({"agents": "looking"})


class Looking:
    """Answers at `on_message` as told."""

    def __init__(self, answer: Any, *, on_failure: OnFailure = OnFailure.DEFER, looks_again: bool = True) -> None:
        self.about = About("looking", on_failure=on_failure, looks_again=looks_again)
        self.answer = answer

    async def on_message(self, event: MessageOpened) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class SecondLookTest(TestCase):
    """Without waiting: every agent here answers at once."""

    def setUp(self) -> None:
        self.opened: Any = events_for()[Hook.MESSAGE]

    async def look(self, agent: Looking | None, ignored: frozenset[str] = frozenset()) -> Examination:
        opened = self.opened
        looked = SecondLook(customer_of(ON), ignored, opened.recipients, opened.envelope, opened.content)
        return await look_again(Chain([agent] if agent else [], Clock()), looked, opened.examination, 1.0)

    async def test_its_findings_count(self) -> None:
        """Unless the tenant has declared them false."""
        agent = Looking(Observe((FOUND,)))
        assert (await self.look(agent)).verdict.kind is VerdictKind.PROHIBITED
        assert (await self.look(agent, frozenset({FOUND.name}))).verdict.kind is VerdictKind.CLEAN

    async def test_one_that_does_not_look_again_is_not_asked(self) -> None:
        """It has said what it had to say when the sender was there."""
        agent = Looking(ValueError(), looks_again=False)
        assert await self.look(agent) is self.opened.examination

    async def test_a_failure_is_a_missing_answer(self) -> None:
        """So is a refusal, and an agent that nobody has; one that says go on is passed over."""
        self.addCleanup(self.flushLoggedErrors, ValueError)
        for agent in (Looking(ValueError()), Looking("nonsense"), Looking(Refuse(SENDER_BLOCKED)), None):
            verdict = (await self.look(agent)).verdict
            assert [failed.engine for failed in verdict.unanswered] == ["looking"]
        assert not (await self.look(Looking(ValueError(), on_failure=OnFailure.GO_ON))).verdict.unanswered

    async def test_what_cannot_be_found_again_counts_on(self) -> None:
        """Only what agents found: engines have looked again by themselves."""
        then = [FOUND, Finding("clamd", "Old", 0, Severity.INFECTED)]
        for looks_again, expected in ((False, (FOUND,)), (True, ())):
            chain = Chain([Looking(None, looks_again=looks_again)], Clock())
            assert with_findings_of_then(chain, self.opened.examination, then).verdict.findings == expected
