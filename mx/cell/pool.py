"""The pool of cells: messages in, reports out; no child outlives its usefulness.

Built by the composer for each process that examines mail. A fixed number of children is kept alive; a message goes to
a free one, or waits its turn. `examine` always gives a report, save when no cell came free in time (NoCellFree).

Failure: a child that dies, hangs past its deadline or talks nonsense is killed by its id and replaced at once, and its
message is *unscannable*. Children that die while they start are replaced after growing waits, up to 10 s.
Limits: a message waits for a cell at most half of the seconds it was given; `waiting_limit` messages may wait.
"""

import subprocess
from collections import deque
from collections.abc import Callable
from pathlib import Path
from socket import AF_UNIX, socket
from typing import Any
from typing import Protocol as Seam

from twisted.application.service import Service
from twisted.internet.address import UNIXAddress
from twisted.internet.defer import Deferred, TimeoutError, gatherResults
from twisted.internet.interfaces import IAddress, IDelayedCall
from twisted.internet.protocol import Factory
from twisted.logger import Logger

from mx.cell.connection import CellAbout, CellConnection
from mx.cell.report import CellReport, NoCellFree
from mx.cell.spawn import spawn_cell
from mx.spool import Spool

CPU_SECONDS = 10.0
_START_SECONDS = 20.0
_FIRST_WAIT_SECONDS = 0.1
_LONGEST_WAIT_SECONDS = 10.0
_REAP_SECONDS = 0.01

Spawn = Callable[[], tuple[subprocess.Popen[bytes], socket]]
"""Starts a child: it, and our end of its socket."""


class Reactor(Seam):
    """What is asked of Twisted's reactor."""

    def seconds(self) -> float: ...

    def callLater(self, delay: float, callable: Callable[..., object], *args: object) -> IDelayedCall: ...

    def adoptStreamConnection(self, fileDescriptor: int, addressFamily: Any, factory: Any) -> Any: ...


class CellPool(Service):
    """`count` children; `scratch_folder` is where large artifacts are spooled."""

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        count: int,
        scratch_folder: Path | None = None,
        *,
        waiting_limit: int = 200,
        spawn: Spawn = spawn_cell,
    ) -> None:
        self._reactor: Reactor = reactor
        self._spawn_cell = spawn
        self._count = count
        self._scratch_folder = scratch_folder
        self._waiting_limit = waiting_limit
        self._cells: set[_Cell] = set()
        self._free: list[_Cell] = []
        self._waiting: deque[Deferred[_Cell]] = deque()
        self._respawns: set[IDelayedCall] = set()
        self._failed_starts = 0
        self.about: CellAbout | None = None
        """What the newest child said of itself; None until the first is ready."""

    @property
    def free(self) -> int:
        """How many children wait for a message."""
        return len(self._free)

    def startService(self) -> None:
        super().startService()
        for _ in range(self._count):
            self._spawn()

    def stopService(self) -> Deferred[list[None]]:
        super().stopService()
        for call in self._respawns:
            call.cancel()
        self._respawns.clear()
        while self._waiting:
            self._waiting.popleft().errback(NoCellFree("the pool is closing"))
        gone = [cell.gone for cell in self._cells]
        for cell in list(self._cells):
            cell.give_up("cell-died")
        return gatherResults(gone)

    async def examine(self, spool: Spool, *, want_artifacts: bool, seconds: float) -> CellReport:
        """The report on this frozen spool, within `seconds`. The caller closes it, and before it, not the spool.

        Raises NoCellFree when no cell came free in half of that time, SpoolFull when its contents found no room.
        """
        began = self._reactor.seconds()
        cell = await self._next_free(seconds / 2)
        left = max(0.0, seconds - (self._reactor.seconds() - began))
        deadline = self._reactor.callLater(left, cell.give_up, "cell-time")
        try:
            return await cell.examine(spool, min(CPU_SECONDS, left), want_artifacts)
        finally:
            if deadline.active():
                deadline.cancel()

    async def _next_free(self, seconds: float) -> "_Cell":
        while self._free:
            if (cell := self._free.pop()).is_alive():
                return cell
        if not self.running or len(self._waiting) >= self._waiting_limit:
            raise NoCellFree("too many messages wait for a cell")
        turn: Deferred[_Cell] = Deferred(self._waiting.remove)
        self._waiting.append(turn)
        turn.addTimeout(seconds, self._reactor)  # type: ignore[arg-type]
        try:
            return await turn
        except TimeoutError:
            raise NoCellFree("no cell came free in time") from None

    def _spawn(self) -> None:
        try:
            self._cells.add(_Cell(self._reactor, self._spawn_cell(), self._scratch_folder, self._set_free, self._lose))
        except OSError as error:
            self._log.error("cell-not-started", reason=str(error))
            self._spawn_later()

    def _set_free(self, cell: "_Cell") -> None:
        self._failed_starts = 0
        self.about = cell.about
        if self._waiting:
            self._waiting.popleft().callback(cell)
            return
        self._free.append(cell)

    def _lose(self, cell: "_Cell") -> None:
        self._cells.discard(cell)
        if cell in self._free:
            self._free.remove(cell)
        if not self.running:
            return
        if cell.about is None:
            self._log.error("cell-died-at-start")
            self._spawn_later()
        else:
            self._log.warn("cell-lost")
            self._spawn()

    def _spawn_later(self) -> None:
        wait = min(_LONGEST_WAIT_SECONDS, _FIRST_WAIT_SECONDS * 2.0 ** min(self._failed_starts, 10))
        self._failed_starts += 1

        def respawn() -> None:
            self._respawns.discard(call)
            self._spawn()

        call = self._reactor.callLater(wait, respawn)
        self._respawns.add(call)


