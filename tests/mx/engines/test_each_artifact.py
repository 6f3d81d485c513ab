"""Which artifacts an engine is asked about, and the one outcome of its answers."""

from collections.abc import Sequence
from dataclasses import replace

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from mx.artifact import Artifact, Content
from mx.engines import each_artifact
from mx.engines.answer import Alert, Answer, Clean, NoAnswer, TooLarge
from mx.engines.contract import NOTHING_KNOWN, Circumstances
from mx.engines.each_artifact import NO_BUNDLE, Bundle, EachArtifact
from mx.engines.verdict_cache import VerdictCache
from mx.finding import EngineFailed, EngineOutcome, Finding, Found, NothingFound, Severity
from tests.contracts.engine import artifact

SAYS: dict[bytes, Answer] = {
    b"bad": Alert("Bad", Severity.INFECTED),
    b"locked": Alert("Locked", Severity.ENCRYPTED),
    b"large": TooLarge(),
    b"away": NoAnswer("away"),
}


class Outcomes(SynchronousTestCase):
    """An engine that answers by the octets alone."""

    def setUp(self) -> None:
        self.asked: list[bytes] = []
        self.each = EachArtifact("one", self.ask, (1 << 20,), VerdictCache(), lambda: 0.0)
        self.each.signatures = "1"

    async def ask(self, content: Content) -> Answer:
        octets = b"".join(content.chunks())
        self.asked.append(octets)
        return SAYS.get(octets, Clean())

    def outcome(
        self,
        artifacts: Sequence[Artifact],
        circumstances: Circumstances = NOTHING_KNOWN,
        bundle: Bundle = NO_BUNDLE,
    ) -> EngineOutcome:
        return self.successResultOf(Deferred.fromCoroutine(self.each.examine(artifacts, circumstances, bundle)))

    def test_each_digest_is_asked_about_once_in_all(self) -> None:
        """And has its finding wherever it stands, in this message and in the next one."""
        bad, clean = artifact(b"bad", 1), artifact(b"clean", 2)
        findings = (Finding("one", "Bad", 1, Severity.INFECTED), Finding("one", "Bad", 3, Severity.INFECTED))
        for _ in range(2):
            assert self.outcome([bad, clean, artifact(b"bad", 3), artifact(b"clean", 4)]) == Found("one", findings)
        assert self.asked == [b"bad", b"clean"]

    def test_the_class_of_a_finding_is_remembered(self) -> None:
        """*encrypted* as well as *infected*."""
        outcomes = [self.outcome([artifact(b"locked")]) for _ in range(2)]
        assert outcomes == [Found("one", (Finding("one", "Locked", 1, Severity.ENCRYPTED),))] * 2
        assert self.asked == [b"locked"]

    def test_what_is_unknown_is_not_remembered(self) -> None:
        """The engine may be back."""
        for _ in range(2):
            assert self.outcome([artifact(b"away"), artifact(b"bad", 2)]) == EngineFailed("one", "away")
        assert self.asked == [b"away", b"bad", b"away"]

    def test_who_wants_a_fresh_answer_gets_one(self) -> None:
        """A release, a rescan; what it brings is remembered."""
        fresh = Circumstances(is_fresh=True)
        for circumstances in (NOTHING_KNOWN, fresh, NOTHING_KNOWN):
            self.outcome([artifact(b"clean")], circumstances)
        assert self.asked == [b"clean"] * 2

    def test_new_signatures_forget_the_old_ones_answers(self) -> None:
        """Also those that came in while a question was under way: nobody knows which ones answered it."""
        self.outcome([artifact(b"clean")])
        self.each.signatures = "2"
        self.outcome([artifact(b"clean")])
        assert len(self.asked) == 2
        waiting: Deferred[Answer] = Deferred()

        async def wait(_: Content) -> Answer:
            self.asked.append(b"late")
            return await waiting if len(self.asked) == 3 else Clean()

        each = EachArtifact("one", wait, (1 << 20,), VerdictCache(), lambda: 0.0)
        first = Deferred.fromCoroutine(each.examine([artifact(b"late")], NOTHING_KNOWN))
        each.signatures = "3"
        waiting.callback(Clean())
        assert self.successResultOf(first) == NothingFound("one")
        self.successResultOf(Deferred.fromCoroutine(each.examine([artifact(b"late")], NOTHING_KNOWN)))
        assert self.asked[2:] == [b"late"] * 2

    def test_the_message_and_its_header_section_are_shown_where_that_is_asked_for(self) -> None:
        """Otherwise in their parts alone, once the message has been opened."""
        whole = artifact(b"whole", 0, None, "message")
        artifacts = [whole, artifact(b"head", 1, 0, "headers"), artifact(b"text", 2, 0, "body")]
        self.outcome(artifacts)
        assert self.asked == [b"text"]
        self.outcome(artifacts, Circumstances(whole_message=True))
        assert self.asked == [b"text", b"whole", b"head"]
        self.outcome([whole], Circumstances(is_fresh=True))
        assert self.asked[3:] == [b"whole"], "what was not opened"

    def test_too_many_artifacts_are_unscannable(self) -> None:
        """A message of many thousand parts does not keep the engine to itself; what is remembered costs nothing."""
        self.patch(each_artifact, "MOST_ARTIFACTS", 2)
        artifacts = [artifact(b"%d" % number, number) for number in range(1, 4)]
        outcome = self.outcome(artifacts)
        assert outcome == Found("one", (Finding("one", "too-large-for-one", 3, Severity.UNSCANNABLE),))

    def test_a_message_of_many_parts_asks_about_few_at_once(self) -> None:
        """And answers in their order, whatever came first."""
        asking, each = self.in_slow_motion(VerdictCache())
        parts = [artifact(b"%d" % number, number) for number in range(1, 8)]
        outcome = Deferred.fromCoroutine(each.examine(parts, NOTHING_KNOWN))
        assert len(asking) == each_artifact.ASKED_AT_ONCE == 4
        for number in (3, 1, 4, 0, 2, 6, 5):
            asking[number].callback(Alert(f"Bad.{number + 1}", Severity.INFECTED))
        findings = [Finding("one", f"Bad.{number}", number, Severity.INFECTED) for number in range(1, 8)]
        assert self.successResultOf(outcome) == Found("one", tuple(findings))

    def test_copies_at_the_same_time_are_one_question(self) -> None:
        """The others wait for its answer; who wants a fresh one, or remembers nothing, asks."""
        asking, each = self.in_slow_motion(VerdictCache())
        outcomes = [self.begun(each) for _ in range(3)]
        fresh = self.begun(each, Circumstances(is_fresh=True))
        assert len(asking) == 2
        asking[0].callback(Alert("Bad", Severity.INFECTED))
        found = Found("one", (Finding("one", "Bad", 1, Severity.INFECTED),))
        assert [self.successResultOf(outcome) for outcome in outcomes] == [found] * 3
        self.assertNoResult(fresh)
        asking[1].callback(Clean())
        assert self.successResultOf(fresh) == NothingFound("one")
        asking, each = self.in_slow_motion(VerdictCache(0))
        assert [self.begun(each), self.begun(each)] and len(asking) == 2

    def test_a_copy_whose_question_was_given_up_keeps_nobody_waiting(self) -> None:
        """Nor one that had no answer: the next asks itself, and those behind it wait for that."""
        asking, each = self.in_slow_motion(VerdictCache())
        first, second, third, fourth = (self.begun(each) for _ in range(4))
        third.addErrback(lambda _given_up: None).cancel()
        first.addErrback(lambda _given_up: None).cancel()
        assert len(asking) == 2
        asking[1].callback(NoAnswer("away"))
        assert self.successResultOf(second) == EngineFailed("one", "away")
        assert len(asking) == 3
        asking[2].callback(Clean())
        assert self.successResultOf(fourth) == NothingFound("one")

    def in_slow_motion(self, cache: VerdictCache) -> tuple[list[Deferred[Answer]], EachArtifact]:
        """An engine that answers when it is told to."""
        asking: list[Deferred[Answer]] = []

        async def ask(_: Content) -> Answer:
            asking.append(Deferred())
            return await asking[-1]

        return asking, EachArtifact("one", ask, (1 << 20,), cache, lambda: 0.0)

    def begun(self, each: EachArtifact, circumstances: Circumstances = NOTHING_KNOWN) -> "Deferred[EngineOutcome]":
        return Deferred.fromCoroutine(each.examine([artifact(b"copy")], circumstances))

    def test_too_large_is_a_finding(self) -> None:
        """No failure: the message would be deferred for ever."""
        outcome = self.outcome([artifact(b"large")])
        assert outcome == Found("one", (Finding("one", "too-large-for-one", 1, Severity.UNSCANNABLE),))

    def test_what_is_carried_is_not_asked_about_where_its_bearer_is_clean(self) -> None:
        """In the next message, which carries the same, only what is new."""
        one, two, other = artifact(b"one", 1), artifact(b"two", 2), artifact(b"other", 3)
        for _ in range(2):
            assert self.outcome([one, two, other], bundle=bundle(1, 2)) == NothingFound("one")
        assert self.asked == [b"other", b"bearer+one+two", b"bearer"]
        self.outcome([one, two], bundle=bundle(1, 2))
        assert len(self.asked) == 3, "its bearer has been asked about"

    def test_what_was_clean_by_itself_is_asked_about_again_when_it_is_carried(self) -> None:
        """And the other way round: an engine may look at it in another way there."""
        self.outcome([artifact(b"one", 1)])
        self.outcome([artifact(b"one", 1), artifact(b"one", 2)], bundle=bundle(2))
        self.outcome([artifact(b"one", 1), artifact(b"two", 3)], bundle=bundle(3))
        self.outcome([artifact(b"two", 1)])
        assert self.asked == [b"one", b"bearer+one", b"bearer+two", b"two"]

    def test_where_the_bearer_is_not_clean_each_is_asked_about(self) -> None:
        """The finding is told of the artifact that it is in, and of the message."""
        SAYS[b"bearer+bad+one"] = Alert("Bad", Severity.INFECTED)
        self.addCleanup(SAYS.pop, b"bearer+bad+one")
        outcome = self.outcome([artifact(b"bad", 1), artifact(b"one", 2)], bundle=bundle(1, 2))
        assert isinstance(outcome, Found)
        assert sorted(finding.artifact for finding in outcome.findings) == [0, 1]
        assert self.asked == [b"bearer+bad+one", b"bad", b"one"]

    def test_a_bearer_that_is_not_enough_is_asked_about_beside_what_it_carries(self) -> None:
        """An engine that is not known to look at it there. Nothing is remembered as carried."""
        untold = replace(bundle(1), is_enough=False)
        assert self.outcome([artifact(b"bad", 1)], bundle=untold) == Found(
            "one", (Finding("one", "Bad", 1, Severity.INFECTED),)
        )
        self.outcome([artifact(b"bad", 1)], bundle=bundle(1))
        assert self.asked == [b"bearer+bad", b"bad"], "both are remembered for what they are"

    def test_a_bearer_without_an_answer_is_a_failure(self) -> None:
        """Nothing of what it carried is known then, or remembered."""
        SAYS[b"bearer+one"] = NoAnswer("away")
        self.addCleanup(SAYS.pop, b"bearer+one")
        for _ in range(2):
            assert self.outcome([artifact(b"one", 1)], bundle=bundle(1)) == EngineFailed("one", "away")
        assert self.asked == [b"bearer+one"] * 2

    def test_a_bearer_that_is_too_large_is_a_finding_and_costs_nothing_that_it_carries(self) -> None:
        """They are asked about by themselves."""
        SAYS[b"bearer+one"] = TooLarge()
        self.addCleanup(SAYS.pop, b"bearer+one")
        outcome = self.outcome([artifact(b"one", 1)], bundle=bundle(1))
        assert outcome == Found("one", (Finding("one", "too-large-for-one", 0, Severity.UNSCANNABLE),))
        assert self.asked == [b"bearer+one", b"one"]

    def test_new_signatures_in_the_middle_leave_nothing_to_remember(self) -> None:
        """Nobody knows which ones looked at what was carried."""
        waiting: Deferred[Answer] = Deferred()

        async def wait(content: Content) -> Answer:
            self.asked.append(b"".join(content.chunks()))
            return await waiting if len(self.asked) == 1 else Clean()

        each = EachArtifact("one", wait, (1 << 20,), VerdictCache(), lambda: 0.0)
        first = Deferred.fromCoroutine(each.examine([artifact(b"one", 1)], NOTHING_KNOWN, bundle(1)))
        each.signatures = "3"
        waiting.callback(Clean())
        assert self.successResultOf(first) == NothingFound("one")
        self.successResultOf(Deferred.fromCoroutine(each.examine([artifact(b"one", 1)], NOTHING_KNOWN, bundle(1))))
        assert self.asked == [b"bearer+one"] * 2


def bundle(*numbers: int) -> Bundle:
    """One that carries these."""
    return Bundle(bearer, {number: f"key {number}" for number in numbers})


def bearer(carried: Sequence[Artifact]) -> Artifact:
    return artifact(b"+".join([b"bearer", *(octets for each in carried for octets in each.content.chunks())]), 0, None)
