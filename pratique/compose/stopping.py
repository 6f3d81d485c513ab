"""A service of parts that start in order and stop in the reverse order, one after the other.

Twisted's MultiService stops its parts all at once; here a part may rely on the ones before it until it has stopped:
the listener drains while the database still answers.
"""

from collections.abc import Sequence
from typing import Any

from twisted.application.service import IService, MultiService
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.logger import Logger

log = Logger()


class OrderedService(MultiService):
    """The parts of one process."""

    def __init__(self, parts: Sequence[IService]) -> None:
        super().__init__()
        for part in parts:
            self.addService(part)

    def stopService(self) -> "Deferred[Any]":
        """Fires when the first part, stopped last, has stopped."""
        self.running = 0
        return Deferred.fromCoroutine(self._stop_in_order())

    async def _stop_in_order(self) -> None:
        for part in reversed(list(self)):
            stopped: Deferred[Any] = maybeDeferred(part.stopService)
            stopped.addErrback(lambda failure: log.failure("stop.failed", failure))
            await stopped
