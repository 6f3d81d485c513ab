"""The canaries' round: every engine of the panel is shown what it must find, each minute, and sooner when it is ill.

Goes out: engines that are dead, or blind, are out of rotation, and are back once they find their canary again
(`health.py`), without anybody's message having waited for them.

Failure: a canary that is not found is what this is for. A bug in a round is logged, and the next one comes.
"""

from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from mx.engines.panel import Panel

LOOK_SECONDS = 1.0

log = Logger()


class Canaries(Service):
    """Of one panel."""

    name = "canaries"

    def __init__(self, panel: Panel, reactor: Any) -> None:
        self._panel = panel
        self._under_way: set[Deferred[None]] = set()
        self._looking = LoopingCall(self._look)
        self._looking.clock = reactor

    def startService(self) -> None:
        """The first canaries fly at once."""
        super().startService()
        self._looking.start(LOOK_SECONDS)

    def stopService(self) -> None:
        """Those under way are given up."""
        super().stopService()
        if self._looking.running:
            self._looking.stop()
        for probe in list(self._under_way):
            probe.cancel()

    def _look(self) -> None:
        for name in self._panel.due_for_probe():
            probe = Deferred.fromCoroutine(self._panel.probe(name))
            self._under_way.add(probe)
            probe.addErrback(self._failed)
            probe.addBoth(self._ended, probe)

    def _ended(self, _: object, probe: "Deferred[None]") -> None:
        self._under_way.discard(probe)

    def _failed(self, failure: Any) -> None:
        if self.running:
            log.failure("engines.canary-failed", failure)
