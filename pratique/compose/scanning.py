"""What `mx` and `work` processes share: cells, the panel of engines, the scanner, the report on the engines."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from twisted.application.service import IService, Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from mx.cell.pool import CellPool
from mx.engines.canaries import Canaries
from mx.engines.contract import EngineState
from mx.engines.panel import Panel
from mx.engines.tally import Tally
from mx.finding import IN_CELLS, SIGNATURES
from mx.scan import Scanner
from pratique.compose.engines import engines_of, label_of, macros_state, signatures_state
from pratique.settings.settings import Settings
from tenants.engines.states import EngineReport, report_engine
from tenants.storage.database import DatabaseUnavailable
from tenants.storage.database_threads import DatabaseThreads
from tenants.storage.viewpoint import Reader

REPORT_SECONDS = 10.0

log = Logger()


@dataclass(frozen=True, slots=True)
class Scanning:
    """The scanner, and the services behind it in start order."""

    scanner: Scanner
    services: tuple[IService, ...]


def compose_scanning(
    settings: Settings, reactor: Any, threads: DatabaseThreads, now: Callable[[], datetime], node: str
) -> Scanning:
    """The scanning parts of one process; `node` is its name in `pratique engines`."""
    cells = CellPool(reactor, settings.cells, settings.data / "scratch")
    panel = Panel(engines_of(settings, reactor), reactor)
    reports = EngineReports(cells, panel, threads, reactor, now, node)
    scanner = Scanner(cells, panel, reports.label, reactor.seconds)
    reports.tallies = scanner.tallies
    return Scanning(scanner, (cells, Canaries(panel, reactor), reports))


class EngineReports(Service):
    """Asks every engine for its state now and then, and writes it where `pratique engines` reads."""

    name = "engine reports"

    def __init__(
        self,
        cells: CellPool,
        panel: Panel,
        threads: DatabaseThreads,
        reactor: Any,
        now: Callable[[], datetime],
        node: str,
    ) -> None:
        self._cells, self._panel = cells, panel
        self._labels: dict[str, str] = {}
        self.tallies: Mapping[str, Tally] = {engine: Tally() for engine in IN_CELLS}
        """Those of the engines in the cells, which the scanner counts: they are not on the panel."""
        self._has_said_what_is_missing = False
        self._threads, self._reactor, self._now, self._node = threads, reactor, now, node
        self._next: IDelayedCall | None = None
        self._round: Deferred[None] | None = None

    def startService(self) -> None:
        """Ask for the first time at once."""
        super().startService()
        self._begin()

    def stopService(self) -> "Deferred[None] | None":
        """Ask no more; fires when the round under way has ended."""
        super().stopService()
        if self._next is not None:
            self._next.cancel()
            self._next = None
        return self._round

    def label(self, engine: str) -> str:
        """The engine with its versions as far as they are known, for `Pratique-Scanned`."""
        if engine not in self._labels and engine == SIGNATURES and self._cells.about is not None:
            self._labels[engine] = label_of(signatures_state(self._cells.about))
        return self._labels.get(engine, engine)

    def _begin(self) -> None:
        self._next = None
        self._round = Deferred.fromCoroutine(self._report())
        self._round.addErrback(lambda failure: log.failure("engines.report-failed", failure))
        self._round.addBoth(self._plan)

    def _plan(self, _: object) -> None:
        self._round = None
        if self.running:
            # The cells are still starting in the first round: what they say of themselves follows soon.
            wait = REPORT_SECONDS if self._cells.about is not None else 0.5
            self._next = self._reactor.callLater(wait, self._begin)

    async def _report(self) -> None:
        about = self._cells.about
        if about is not None and about.missing and not self._has_said_what_is_missing:
            self._has_said_what_is_missing = True
            log.warn("cells.formats-missing", formats=", ".join(about.missing))
        states = [*await self._panel.states(), signatures_state(about), macros_state(about)]
        self._labels.update({state.engine: label_of(state) for state in states if state.version})
        for state in states:
            try:
                await self._threads.run(Reader.NODE, report_engine, self._report_of(state))
            except DatabaseUnavailable as error:
                log.warn("engines.not-reported", engine=state.engine, reason=str(error))

    def _report_of(self, state: EngineState) -> EngineReport:
        in_cells = self.tallies.get(state.engine)
        statistics = in_cells.statistics() if in_cells else self._panel.statistics(state.engine)
        about = self._cells.about
        return EngineReport(
            node=self._node,
            engine=state.engine,
            version=state.version,
            signature_version=state.signature_version,
            signature_time=state.signature_time,
            state=state.text,
            is_confined=state.engine in IN_CELLS and about is not None and bool(about.confinement),
            scans=statistics.scans,
            detections=statistics.detections,
            median_seconds=statistics.median_seconds,
            reported_at=self._now(),
        )
