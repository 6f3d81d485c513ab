"""Our side of a real nursery."""

import os
import signal

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from mx.cell.nursery_link import NurseryLink
from mx.cell.orders import Buried
from mx.cell.spawn import spawn_nursery


class LinkTests(TestCase):
    """One nursery for each test."""

    timeout = 60

    def setUp(self) -> None:
        self.lost = 0
        self.link = NurseryLink(reactor, spawn_nursery(), self._lose)

    async def tearDown(self) -> None:
        if not self.lost:
            self.link.end()
        await self.link.gone

    def _lose(self, link: NurseryLink) -> None:
        self.lost += 1

    async def forked(self, number: int) -> int:
        with self.link.fork(number) as ours:
            assert not ours.getblocking()
            return await self.known(number)

    async def known(self, number: int) -> int:
        while not self.link.pid_of(number):
            await deferLater(reactor, 0.01)
        return self.link.pid_of(number)

    async def test_a_cell_is_forked_and_buried_by_its_number(self) -> None:
        """Its process id is known in between; it lives as long as its socket is open."""
        with self.link.fork(5):
            pid = await self.known(5)
            os.kill(pid, 0)
            assert await self.link.bury(5) == Buried(5, -signal.SIGKILL, None)
        assert self.link.pid_of(5) == 0
        with self.assertRaises(ProcessLookupError):
            os.kill(pid, 0)

    async def test_a_burial_that_nobody_answers_is_answered_with_nothing(self) -> None:
        """A nursery that hangs keeps no message waiting for more than a second."""
        await self.forked(1)
        os.kill(self.link.pid, signal.SIGSTOP)
        began = reactor.seconds()
        assert await self.link.bury(1) is None
        assert reactor.seconds() - began < 5
        os.kill(self.link.pid, signal.SIGCONT)

    async def test_a_nursery_that_dies_is_lost_once(self) -> None:
        """Burials under way are answered, and no order is taken any more."""
        await self.forked(1)
        os.kill(self.link.pid, signal.SIGSTOP)
        burial: Deferred[Buried | None] = self.link.bury(1)
        self.link.kill()
        assert await burial is None
        await self.link.gone
        assert self.lost == 1
        assert await self.link.bury(2) is None
        with self.assertRaises(OSError):
            self.link.fork(3)
        with self.assertRaises(OSError):
            self.link.deepen()

    async def test_a_nursery_that_does_not_end_is_ended(self) -> None:
        """A second after its socket was closed."""
        os.kill(self.link.pid, signal.SIGSTOP)
        self.link.end()
        await self.link.gone
        assert self.lost == 1
