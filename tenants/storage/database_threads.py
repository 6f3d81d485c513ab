"""The database from the reactor thread: books' functions run in threads, durable commits grouped.

* `read`: one function, a reading session, a thread of the pool.
* `run`: one function, a unit of work of its own.
* `run_durably`: the same promise, but functions that wait at the same moment share one transaction, each in a
  savepoint of its own, so that twenty messages cost one sync of the disk. A function that raises undoes its own
  changes alone. Nothing waits for company: whoever comes while a commit is under way goes with the next one.

What comes back is frozen (checked): nothing that belongs to a session or a connection leaves its thread.

Failure: `DatabaseUnavailable` for every function of a group whose commit failed; none of them has happened.
Limits: SQLite: 64 functions a group, one group at a time, because it has one writer. PostgreSQL: eight groups of one
function at a time, because it shares syncs between connections by itself. Figures: docs/decisions/0002.
"""

import dataclasses
from collections import deque
from collections.abc import Callable
from datetime import date, timedelta
from enum import Enum
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy.orm import Session
from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool

from tenants.storage.database import Database, DatabaseUnavailable, plain_errors
from tenants.storage.viewpoint import Viewpoint, look_as

MOST_TOGETHER = 64
THREADS = 10
GROUPS_POSTGRESQL = 8
"""At the same time, so that readers find a thread."""
_PLAIN = (str, bytes, int, float, bool, type(None), date, timedelta, Enum)
P = ParamSpec("P")
T = TypeVar("T")


class NotFrozenError(AssertionError):
    """A bug of ours: a book's function gave something that must not leave its thread."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Waiting:
    viewpoint: Viewpoint
    function: Callable[[Session], Any]
    settled: "Deferred[Any]"


class DatabaseThreads(Service):
    """A Twisted service; when it is stopped, everything that was asked for finishes first."""

    def __init__(self, database: Database, reactor: Any) -> None:
        """`reactor` is the one that runs (IReactorThreads and IReactorFromThreads)."""
        self._database = database
        self._reactor = reactor
        self._pool = ThreadPool(1, THREADS, "database")
        self._waiting: deque[_Waiting] = deque()
        self._most_together = MOST_TOGETHER if database.is_sqlite else 1
        self._free_lanes = 1 if database.is_sqlite else GROUPS_POSTGRESQL
        self._under_way = 0
        self._all_done: Deferred[None] | None = None

    def startService(self) -> None:
        super().startService()
        self._pool.start()

    async def _stop(self) -> None:
        """Let everything that was asked for finish, then end the threads."""
        if self._under_way or self._waiting:
            self._all_done = Deferred()
            await self._all_done
        # From a thread of the reactor's own: joining ours must not stop the reactor that they report to.
        await deferToThreadPool(self._reactor, self._reactor.getThreadPool(), self._pool.stop)

    def stopService(self) -> "Deferred[None]":
        super().stopService()
        return Deferred.fromCoroutine(self._stop())

    def mark(self) -> object | None:
        """See `Database.mark`; asked in the reactor's thread, for it costs a look at a file."""
        return self._database.mark()

    async def read(
        self,
        viewpoint: Viewpoint,
        function: Callable[Concatenate[Session, P], T],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> T:
        """What `function(session, ...)` gives, in a session for reading. Raises DatabaseUnavailable."""

        def in_thread() -> T:
            with self._database.read(viewpoint) as session:
                return frozen(function(session, *arguments, **named))

        return await self._in_thread(in_thread)

    async def run(
        self,
        viewpoint: Viewpoint,
        function: Callable[Concatenate[Session, P], T],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> T:
        """What `function(session, ...)` gives, durable, in a unit of work of its own. Raises DatabaseUnavailable."""

        def in_thread() -> T:
            with self._database.unit_of_work(viewpoint) as session:
                return frozen(function(session, *arguments, **named))

        return await self._in_thread(in_thread)

    async def run_durably(
        self,
        viewpoint: Viewpoint,
        function: Callable[Concatenate[Session, P], T],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> T:
        """What `function(session, ...)` gives, durable, in a shared unit of work. Raises DatabaseUnavailable."""
        settled: Deferred[T] = Deferred()
        self._waiting.append(_Waiting(viewpoint, lambda session: function(session, *arguments, **named), settled))
        self._begin_group()
        return await settled

    def _in_thread(self, call: Callable[..., T], *arguments: Any) -> "Deferred[T]":
        self._under_way += 1
        return deferToThreadPool(self._reactor, self._pool, call, *arguments).addBoth(self._finished)

    def _finished(self, result: Any) -> Any:
        self._under_way -= 1
        if self._all_done is not None:
            # Not before this result has reached the one who asked, who may ask for more.
            self._reactor.callLater(0, self._say_all_done)
        return result

    def _say_all_done(self) -> None:
        if self._all_done is not None and not self._under_way and not self._waiting:
            all_done, self._all_done = self._all_done, None
            all_done.callback(None)

    def _begin_group(self) -> None:
        if not self._waiting or not self._free_lanes:
            return
        self._free_lanes -= 1
        group = [self._waiting.popleft() for _ in range(min(self._most_together, len(self._waiting)))]
        done = self._in_thread(self._carry_out, group)
        done.addBoth(self._end_group, group)

    def _carry_out(self, group: list[_Waiting]) -> list[Any]:
        with self._database.unit_of_work(group[0].viewpoint) as session:
            if len(group) == 1:
                # Nobody else's changes to protect: what it raises undoes the whole transaction.
                return [frozen(group[0].function(session))]
            return [_in_savepoint(session, waiting) for waiting in group]

    def _end_group(self, results: list[Any] | Failure, group: list[_Waiting]) -> None:
        self._free_lanes += 1
        self._begin_group()
        answers = [results] * len(group) if isinstance(results, Failure) else results
        for waiting, answer in zip(group, answers, strict=True):
            if isinstance(answer, Failure):
                waiting.settled.errback(answer)
            else:
                waiting.settled.callback(answer)


def _in_savepoint(session: Session, waiting: _Waiting) -> Any:
    savepoint = session.begin_nested()
    try:
        with plain_errors():
            look_as(session, waiting.viewpoint)
            result = frozen(waiting.function(session))
            savepoint.commit()
    except DatabaseUnavailable:
        raise
    except Exception:
        # Given to the one who asked; an outage was raised above, and the whole group fails with it.
        failure = Failure()
        savepoint.rollback()
        return failure
    return result


def frozen(value: T) -> T:
    """The value itself, once it is sure that nothing in it can change or belongs to a session."""
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, tuple | frozenset) and type(value) in (tuple, frozenset):
        for item in value:
            frozen(item)
        return value
    if dataclasses.is_dataclass(value) and type(value).__dataclass_params__.frozen:  # type: ignore[attr-defined]
        return value
    if isinstance(value, dict) and type(value) is dict:
        for item in value.values():
            frozen(item)
        return value
    raise NotFrozenError(f"A database function gave a {type(value).__name__}, which must not leave its thread.")
