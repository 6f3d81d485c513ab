"""The runner: leases work from the database and carries it out, a bounded number of pieces at a time.

It looks once a second; at once when all that it had begun has ended; and where the last look found something, as soon
as a piece has ended, but no sooner than BACKLOG_SECONDS after another. Where nothing waits at all, not even for its
time, there is nothing to look for until somebody commits: on SQLite that can be seen for almost nothing, and the look
is spared, for QUIET_SECONDS at most.

Comes in: a `Work` (the queue's is `queue.py`, the releases' is `mx/resume.py`). Goes out: settled leases.

Failure: the database away ends the round, and the next begins POLL_SECONDS later. A piece of work that raises is logged
once; its lease ends by itself, and it is leased again. A runner that is stopped begins nothing new and waits for what
is under way; what it was just leasing is left to its lease's end.
Limits: MOST_AT_ONCE pieces of work under way.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from tenants.storage.database import DatabaseUnavailable

POLL_SECONDS = 1.0
BACKLOG_SECONDS = 0.05
"""So that one slow piece does not make a backlog wait for the next second, nor each quick one cost a look."""
LEASE_SECONDS = 120.0
"""Longer than any piece of work may take."""
QUIET_SECONDS = 10.0
"""A look so often in any case."""
MOST_AT_ONCE = 20

log = Logger()


class Work(Protocol):
    """Where work comes from."""

    @property
    def name(self) -> str:
        """For the log."""
        ...

    async def lease(self, most: int) -> Sequence[Coroutine[Any, Any, None]]:
        """At most `most` pieces of work that are now this runner's. Raises DatabaseUnavailable."""
        ...

    async def is_any_waiting(self) -> bool:
        """Whether there is anything that could become work by the passing of time alone. Raises DatabaseUnavailable."""
        ...


class Runner(Service):
    """Leases and carries out, until it is stopped."""

    def __init__(self, work: Work, clock: IReactorTime, mark: Callable[[], object | None] = lambda: None) -> None:
        """`mark`: another one after each commit to the database, by whomever; None where that cannot be told."""
        self._work, self._clock, self._mark = work, clock, mark
        self._quiet_mark: object | None = None
        self._quiet_until = 0.0
        self._under_way: set[Deferred[None]] = set()
        self._next: IDelayedCall | None = None
        self._round: Deferred[bool | None] | None = None
        self._found_some = False

    def startService(self) -> None:
        """Begin the first round at once."""
        super().startService()
        self._begin_round()

    def stopService(self) -> "Deferred[Any] | None":
        """Begin nothing new; fires when what is under way has ended."""
        super().stopService()
        if self._next is not None:
            self._next.cancel()
            self._next = None
        return Deferred.fromCoroutine(self._drain())

    async def _drain(self) -> None:
        if self._round is not None:
            await DeferredList([self._round])
        if self._under_way:
            await DeferredList(list(self._under_way))

    def _begin_round(self) -> None:
        self._next = None
        self._round = Deferred.fromCoroutine(self._one_round())
        self._round.addErrback(lambda failure: log.failure("runner.round-failed", failure, work=self._work.name))
        self._round.addBoth(self._plan)

    def _plan(self, began: object) -> None:
        """Plan the next round: at once when all that the last one began has ended, for there may be more."""
        self._round, self._found_some = None, began is True
        if self.running:
            wait = 0.0 if self._found_some and not self._under_way else POLL_SECONDS
            self._next = self._clock.callLater(wait, self._begin_round)

    async def _one_round(self) -> bool:
        """Whether there was something to begin."""
        free = MOST_AT_ONCE - len(self._under_way)
        # Before the look: what is committed while it goes on is seen by the next one.
        mark = self._mark()
        if free <= 0 or (mark is not None and mark == self._quiet_mark and self._clock.seconds() < self._quiet_until):
            return False
        try:
            pieces = await self._work.lease(free)
            if mark is not None and not pieces and not await self._work.is_any_waiting():
                self._quiet_mark, self._quiet_until = mark, self._clock.seconds() + QUIET_SECONDS
        except DatabaseUnavailable as error:
            log.warn("runner.database-away", work=self._work.name, reason=str(error))
            return False
        for piece in pieces:
            if self.running:
                self._begin(piece)
            else:
                piece.close()
        return bool(pieces)

    def _begin(self, piece: Coroutine[Any, Any, None]) -> None:
        under_way = Deferred.fromCoroutine(piece)
        self._under_way.add(under_way)
        under_way.addErrback(self._failed)
        under_way.addBoth(self._ended, under_way)

    def _ended(self, _: object, under_way: "Deferred[None]") -> None:
        self._under_way.discard(under_way)
        if self._next is None:
            return
        # A backlog is worked off as fast as it goes, not so much a second.
        if not self._under_way:
            self._next.reset(0)
        elif self._found_some and self._next.getTime() - self._clock.seconds() > BACKLOG_SECONDS:
            self._next.reset(BACKLOG_SECONDS)

    def _failed(self, failure: Any) -> None:
        if failure.check(DatabaseUnavailable):
            log.warn("runner.not-settled", work=self._work.name, reason=failure.getErrorMessage())
        else:
            log.failure("runner.work-failed", failure, work=self._work.name)
