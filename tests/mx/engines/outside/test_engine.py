"""An engine in processes of its own: what it does there is *unknown*, never clean, and nobody else waits for it."""

import os
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.trial.unittest import TestCase

from mx.engines.contract import EICAR, NOTHING_KNOWN, Circumstances, Engine
from mx.engines.outside.engine import OutsideEngine, begin
from mx.engines.panel import Panel
from mx.finding import EngineFailed, EngineOutcome, Found
from tests.contracts.engine import MEBIBYTE, EngineContract, artifact, found_in
from tests.contracts.outside import start_of


class OutsideContractTest(EngineContract, TestCase):
    """It is an engine as any other."""

    timeout = 60
    found = EICAR

    def engine(self) -> Engine:
        engine = begin(reactor, "odd-engine", start_of("odd-engine"))
        self.addCleanup(engine.stop)
        return engine


class OutsideEngineTest(TestCase):
    """Real processes."""

    timeout = 60

    def setUp(self) -> None:
        self.engine: OutsideEngine = begin(reactor, "odd-engine", start_of("odd-engine"))
        self.addCleanup(self.engine.stop)

    def ask(self, does: bytes, seconds: float = 30.0) -> "Deferred[EngineOutcome]":
        """What becomes of a message that asks it for this."""
        panel = Panel([self.engine], reactor)  # type: ignore[arg-type]

        async def asked() -> EngineOutcome:
            (outcome,) = (await panel.ask((artifact(does),), seconds)).outcomes
            return outcome

        return ensureDeferred(asked())

    async def ready(self, processes: int) -> None:
        """There are so many processes now."""
        running: Any = reactor
        while self.engine.processes != processes:
            moment: Deferred[None] = Deferred()
            running.callLater(0.01, moment.callback, None)
            await moment

    async def test_one_that_computes_for_ever_is_unknown(self) -> None:
        """Messages that come meanwhile are answered, by the process that stands by; then it is killed."""
        await self.ready(2)
        stuck = self.ask(b"please compute", 3.0)
        for _ in range(3):
            assert found_in(await self.ask(EICAR)) == [1]
            assert not stuck.called
        assert isinstance(await stuck, EngineFailed)
        await self.ready(1)
        await self.ready(2)

    async def test_whatever_it_does_is_unknown(self) -> None:
        """It dies, raises, eats memory, or says what is no outcome; the next message is answered."""
        for does, why in (
            (b"die", "its process ended"),
            (b"raise", "raised RuntimeError"),
            (b"eat", "raised MemoryError"),
            (b"babble", "answered something that is no outcome"),
            (b"find elsewhere", "found something in what it was not shown"),
            (b"find nothing in particular", "answered something that is no outcome"),
        ):
            assert await self.ask(b"please " + does) == EngineFailed("odd-engine", why)
            assert found_in(await self.ask(EICAR)) == [1]

    async def test_large_contents_arrive_whole(self) -> None:
        """They are packed in a thread."""
        assert found_in(await self.ask(b"x" * (8 * MEBIBYTE) + EICAR)) == [1]

    async def test_it_knows_the_circumstances(self) -> None:
        """And is no process of ours."""
        outcome = await self.engine.examine((artifact(b"please tell"),), Circumstances(helo="mx.example"), 7.5)
        assert isinstance(outcome, Found)
        process, helo, deadline = outcome.findings[0].name.split()
        assert (helo, deadline) == ("mx.example", "7.5") and int(process) != os.getpid()

    async def test_its_state_is_its_own(self) -> None:
        """Stopped, it has none, and says so."""
        state = await self.engine.state()
        assert (state.is_available, state.version, state.signature_version) == (True, "1", "27")
        assert state.signature_time is not None
        await self.engine.stop()
        waiting = ensureDeferred(self.engine.examine((artifact(b"x"),), NOTHING_KNOWN, 1.0))
        assert not waiting.called
        waiting.addErrback(lambda _: None)
        waiting.cancel()
