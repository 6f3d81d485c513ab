"""The pool of cells: messages in, reports out; no cell outlives its usefulness.

Built by the composer for each process that examines mail. A message goes to a free cell, or waits its turn
(`mx/cell/turns.py`); `mx/cell/population.py` sees to it that there are cells. `examine` always gives a report, save
when no cell came free in time, or the machine was too busy to let one compute (NoCellFree).

Failure: a cell that dies is replaced at once, and its message is examined a second time in another; when that dies
too, and when a cell computes past its deadline or talks nonsense, the message is *unscannable*, and the name of the
finding says what was being opened (`mx/cell/loss.py`). A cell that is out of time by the clock on the wall alone, and
has not computed for as long as a message may, is given up too, but its message is not judged: a busy machine's clean
mail is put off, never refused.
Limits: a message waits for a cell at most half of the seconds that it has left; `waiting_limit` messages may wait. One
tenant's messages have at most `count` cells; a tenant that has none waits a twentieth of a second, then one is added.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_never

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall

from mx.cell.cell import Cell
from mx.cell.connection import Answer, CellAbout, CellLost, CellStarved, DeeperNeeded
from mx.cell.cpu_time import computed_seconds
from mx.cell.loss import Loss, loss_of
from mx.cell.nursery_link import Reactor, Spawn
from mx.cell.population import Population
from mx.cell.report import CellReport, NoCellFree, report_of_a_lost_cell
from mx.cell.spawn import spawn_nursery
from mx.cell.turns import Turn, Turns
from mx.cell.wishes import NO_WISHES, Wishes
from mx.spool import Spool

CPU_SECONDS = 10.0
_PATIENCE_SECONDS = 0.05
DEEPEN_SECONDS = 1.0
_STARVED, _TOO_BUSY = "cell-starved", "the machine is too busy"
_UNWATCHED_SHARE = 0.05
"""Of its time, the beginning: nearly all are done by then, and how long they have computed is not asked."""
_SPENT_SHARE = 0.9
"""Of its CPU seconds: a cell that has computed for so long has spent them, for its beginning is not watched."""


@dataclass(eq=False, slots=True)
class _Waiting(Turn):
    """A message in line, how long it stays there, and how it is told that its turn has come."""

    until: float = 0.0
    """By the reactor's clock."""
    given: Deferred[Cell] | None = None


@dataclass(frozen=True, slots=True)
class _Task:
    """One message to examine."""

    spool: Spool
    wants_artifacts: bool
    wishes: Wishes
    ends: float
    """When its seconds are over, by the reactor's clock."""


