"""One cell of the pool: forked by a nursery, given messages one by one, buried by its nursery.

Comes in: messages. Goes out: answers (`mx/cell/connection.py`); and, when it is lost, how it ended.

Failure: a cell that is not ready in 20 s is given up; when it was not even forked then, its nursery is ended with it.
"""

from collections.abc import Callable
from pathlib import Path
from socket import AF_UNIX

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall

from mx.cell.connection import Answer, CellAbout, CellConnection, OneProtocol
from mx.cell.nursery_link import NurseryLink, Reactor
from mx.cell.orders import Buried
from mx.cell.wishes import Wishes
from mx.spool import Spool

_START_SECONDS = 20.0


class Cell:
    """`set_free` is called when it is ready for a message, `lose` once when it is gone."""

    def __init__(
        self,
        reactor: Reactor,
        link: NurseryLink,
        number: int,
        scratch_folder: Path | None,
        set_free: Callable[["Cell"], None],
        lose: Callable[["Cell"], None],
    ) -> None:
        """Order it. Raises OSError."""
        self._link, self._number = link, number
        self._set_free, self._lose = set_free, lose
        self.is_retired = False
        """It was in order, and is no longer needed."""
        self.about: CellAbout | None = None
        """What it said of itself; None until it is ready."""
        self.is_deep = False
        """It is ready, and has every reader."""
        self.burial: Deferred[Buried | None] | None = None
        """How it ended; None while it lives."""
        self._connection = CellConnection(self._ready, self._lost, scratch_folder)
        with link.fork(number) as ours:
            reactor.adoptStreamConnection(ours.fileno(), AF_UNIX, OneProtocol(self._connection))
        self._start_deadline: IDelayedCall | None = reactor.callLater(_START_SECONDS, self._give_start_up)

    @property
    def pid(self) -> int:
        """Its process id, for the log; 0 while it has none."""
        return self._link.pid_of(self._number)

    @property
    def is_in_change(self) -> bool:
        """Not ready yet, or on its way out."""
        return self.about is None or self.is_retired

    @property
    def end_name(self) -> str:
        """What the finding is called when it is lost now."""
        return self._connection.end_name

    def examine(self, spool: Spool, cpu_seconds: float, wishes: Wishes, *, wants_artifacts: bool) -> Deferred[Answer]:
        """Have it examine this message."""
        return self._connection.examine(spool, cpu_seconds, wishes, wants_artifacts=wants_artifacts)

    def give_up(self, name: str) -> None:
        """End it; the message that it has is answered with a lost cell of this name."""
        self._connection.give_up(name)

    def retire(self) -> None:
        """End it, which is idle, because it is no longer needed."""
        self.is_retired = True
        self._connection.give_up("cell-died")

    def _ready(self, connection: CellConnection) -> None:
        self._end_start()
        self.about = connection.about
        self.is_deep = self.about is not None and self.about.is_deep
        self._set_free(self)

    def _lost(self, connection: CellConnection) -> None:
        self._end_start()
        self.burial = self._link.bury(self._number)
        self._lose(self)

    def _give_start_up(self) -> None:
        if not self.pid:
            self._link.kill()
        self.give_up("cell-time")

    def _end_start(self) -> None:
        if self._start_deadline is not None and self._start_deadline.active():
            self._start_deadline.cancel()
        self._start_deadline = None
