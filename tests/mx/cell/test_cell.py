"""One real cell."""

import os
import signal

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock, deferLater
from twisted.trial.unittest import TestCase

from mx.cell.cell import Cell
from mx.cell.connection import CellLost
from mx.cell.nursery_link import NurseryLink
from mx.cell.report import CellReport
from mx.cell.spawn import spawn_nursery
from mx.cell.wishes import NO_WISHES
from tests.contracts.disposing import spooled
from tests.contracts.shared_clock import SharedClock


class CellTests(TestCase):
    """A nursery, and a cell of it."""

    timeout = 60

    def setUp(self) -> None:
        self.clock = SharedClock(reactor)
        self.link = NurseryLink(reactor, spawn_nursery(), lambda link: None)

    async def tearDown(self) -> None:
        self.link.end()
        await self.link.gone

    def cell(self, reactor: Clock | None = None) -> Cell:
        self.ready: Deferred[Cell] = Deferred()
        self.lost: Deferred[Cell] = Deferred()
        return Cell(reactor or self.clock, self.link, 1, None, self._set_free, self.lost.callback)

    def _set_free(self, cell: Cell) -> None:
        if not self.ready.called:
            self.ready.callback(cell)

    async def test_it_is_ready_examines_and_retires(self) -> None:
        """Its start is no longer timed once it was ready."""
        cell = self.cell()
        assert cell.is_in_change
        await self.ready
        assert (cell.is_in_change, cell.is_deep, self.clock.getDelayedCalls()) == (False, False, [])
        spool = spooled()
        assert isinstance(await cell.examine(spool, 10.0, NO_WISHES, wants_artifacts=False), CellReport)
        assert cell.burial is None
        cell.retire()
        await self.lost
        assert cell.is_in_change
        assert cell.burial is not None
        assert await cell.burial is not None
        spool.close()

    async def test_its_end_is_known_when_its_message_is_answered(self) -> None:
        """Whoever was waiting can ask how it ended."""
        cell = self.cell()
        await self.ready
        os.kill(cell.pid, signal.SIGSTOP)
        spool = spooled()
        answer = cell.examine(spool, 10.0, NO_WISHES, wants_artifacts=False)
        os.kill(cell.pid, signal.SIGKILL)
        assert await answer == CellLost("cell-died")
        assert cell.burial is not None
        buried = await cell.burial
        assert buried is not None
        assert buried.exit_code == -signal.SIGKILL
        spool.close()

    async def test_a_start_that_takes_too_long_is_given_up(self) -> None:
        """A nursery that did not even fork it is ended with it."""
        os.kill(self.link.pid, signal.SIGSTOP)
        cell = self.cell()
        self.clock.advance(20.0)
        await self.lost
        assert cell.end_name == "cell-time"
        await self.link.gone
        while self.clock.getDelayedCalls():
            await deferLater(reactor, 0.01)
