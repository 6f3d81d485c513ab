"""Our end of a plug-in's process: turns, doubt, nonsense and death."""

import socket
import subprocess
import sys
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from mx.agents.contract import About, Go
from mx.agents.outside.agent import SPEECH
from mx.agents.outside.wire import Told, answer_octets
from mx.outside import process
from mx.outside.frames import Frame, frame_octets
from mx.outside.process import Call, OutsideProcess


class OutsideProcessTest(TestCase):
    """A process that sleeps, and a test that says what it would."""

    timeout = 30

    def setUp(self) -> None:
        ours, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        ours.setblocking(False)
        self.sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        self.is_free: Deferred[None] = Deferred()
        self.gone: Deferred[list[Call]] = Deferred()
        told = Told(About("odd"), ())
        self.back: list[Call] = []
        self.process = OutsideProcess(reactor, (self.sleeper, ours), SPEECH, told, self._free, self._back, self._lost)
        self.addCleanup(self._end)

    def _end(self) -> Any:
        self.theirs.close()
        return self.gone

    def _free(self) -> None:
        free, self.is_free = self.is_free, Deferred()
        free.callback(None)

    def _back(self, call: Call) -> None:
        self.back.append(call)
        self._free()

    def _lost(self, _: OutsideProcess, calls: list[Call]) -> None:
        self.gone.callback(calls)

    def call(self, number: int) -> Call:
        """One that has been given to it."""
        call = Call(number, frame_octets(Frame.CALL, number), Deferred())
        self.process.give(call)
        return call

    async def says(self, *frames: bytes) -> None:
        """It writes these, and they have been read."""
        for frame in frames:
            free = self.is_free
            self.theirs.sendall(frame)
            await free

    async def test_it_is_given_one_call_until_that_waits(self) -> None:
        """Then the next; answers come in any order."""
        first = self.call(1)
        await self.says(frame_octets(Frame.BEGUN, 1))
        assert not self.process.is_ready and first.is_begun
        await self.says(frame_octets(Frame.WAITS, 1))
        assert self.process.is_ready and not first.answered.called
        second = self.call(2)
        await self.says(frame_octets(Frame.BEGUN, 2), frame_octets(Frame.ANSWER, 1, answer_octets(Go())))
        assert await first.answered == (Go(),) and not second.answered.called and not self.process.is_ready

    async def test_one_that_shows_that_it_lives_is_believed(self) -> None:
        """However late its answer is."""
        self.patch(process, "SILENCE_SECONDS", 3600)
        late = self.call(1)
        await self.says(frame_octets(Frame.BEGUN, 1), frame_octets(Frame.WAITS, 1))
        assert self.process.doubt(late) and not self.process.is_ready
        await self.says(frame_octets(Frame.BEGUN, 0))
        assert self.process.is_ready
        await self.says(frame_octets(Frame.ANSWER, 1, answer_octets(Go())))
        assert not self.process.doubt(late), "it is not its any more"

    async def test_one_that_is_silent_is_killed(self) -> None:
        """And reaped; what it had begun is told."""
        self.patch(process, "SILENCE_SECONDS", 0.05)
        begun = self.call(1)
        await self.says(frame_octets(Frame.BEGUN, 1))
        self.process.doubt(begun)
        assert [(each.number, each.is_begun) for each in await self.gone] == [(1, True)]
        assert self.sleeper.returncode == -9

    async def test_a_call_that_it_does_not_read_goes_back(self) -> None:
        """Though it is no nonsense when it reads and answers it later."""
        self.patch(process, "UNREAD_SECONDS", 0.05)
        self.patch(process, "OCTETS_A_SECOND", 1 << 30)
        free = self.is_free
        unread = self.call(1)
        await free
        assert self.back == [unread] and not unread.is_begun and not self.process.is_ready
        await self.says(frame_octets(Frame.BEGUN, 1), frame_octets(Frame.ANSWER, 1, answer_octets(Go())))
        assert self.process.is_ready and not unread.answered.called

    async def test_nonsense_is_its_end(self) -> None:
        """A frame out of its turn, or none."""
        self.theirs.sendall(frame_octets(Frame.BEGUN, 9))
        assert await self.gone == [] and self.sleeper.returncode == -9

    async def test_its_death_is_told(self) -> None:
        """With the calls that it had."""
        call = self.call(1)
        self.theirs.close()
        assert await self.gone == [call]
