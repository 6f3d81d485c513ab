"""The trace's way to the database: events collected for a quarter of a second, written together in a thread.

`write` never waits and never raises, so the trace cannot delay or change a reply; it lags by up to a second.
What must be durable with a promise is not written here: held and queued rows are committed before the 250.

Failure: while the database is away the events are kept, up to 20,000, and tried again with a growing wait; beyond
that the newest are dropped and counted. Both are logged once, and once more when it works again. A SIGKILL loses what
is not written.
"""

from typing import Any, Protocol

from twisted.application.service import Service
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from tenants.storage.database import DatabaseUnavailable
from tenants.storage.viewpoint import OfTenant
from tenants.trace.book import record_everybodys
from tenants.trace.events import Event

BATCH_SECONDS = 0.25
LONGEST_WAIT_SECONDS = 5.0
MOST_WAITING = 20_000
MOST_TOGETHER = 2_000
"""Events in one transaction: about 50 ms of work, for which other writers of SQLite wait."""


class Runs(Protocol):
    """What the trace writer needs of `DatabaseThreads`."""

    async def run(self, viewpoint: Any, function: Any, *arguments: Any) -> Any: ...


class TraceWriter(Service):
    """A Twisted service; when it is stopped it writes what it has, once."""

    _log = Logger()

    def __init__(self, threads: Runs, clock: IReactorTime) -> None:
        self._threads = threads
        self._clock = clock
        self._waiting: list[Event] = []
        self._next: IDelayedCall | None = None
        self._writing: Deferred[None] | None = None
        self._wait_seconds = BATCH_SECONDS
        self.dropped = 0

    def write(self, *events: Event) -> None:
        """Have these events written soon."""
        room = MOST_WAITING - len(self._waiting)
        self._waiting.extend(events[:room])
        if len(events) > room:
            self._drop(len(events) - max(room, 0))
        self._plan()

    def stopService(self) -> "Deferred[None]":
        """Write what is waiting; what cannot be written now is lost, and the log says how much."""
        super().stopService()
        if self._next is not None:
            self._next.cancel()
            self._next = None
        if self._writing is None:
            self._begin()
        return self._writing or succeed(None)

    def _drop(self, count: int) -> None:
        if not self.dropped:
            self._log.error("The trace is full and events are dropped until the database answers.")
        self.dropped += count

    def _plan(self) -> None:
        if self._next is None and self._writing is None and self._waiting:
            self._next = self._clock.callLater(self._wait_seconds, self._begin)

    def _begin(self) -> None:
        self._next = None
        if self._waiting:
            self._writing = Deferred.fromCoroutine(self._write_waiting())
            self._writing.addErrback(self._report_bug)
            self._writing.addBoth(self._end)

    def _end(self, _: object) -> None:
        self._writing = None
        if self.running:
            self._plan()

    async def _write_waiting(self) -> None:
        while self._waiting:
            batch = tuple(self._waiting[:MOST_TOGETHER])
            try:
                await self._threads.run(OfTenant(batch[0].tenant_id), record_everybodys, batch)
            except DatabaseUnavailable as error:
                self._say_waiting(error)
                return
            # Only now: what could not be written is still there, in order.
            del self._waiting[: len(batch)]
            self._say_working()

    def _say_waiting(self, error: DatabaseUnavailable) -> None:
        if not self.running:
            self._log.error(
                "{count} events of the trace are lost at the stop: {reason}", count=len(self._waiting), reason=error
            )
        elif self._wait_seconds == BATCH_SECONDS:
            self._log.warn("The trace waits for the database: {reason}", reason=error)
        self._wait_seconds = min(self._wait_seconds * 2, LONGEST_WAIT_SECONDS)

    def _say_working(self) -> None:
        if self._wait_seconds > BATCH_SECONDS:
            self._log.info("The trace is being written again; {dropped} events were dropped.", dropped=self.dropped)
        self._wait_seconds = BATCH_SECONDS
        self.dropped = 0

    def _report_bug(self, failure: Failure) -> None:
        # The batch is thrown away: kept, it would fail again and hold up everything that comes after it.
        self._log.failure("Events of the trace could not be written and are dropped.", failure=failure)
        del self._waiting[:MOST_TOGETHER]
