"""How many cells there are: with a real nursery, and time by hand."""

import os
import signal
import subprocess
from collections.abc import Callable
from socket import socket

from twisted.internet import reactor
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from mx.cell.cell import Cell
from mx.cell.population import Population
from mx.cell.spawn import spawn_nursery
from tests.contracts.shared_clock import SharedClock


def refuse() -> tuple["subprocess.Popen[bytes]", socket]:
    raise BlockingIOError("no process")


class PopulationTests(TestCase):
    """Nobody examines anything here."""

    timeout = 60

    def setUp(self) -> None:
        self.clock = SharedClock(reactor)
        self.offered: list[Cell] = []

    def population(
        self, count: int = 2, deepen_seconds: float | None = None, spawn: Callable[..., object] = spawn_nursery
    ) -> Population:
        self.all = Population(self.clock, count, None, spawn, deepen_seconds, self._offer)  # type: ignore[arg-type]
        self.all.start()
        self.addCleanup(self._stop)
        return self.all

    def _offer(self, cell: Cell) -> bool:
        self.offered.append(cell)
        return False

    async def _stop(self) -> None:
        gone = self.all.stop()
        while not gone.called:
            await deferLater(reactor, 0.01)
            self.clock.advance(0.01)
        assert self.clock.getDelayedCalls() == []

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await deferLater(reactor, 0.01)

    async def test_cells_are_offered_and_taken(self) -> None:
        """The newest free one first; a deep one only where there is one."""
        all_ = self.population()
        await self.until(lambda: all_.free == 2)
        assert self.offered == [all_.take(needs_deep=False) for _ in range(2)][::-1]
        assert all_.take(needs_deep=False) is None

    async def test_free_cells_are_offered_again_when_asked(self) -> None:
        """Who takes none of them leaves them as they were."""
        all_ = self.population()
        await self.until(lambda: all_.free == 2)
        all_.offer_free()
        assert self.offered[2:] == self.offered[1::-1]
        assert self.offered[:2] == [all_.take(needs_deep=False) for _ in range(2)][::-1]

    async def test_they_become_deep_after_a_while(self) -> None:
        """One by one: there are never fewer than wanted that can work."""
        all_ = self.population(2, deepen_seconds=1.0)
        await self.until(lambda: all_.free == 2)
        assert all_.take(needs_deep=True) is None
        self.clock.advance(1.0)
        fewest = 2

        def is_deep() -> bool:
            nonlocal fewest
            fewest = min(fewest, sum(not cell.is_in_change for cell in all_.cells))
            return all_.free == 2 and all(cell.is_deep for cell in all_.cells)

        await self.until(is_deep)
        assert fewest == 2
        assert all_.about is not None
        assert all_.about.is_deep

    async def test_one_is_added_when_they_do_not_suffice_and_goes_when_idle(self) -> None:
        """One at a time, and never more than twice as many."""
        all_ = self.population(1)
        await self.until(lambda: all_.free == 1)
        busy = all_.take(needs_deep=False)
        for _ in range(3):
            all_.add_one()
        assert len(all_.cells) == 2
        await self.until(lambda: all_.free == 1)
        all_.add_one()
        assert len(all_.cells) == 2
        self.clock.advance(10.0)
        await self.until(lambda: len(all_.cells) == 1)
        assert all_.cells == (busy,)

    async def test_a_nursery_that_dies_at_once_is_started_again_after_growing_waits(self) -> None:
        """They double; nothing is started in between."""
        all_ = self.population(1)
        waits = []
        for _ in range(3):
            assert all_.nursery is not None
            os.kill(all_.nursery.pid, signal.SIGKILL)
            await self.until(lambda: all_.nursery is None and not all_.cells)
            call = all_._calls["nursery"]
            waits.append(round(call.getTime() - self.clock.seconds(), 3))
            self.clock.advance(waits[-1])
        assert waits == [0.1, 0.2, 0.4]

    async def test_a_nursery_that_lived_is_started_again_at_once(self) -> None:
        """And deepened like the one before."""
        all_ = self.population(1)
        await self.until(lambda: all_.free == 1)
        all_.deepen()
        all_.deepen()
        self.clock.advance(11.0)
        assert all_.nursery is not None
        os.kill(all_.nursery.pid, signal.SIGKILL)
        await self.until(lambda: all_.nursery is None)
        self.clock.advance(0.1)
        await self.until(lambda: [cell.is_deep for cell in all_.cells] == [True])

    async def test_a_machine_without_room_for_processes_is_asked_again(self) -> None:
        """After the same waits."""
        all_ = self.population(1, spawn=refuse)
        assert all_.nursery is None
        for wait in (0.1, 0.2):
            self.clock.advance(wait)
        assert all_._calls["nursery"].getTime() > self.clock.seconds()
