"""The canaries' round, on a test clock, by engines that go blind and deaf."""

from collections.abc import Sequence

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from mx.artifact import Artifact
from mx.engines.canaries import LOOK_SECONDS, Canaries
from mx.engines.contract import Circumstances
from mx.engines.health import CANARY_SECONDS
from mx.engines.panel import PROBE_SECONDS, Panel
from mx.engines.skeleton import Skeleton
from mx.finding import EngineFailed, EngineOutcome, NothingFound
from tests.contracts.engine import artifact


class Ailing(Skeleton):
    """Answers about canaries, and about messages, what it is told to instead."""

    def __init__(self) -> None:
        self.canaries = 0
        self.instead: EngineOutcome | Deferred[EngineOutcome] | None = None

    async def examine(
        self, artifacts: Sequence[Artifact], circumstances: Circumstances, deadline: float
    ) -> EngineOutcome:
        self.canaries += circumstances.is_canary
        if isinstance(self.instead, Deferred):
            return await self.instead
        return self.instead or await super().examine(artifacts, circumstances, deadline)


class Rounds(SynchronousTestCase):
    """One engine, and whether a message is examined by it."""

    def setUp(self) -> None:
        self.clock, self.engine = Clock(), Ailing()
        self.panel = Panel([self.engine], self.clock)
        self.canaries = Canaries(self.panel, self.clock)
        self.canaries.startService()
        self.addCleanup(self.canaries.stopService)

    def pass_seconds(self, seconds: float) -> None:
        self.clock.pump([LOOK_SECONDS] * int(seconds / LOOK_SECONDS))

    def outcome(self) -> EngineOutcome:
        asking = Deferred.fromCoroutine(self.panel.ask([artifact(b"clean")], 20.0))
        return self.successResultOf(asking).outcomes[0]

    def state(self) -> str:
        return self.successResultOf(Deferred.fromCoroutine(self.panel.states()))[0].text

    def test_an_engine_that_is_well_is_shown_one_each_minute(self) -> None:
        """The first one at once; none of them is counted as a message."""
        assert self.engine.canaries == 1
        self.pass_seconds(CANARY_SECONDS - 1)
        assert self.engine.canaries == 1
        self.pass_seconds(1)
        assert self.engine.canaries == 2
        assert self.panel.statistics("skeleton").scans == 0

    def test_a_blind_engine_leaves_the_rotation_until_it_sees_again(self) -> None:
        """Its "nothing found" about messages is worth nothing meanwhile."""
        self.engine.instead = NothingFound("skeleton")
        self.pass_seconds(CANARY_SECONDS)
        assert self.outcome() == EngineFailed("skeleton", "out of rotation: it did not find its canary")
        assert self.state() == "canary missed"
        self.engine.instead = None
        self.pass_seconds(2)
        assert self.outcome() == NothingFound("skeleton")
        assert self.state() == "ready"

    def test_a_dead_engine_is_out_without_a_message_and_soon_back(self) -> None:
        """It costs no message its time-out."""
        self.engine.instead = EngineFailed("skeleton", "connection refused")
        self.pass_seconds(CANARY_SECONDS + 2)
        assert self.outcome() == EngineFailed("skeleton", "out of rotation: it failed 3 times in a row")
        assert self.state() == "broken"
        self.pass_seconds(100)
        self.engine.instead = None
        self.pass_seconds(11)
        assert self.outcome() == NothingFound("skeleton")

    def test_a_hanging_engine_is_probed_by_one_canary_at_a_time(self) -> None:
        """Each is given up at its own deadline."""
        self.engine.instead = Deferred()
        self.pass_seconds(CANARY_SECONDS + PROBE_SECONDS - 1)
        assert self.engine.canaries == 2

    def test_after_the_stop_nothing_is_left(self) -> None:
        """Neither a timer nor a canary under way."""
        self.engine.instead = Deferred()
        self.pass_seconds(CANARY_SECONDS)
        self.canaries.stopService()
        assert self.clock.getDelayedCalls() == []