class _Cell:
    """One child: its process, our end of its socket, and its burial."""

    def __init__(
        self,
        reactor: Reactor,
        child: tuple[subprocess.Popen[bytes], socket],
        scratch_folder: Path | None,
        set_free: Callable[["_Cell"], None],
        lose: Callable[["_Cell"], None],
    ) -> None:
        self._reactor = reactor
        self._set_free = set_free
        self._lose = lose
        self.gone: Deferred[None] = Deferred()
        """Fires once the process has been reaped."""
        self._process, ours = child
        self._start_deadline: IDelayedCall | None = reactor.callLater(_START_SECONDS, self.give_up, "cell-time")
        self._connection = CellConnection(self._process.kill, self._ready, self._lost, scratch_folder)
        with ours:
            reactor.adoptStreamConnection(ours.fileno(), AF_UNIX, _OneProtocol(self._connection))

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_alive(self) -> bool:
        """False for a child whose end has not reached us as the end of its socket yet."""
        return self._process.poll() is None

    @property
    def about(self) -> CellAbout | None:
        return self._connection.about

    def examine(self, spool: Spool, cpu_seconds: float, wants_artifacts: bool) -> Deferred[CellReport]:
        return self._connection.examine(spool, cpu_seconds, wants_artifacts=wants_artifacts)

    def give_up(self, name: str) -> None:
        self._connection.give_up(name)

    def _ready(self, connection: CellConnection) -> None:
        self._end_start()
        self._set_free(self)

    def _lost(self, connection: CellConnection) -> None:
        self._end_start()
        self._process.kill()
        self._reap()
        self._lose(self)

    def _end_start(self) -> None:
        if self._start_deadline is not None and self._start_deadline.active():
            self._start_deadline.cancel()
        self._start_deadline = None

    def _reap(self) -> None:
        try:
            self._process.wait(0)
        except subprocess.TimeoutExpired:
            self._reactor.callLater(_REAP_SECONDS, self._reap)
        else:
            self.gone.callback(None)


class _OneProtocol(Factory):
    """Gives the one protocol there is to the one connection there is."""

    noisy = False

    def __init__(self, protocol: CellConnection) -> None:
        self._protocol = protocol

    def buildProtocol(self, addr: IAddress | UNIXAddress | None) -> CellConnection:
        return self._protocol
