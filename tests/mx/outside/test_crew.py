"""The processes of one plug-in: who begins, who stands by, who is asked again."""

import os
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from mx.engines.outside.engine import SPEECH
from mx.engines.outside.wire import STATE_OCTETS, Told
from mx.outside import crew
from mx.outside.crew import CannotBegin, Crew, begin
from mx.outside.process import NoAnswer
from tests.contracts.outside import start_of


class CrewTest(TestCase):
    """Real processes."""

    timeout = 60

    def begun(self, name: str = "odd-engine") -> Crew:
        told, processes = begin(reactor, name, SPEECH, start_of(name))
        assert isinstance(told, Told)
        self.addCleanup(processes.stop)
        return processes

    async def test_a_second_process_stands_by(self) -> None:
        """From the start, without being asked for."""
        processes = self.begun()
        running: Any = reactor
        while processes.processes < crew.PROCESSES:
            moment: Deferred[None] = Deferred()
            running.callLater(0.01, moment.callback, None)
            await moment

    async def test_once_stopped_it_answers_nobody(self) -> None:
        """What waits is told so, and no process stays behind."""
        processes = self.begun()
        waiting = processes.ask(STATE_OCTETS)
        await processes.stop()
        assert await waiting == NoAnswer("its process ended")
        assert processes.processes == 0

    async def test_who_gives_up_is_forgotten(self) -> None:
        """Whether or not the call was begun."""
        processes = self.begun()
        for _ in range(3):
            processes.ask(STATE_OCTETS).addErrback(lambda _: None).cancel()
        assert not isinstance(await processes.ask(STATE_OCTETS), NoAnswer)

    def test_one_that_cannot_be_made_says_why(self) -> None:
        """What its factory raises; that it says nothing; that it is no such process at all."""
        for name, why in (("broken", "KeyError: 'host'"), ("nonsense", "no frame"), ("silent", "timed out")):
            if name == "silent":
                self.patch(crew, "HELLO_SECONDS", 0.2)
            with self.assertRaisesRegex(CannotBegin, why):
                begin(reactor, name, SPEECH, start_of(name))

        def start_nothing() -> Any:
            raise OSError(11, os.strerror(11))

        with self.assertRaisesRegex(CannotBegin, os.strerror(11)):
            begin(reactor, "nothing", SPEECH, start_nothing)
