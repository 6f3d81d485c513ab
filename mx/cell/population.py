"""The population: how many cells there are, of which grade, and where they come from.

A nursery is kept alive, and `count` cells that it has forked. The first are light, so that mail is examined as soon as
the process is up; once the nursery has the libraries, light ones are replaced by deep ones, one by one, until every
cell is deep. When the cells that there are do not suffice for all tenants, as many more are forked for a while.

Comes in: what the pool takes and wants. Goes out: each cell that becomes free, first offered to the pool.

Failure: a cell that dies is replaced at once; one that dies before it was ready, and a nursery that dies, after growing
waits up to 10 s. All cells go with their nursery.
Limits: twice `count` cells.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from mx.cell.cell import Cell
from mx.cell.connection import CellAbout
from mx.cell.nursery_link import NurseryLink, Reactor, Spawn
from mx.cell.orders import Buried

_FIRST_WAIT_SECONDS = 0.1
_LONGEST_WAIT_SECONDS = 10.0
_IDLE_SECONDS = 10.0


class Population:
    """`offer` takes a free cell for a message that waits, and says whether it did."""

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        count: int,
        scratch_folder: Path | None,
        spawn: Spawn,
        deepen_seconds: float | None,
        offer: Callable[[Cell], bool],
    ) -> None:
        self._reactor: Reactor = reactor
        self._count, self._scratch_folder = count, scratch_folder
        self._spawn, self._deepen_seconds, self._offer = spawn, deepen_seconds, offer
        self._link: NurseryLink | None = None
        self._link_began = 0.0
        self._cells: set[Cell] = set()
        self._free: list[Cell] = []
        self._calls: dict[str, IDelayedCall] = {}
        """What is to be done later, by name: each of them once at a time."""
        self._next_number = 1
        self._failures = 0
        self._is_deep_wanted = False
        self._is_running = False
        self.about: CellAbout | None = None
        """What the newest cell said of itself; None until the first is ready."""

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All there are, those included that are not ready yet."""
        return tuple(self._cells)

    @property
    def free(self) -> int:
        """How many wait for a message."""
        return len(self._free)

    @property
    def nursery(self) -> NurseryLink | None:
        """None while there is none."""
        return self._link

    def start(self) -> None:
        """Start the nursery, and order the first cells."""
        self._is_running = True
        self._start_nursery()

    def stop(self) -> Deferred[None]:
        """End everything; fires when no process is left."""
        self._is_running = False
        for call in self._calls.values():
            call.cancel()
        self._calls.clear()
        for cell in self.cells:
            cell.retire()
        if self._link is None:
            return succeed(None)
        gone = self._link.gone
        self._link.end()
        return gone

    def take(self, *, needs_deep: bool) -> Cell | None:
        """A free cell of that grade, for one message."""
        for cell in reversed(self._free):
            if cell.is_deep or not needs_deep:
                self._free.remove(cell)
                return cell
        return None

    def offer_free(self) -> None:
        """Offer the free cells once more, because somebody who waits may take one now that might not before."""
        for cell in tuple(reversed(self._free)):
            if cell not in self._free:
                continue
            place = self._free.index(cell)
            # Out of the list first: who is given it goes on at once, and may ask for cells.
            del self._free[place]
            if not self._offer(cell):
                self._free.insert(place, cell)

    def deepen(self) -> None:
        """Have deep cells from now on."""
        if self._is_deep_wanted:
            return
        self._is_deep_wanted = True
        self._deepen()

    def add_one(self) -> None:
        """One cell more than usual, for a tenant that has none, unless one is coming or there are enough."""
        if len(self._cells) < 2 * self._count and not self._is_in_change:
            self._fork()

    def _start_nursery(self) -> None:
        self._link_began = self._reactor.seconds()
        try:
            self._link = NurseryLink(self._reactor, self._spawn(), self._lose_nursery)
        except OSError as error:
            self._log.error("nursery-not-started", reason=str(error))
            self._later("nursery", self._next_wait(), self._start_nursery)
            return
        self._fill()
        if self._is_deep_wanted:
            self._deepen()

    def _lose_nursery(self, link: NurseryLink) -> None:
        self._link = None
        for cell in self.cells:
            cell.give_up("cell-died")
        if self._is_running:
            self._log.error("nursery-lost", pid=link.pid)
            if self._reactor.seconds() - self._link_began > _LONGEST_WAIT_SECONDS:
                self._failures = 0
            self._later("nursery", self._next_wait(), self._start_nursery)

    def _deepen(self) -> None:
        if self._link is not None:
            try:
                self._link.deepen()
            except OSError:
                self._link.kill()
                return
            self._fork()

    def _fill(self) -> None:
        while self._link is not None and len(self._cells) < self._count:
            if not self._fork():
                return

    def _fork(self) -> bool:
        if self._link is None:
            return False
        number, self._next_number = self._next_number, self._next_number + 1
        try:
            cell = Cell(self._reactor, self._link, number, self._scratch_folder, self._set_free, self._lose)
        except OSError as error:
            self._log.error("cell-not-started", reason=str(error))
            self._later("fill", self._next_wait(), self._fill)
            return False
        self._cells.add(cell)
        return True

    def _set_free(self, cell: Cell) -> None:
        if self.about is None and self._deepen_seconds is not None:
            # Not at once: everything else that starts now is needed sooner.
            self._later("deepen", self._deepen_seconds, self.deepen)
        self.about = cell.about
        if self._is_outdated(cell):
            cell.retire()
            return
        if not self._offer(cell):
            self._free.append(cell)
        self._exchange()
        self._shrink_later()

    def _exchange(self) -> None:
        """Go on replacing light cells: fork a deep one, then end a light one, then the next."""
        light = [cell for cell in self._cells if not cell.is_deep]
        if not light or len(light) == len(self._cells) or self._is_in_change:
            return
        if len(self._cells) <= self._count:
            self._fork()
            return
        outdated = next((cell for cell in self._free if self._is_outdated(cell)), None)
        if outdated is not None:
            self._retire(outdated)

    def _is_outdated(self, cell: Cell) -> bool:
        """It is light, and a deep one is ready in its place."""
        is_replaced = len(self._cells) > self._count and any(other.is_deep for other in self._cells)
        return is_replaced and not cell.is_deep and not self._is_in_change

    @property
    def _is_in_change(self) -> bool:
        return any(cell.is_in_change for cell in self._cells)

    def _retire(self, cell: Cell) -> None:
        self._free.remove(cell)
        cell.retire()

    def _shrink_later(self) -> None:
        if len(self._cells) > self._count and "shrink" not in self._calls:
            self._later("shrink", _IDLE_SECONDS, self._shrink)

    def _shrink(self) -> None:
        """End one of the cells that are too many, if one is idle."""
        if len(self._cells) > self._count and self._free:
            self._retire(self._free[0])
        self._shrink_later()

    def _lose(self, cell: Cell) -> None:
        self._cells.discard(cell)
        if cell in self._free:
            self._free.remove(cell)
        if not self._is_running or self._link is None:
            return
        if cell.about is None:
            self._log.error("cell-died-at-start")
            self._later("fill", self._next_wait(), self._fill)
            return
        if not cell.is_retired and cell.burial is not None:
            cell.burial.addCallback(self._note_loss, cell.end_name)
        self._fill()
        self._exchange()

    def _note_loss(self, buried: Buried | None, end_name: str) -> Buried | None:
        opening = buried.opening if buried else None
        self._log.warn(
            "cell-lost",
            reason=end_name,
            exit_code=buried.exit_code if buried else None,
            artifact=opening.sha256 if opening else "",
            opened_as=opening.kind if opening else "",
        )
        return buried

    def _next_wait(self) -> float:
        wait = min(_LONGEST_WAIT_SECONDS, _FIRST_WAIT_SECONDS * 2.0 ** min(self._failures, 10))
        self._failures += 1
        return wait

    def _later(self, what: str, seconds: float, act: Callable[[], None]) -> None:
        def now() -> None:
            del self._calls[what]
            act()

        if what not in self._calls:
            self._calls[what] = self._reactor.callLater(seconds, now)
