"""One question: whatever an engine does, there is one outcome in its name. More of it in `test_panel.py`."""

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from mx.engines.contract import NOTHING_KNOWN
from mx.engines.question import outcome_of
from mx.engines.skeleton import MARK, Skeleton
from mx.finding import EngineFailed, Finding, Found, NothingFound, Severity
from tests.contracts.engine import artifact


class Questions(SynchronousTestCase):
    """An engine that answers, and one that does not."""

    def setUp(self) -> None:
        self.clock = Clock()

    def test_an_answer_is_passed_on(self) -> None:
        """And no timer is left."""
        asking = outcome_of(Skeleton(), [artifact(MARK)], NOTHING_KNOWN, 5, self.clock)
        finding = Finding("skeleton", "Skeleton.Mark", 1, Severity.SUSPICIOUS)
        assert self.successResultOf(Deferred.fromCoroutine(asking)) == Found("skeleton", (finding,))
        assert not self.clock.getDelayedCalls()

    def test_an_answer_in_anothers_name_is_none(self) -> None:
        """Or its failure could be hidden behind that of another one."""

        class Impostor(Skeleton):
            name = "clamd"

            async def examine(self, *_: object) -> NothingFound:  # type: ignore[override]
                return NothingFound("skeleton")

        asking = outcome_of(Impostor(), [artifact(b"x")], NOTHING_KNOWN, 5, self.clock)
        answer = self.successResultOf(Deferred.fromCoroutine(asking))
        assert answer == EngineFailed("clamd", "the engine's answer is not one")

    def test_what_does_not_come_in_time_is_a_failure(self) -> None:
        """At the deadline, in the engine's name."""

        class Silent(Skeleton):
            async def examine(self, *_: object) -> NothingFound:  # type: ignore[override]
                return await Deferred()

        asking = Deferred.fromCoroutine(outcome_of(Silent(), [artifact(b"x")], NOTHING_KNOWN, 5, self.clock))
        self.clock.advance(4.9)
        self.assertNoResult(asking)
        self.clock.advance(0.1)
        assert self.successResultOf(asking) == EngineFailed("skeleton", "no answer within 5 s")
