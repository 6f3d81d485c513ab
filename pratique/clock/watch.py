"""Looks at the clocks every LOOK_SECONDS, in the process that a person started, and says when the wall clock was set.

Comes in: the service's clock, which notes by this that the service is there. Goes out: a warning in the log, once for
each time that the wall clock was set and once when it was set right; mail is not touched by either.

Failure: none.
"""

from datetime import timedelta
from typing import Any

from twisted.application.service import Service
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from pratique.clock.service_clock import FOLLOWED, ServiceClock

LOOK_SECONDS = 5.0

log = Logger()


class ClockWatch(Service):
    """Looks while it runs."""

    name = "clock watch"

    def __init__(self, clock: ServiceClock, reactor: Any) -> None:
        self._clock, self._reactor = clock, reactor
        self._told = timedelta(0)
        self._next: IDelayedCall | None = None

    def startService(self) -> None:
        """Look at once."""
        super().startService()
        self._look()

    def stopService(self) -> None:
        """Look no more, and let go of the clock."""
        super().stopService()
        if self._next is not None:
            self._next.cancel()
            self._next = None
        self._clock.close()

    def _look(self) -> None:
        self._next = self._reactor.callLater(LOOK_SECONDS, self._look)
        ahead = self._clock.wall_is_ahead_by()
        if abs(ahead - self._told) > FOLLOWED:
            self._told = ahead
            log.warn("clock.set", wall_ahead_seconds=round(ahead.total_seconds()))
