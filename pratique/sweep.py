"""The sweep: removes stored octets that no waiting message needs any more, and octets that no row ever named; and the
rows of notices that were written long ago, of tries that greylisting need not remember, and of snapshots' steps.

Octets are stored before their row is committed, so a row may be on its way: octets without a row are removed only when
they were without one in two rounds that lie ORPHAN_SECONDS apart. What a row names is never touched.

Failure: a store or database that is away is logged, and the next round tries again.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger

from tenants.encryption.sealed import SealedStore, names_without_row, take_unneeded
from tenants.queue.notices import forget_done
from tenants.senders.greylist import forget_old
from tenants.storage.database import DatabaseUnavailable
from tenants.storage.database_threads import DatabaseThreads
from tenants.storage.viewpoint import Reader
from tenants.trace.book import forget_steps

ROUND_SECONDS = 5.0
"""A full disk takes mail again once what was delivered is removed."""
ORPHAN_SECONDS = timedelta(hours=1).total_seconds()
MOST_A_ROUND = 500

log = Logger()


class Sweep(Service):
    """One round every ROUND_SECONDS while it runs."""

    name = "sweep"

    def __init__(
        self, threads: DatabaseThreads, sealed: SealedStore, reactor: Any, now: Callable[[], datetime]
    ) -> None:
        self._threads, self._sealed, self._reactor, self._now = threads, sealed, reactor, now
        self._suspects: frozenset[str] = frozenset()
        self._next_look = 0.0
        self._next: IDelayedCall | None = None
        self._round: Deferred[None] | None = None

    def startService(self) -> None:
        """Plan the first round."""
        super().startService()
        self._plan(None)

    def stopService(self) -> "Deferred[None] | None":
        """Begin no further round; fires when the one under way has ended."""
        super().stopService()
        if self._next is not None:
            self._next.cancel()
            self._next = None
        return self._round

    def _plan(self, _: object) -> None:
        self._round = None
        if self.running:
            self._next = self._reactor.callLater(ROUND_SECONDS, self._begin)

    def _begin(self) -> None:
        self._next = None
        self._round = Deferred.fromCoroutine(self.sweep_once())
        self._round.addErrback(lambda failure: log.failure("sweep.failed", failure))
        self._round.addBoth(self._plan)

    async def sweep_once(self) -> None:
        """One round."""
        try:
            unneeded = await self._threads.run(Reader.SWEEPER, take_unneeded, MOST_A_ROUND)
            await self._delete(unneeded)
            await self._threads.run(Reader.SWEEPER, forget_done, self._now())
            if self._reactor.seconds() >= self._next_look:
                self._next_look = self._reactor.seconds() + ORPHAN_SECONDS
                await self._look_for_orphans()
                await self._threads.run(Reader.SWEEPER, forget_old, self._now())
                await self._threads.run(Reader.SWEEPER, forget_steps, self._now())
        except (OSError, DatabaseUnavailable) as error:
            log.warn("sweep.put-off", reason=str(error))

    async def _look_for_orphans(self) -> None:
        pool = self._reactor.getThreadPool()
        names = await deferToThreadPool(self._reactor, pool, lambda: tuple(self._sealed.names()))
        found: set[str] = set()
        for start in range(0, len(names), MOST_A_ROUND):
            portion = names[start : start + MOST_A_ROUND]
            found.update(await self._threads.read(Reader.SWEEPER, names_without_row, portion))
        orphans = found & self._suspects
        self._suspects = frozenset(found - orphans)
        if orphans:
            log.info("sweep.orphans", count=len(orphans))
        await self._delete(tuple(orphans))

    async def _delete(self, names: tuple[str, ...]) -> None:
        if names:
            await deferToThreadPool(self._reactor, self._reactor.getThreadPool(), self._sealed.delete, names)