class CellPool(Service):
    """`count` cells; `scratch_folder` is where large artifacts are spooled."""

    def __init__(
        self,
        reactor: Any,
        count: int,
        scratch_folder: Path | None = None,
        *,
        waiting_limit: int = 200,
        deepen_seconds: float | None = DEEPEN_SECONDS,
        cpu_seconds: float = CPU_SECONDS,
        spawn: Spawn = spawn_nursery,
    ) -> None:
        """Deep cells are made `deepen_seconds` after the first is ready, or, when None, once a message needs one.

        A message may have `cpu_seconds`, however little time it has left by the clock on the wall.
        """
        self._reactor: Reactor = reactor
        self._cpu_seconds = cpu_seconds
        self._turns = Turns(waiting_limit, count)
        self._population = Population(reactor, count, scratch_folder, spawn, deepen_seconds, self._offer)
        self._next_look: IDelayedCall | None = None

    @property
    def about(self) -> CellAbout | None:
        """What the newest cell said of itself; None until the first is ready."""
        return self._population.about

    @property
    def population(self) -> Population:
        """The cells that there are."""
        return self._population

    def startService(self) -> None:
        super().startService()
        self._population.start()

    def stopService(self) -> Deferred[None]:
        super().stopService()
        for turn in self._turns.waiting:
            self._send_away(turn, "the pool is closing")
        if self._next_look is not None:
            self._next_look.cancel()
            self._next_look = None
        return self._population.stop()

    async def examine(
        self, spool: Spool, *, want_artifacts: bool, seconds: float, wishes: Wishes = NO_WISHES
    ) -> CellReport:
        """The report on this frozen spool, within `seconds`. The caller closes it, and before it, not the spool.

        Raises NoCellFree when no cell came free in half of that time, or the machine let none compute, SpoolFull
        when its contents found no room.
        """
        task = _Task(spool, want_artifacts, wishes, self._reactor.seconds() + seconds)
        needs_deep = is_second_try = False
        while True:
            until = self._reactor.seconds() + self._left(task) / 2
            cell = await self._next_cell(_Waiting(wishes.tenant_id, needs_deep, is_second_try, until))
            match await self._examine_in(cell, task):
                case CellReport() as report:
                    return report
                case DeeperNeeded():
                    self._population.deepen()
                    needs_deep = True
                case CellStarved():
                    raise NoCellFree(_TOO_BUSY)
                case CellLost(end_name):
                    loss = await _loss(cell, end_name)
                    if end_name == _STARVED:
                        raise NoCellFree(_TOO_BUSY)
                    if is_second_try or not loss.may_try_again or not self._left(task):
                        return report_of_a_lost_cell(loss.name)
                    is_second_try = True
                case never:
                    assert_never(never)

    def _left(self, task: _Task) -> float:
        return max(0.0, task.ends - self._reactor.seconds())

    async def _examine_in(self, cell: Cell, task: _Task) -> Answer:
        watch = _Watch(self._reactor, cell, self._left(task), self._cpu_seconds)
        try:
            return await cell.examine(task.spool, self._cpu_seconds, task.wishes, wants_artifacts=task.wants_artifacts)
        finally:
            watch.end()
            self._turns.end(task.wishes.tenant_id)
            if self._turns.is_anybody_waiting:
                # Cells that came free while this tenant had its most, this message's own among them, were not taken.
                self._population.offer_free()

    async def _next_cell(self, turn: _Waiting) -> Cell:
        """A cell that is this message's now."""
        if not self.running:
            raise NoCellFree("the pool is closed")
        if self._turns.may_begin(turn, is_deep=True):
            cell = self._population.take(needs_deep=turn.needs_deep)
            if cell is not None:
                self._turns.begin(turn.tenant_id)
                return cell
        given: Deferred[Cell] = Deferred(lambda _: self._turns.remove(turn))
        turn.given = given
        leaves = self._turns.add(turn)
        if leaves is not None:
            self._send_away(leaves, "too many messages wait for a cell")
        self._look_later()
        return await given

    def _offer(self, cell: Cell) -> bool:
        turn = self._turns.next_for(is_deep=cell.is_deep)
        if not isinstance(turn, _Waiting) or turn.given is None:
            return False
        self._turns.begin(turn.tenant_id)
        turn.given.callback(cell)
        return True

    def _send_away(self, turn: Turn, why: str) -> None:
        self._turns.remove(turn)
        if isinstance(turn, _Waiting) and turn.given is not None:
            turn.given.errback(NoCellFree(why))

    def _look_later(self) -> None:
        if self._next_look is None and self._turns.waiting:
            self._next_look = self._reactor.callLater(_PATIENCE_SECONDS, self._look)

    def _look(self) -> None:
        """Send away who has waited too long; see whether somebody waits whose tenant has no message in any cell."""
        self._next_look = None
        now = self._reactor.seconds()
        for turn in self._turns.waiting:
            if isinstance(turn, _Waiting) and turn.until <= now:
                self._send_away(turn, "no cell came free in time")
        if any(not self._turns.under_way(turn.tenant_id) for turn in self._turns.waiting):
            self._population.add_one()
        self._look_later()


class _Watch:
    """Gives a cell up at the end of its time. Few messages take long enough for the kernel to be asked about it."""

    def __init__(self, reactor: Reactor, cell: Cell, seconds: float, cpu_seconds: float) -> None:
        self._reactor, self._cell, self._cpu_seconds = reactor, cell, cpu_seconds
        self._watched_seconds = seconds * (1.0 - _UNWATCHED_SHARE)
        self._next = reactor.callLater(seconds * _UNWATCHED_SHARE, self._begin)

    def end(self) -> None:
        """The cell has answered, or is lost."""
        if self._next.active():
            self._next.cancel()

    def _begin(self) -> None:
        before = computed_seconds(self._cell.pid)
        self._next = self._reactor.callLater(self._watched_seconds, self._out_of_time, before)

    def _out_of_time(self, before: float | None) -> None:
        now = computed_seconds(self._cell.pid)
        is_starved = before is not None and now is not None and now - before < self._cpu_seconds * _SPENT_SHARE
        self._cell.give_up(_STARVED if is_starved else "cell-time")


async def _loss(cell: Cell, end_name: str) -> Loss:
    return loss_of(end_name, await cell.burial if cell.burial is not None else None)
