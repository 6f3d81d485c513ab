"""Parts that start in order and stop in the reverse order."""

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from pratique.compose.stopping import OrderedService


class Part(Service):
    """Notes what happens to it; its stop ends when the test says so."""

    def __init__(self, name: str, noted: list[str]) -> None:
        self.part, self.noted = name, noted
        self.stopped: Deferred[None] = Deferred()

    def startService(self) -> None:
        super().startService()
        self.noted.append(f"start {self.part}")

    def stopService(self) -> "Deferred[None]":
        super().stopService()
        self.noted.append(f"stop {self.part}")
        return self.stopped


class Stopping(TestCase):
    """Three parts, of which one rests on the one before."""

    def setUp(self) -> None:
        self.noted: list[str] = []
        self.parts = [Part(name, self.noted) for name in ("database", "cells", "listener")]
        self.service = OrderedService(self.parts)
        self.service.startService()

    def test_a_part_stops_when_those_that_rest_on_it_have(self) -> None:
        """The database answers until the listener has drained."""
        assert self.noted == ["start database", "start cells", "start listener"]
        stopped = self.service.stopService()
        assert self.noted[3:] == ["stop listener"]
        self.parts[2].stopped.callback(None)
        assert self.noted[4:] == ["stop cells"]
        self.parts[1].stopped.callback(None)
        self.parts[0].stopped.callback(None)
        self.successResultOf(stopped)
        assert not self.service.running

    def test_a_part_that_fails_to_stop_keeps_nobody_else(self) -> None:
        """It is logged, and the others stop all the same."""
        stopped = self.service.stopService()
        self.parts[2].stopped.errback(ValueError("stuck"))
        self.parts[1].stopped.callback(None)
        self.parts[0].stopped.callback(None)
        self.successResultOf(stopped)
        [logged] = self.flushLoggedErrors(ValueError)
        assert logged.getErrorMessage() == "stuck"
