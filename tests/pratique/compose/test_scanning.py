"""What the processes that scan say of their engines."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import capturedLogs
from twisted.trial.unittest import TestCase

from mx.cell.connection import CellAbout
from mx.cell.pool import CellPool
from mx.engines.canaries import Canaries
from mx.engines.panel import Panel
from pratique.compose.scanning import REPORT_SECONDS, EngineReports, compose_scanning
from pratique.opening import open_database
from pratique.settings.settings import Settings
from tenants.engines.states import EngineReport
from tenants.storage.database import DatabaseUnavailable
from tenants.storage.database_threads import DatabaseThreads
from tests.contracts.customer_world import NOW

ABOUT = CellAbout("abc", "1.2", ("limits", "filter"))


class KeepingThreads:
    """Takes reports where the database would; `is_away` is an outage."""

    def __init__(self) -> None:
        self.reports: list[EngineReport] = []
        self.is_away = False

    async def run(self, viewpoint: object, function: object, report: EngineReport) -> None:
        """Keeps the report."""
        if self.is_away:
            raise DatabaseUnavailable("away")
        self.reports.append(report)


class Reports(TestCase):
    """A node with the cells' YARA-X alone, on a test clock."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.cells = CellPool(self.clock, 1)
        self.threads = KeepingThreads()
        panel = Panel([], self.clock)
        self.reports = EngineReports(self.cells, panel, self.threads, self.clock, lambda: NOW, "mx.example/mx1")  # type: ignore[arg-type]

    def test_a_node_reports_at_once_and_then_now_and_then(self) -> None:
        """More often until the first cell is ready; never after the stop."""
        self.reports.startService()
        self.cells.population.about = ABOUT
        self.clock.advance(0.5)
        self.clock.advance(REPORT_SECONDS)
        said = [(each.engine, each.state) for each in self.threads.reports]
        assert said[:2] == [("yara", "starting"), ("macros", "starting")]
        assert said[2:] == [("yara", "ready"), ("macros", "ready")] * 2
        yara, macros = self.threads.reports[-2:]
        assert (yara.node, yara.version, yara.is_confined) == ("mx.example/mx1", "1.2", True)
        assert (macros.node, macros.version, macros.is_confined, macros.scans) == ("mx.example/mx1", "", True, 0)
        self.reports.stopService()
        assert self.clock.getDelayedCalls() == []

    def test_an_outage_is_outlived(self) -> None:
        """The next round reports."""
        self.cells.population.about, self.threads.is_away = ABOUT, True
        self.reports.startService()
        self.threads.is_away = False
        self.clock.advance(REPORT_SECONDS)
        assert [each.state for each in self.threads.reports] == ["ready", "ready"]
        self.reports.stopService()

    def test_formats_that_cannot_be_read_here_are_said(self) -> None:
        """In the state of the signatures, and once in the log."""
        self.cells.population.about = replace(ABOUT, missing=("rar", "iso"))
        with capturedLogs() as logged:
            self.reports.startService()
            self.clock.advance(REPORT_SECONDS)
        self.reports.stopService()
        assert self.threads.reports[-2].state == "ready; cannot be read here: rar, iso"
        said = [event["formats"] for event in logged if event["log_format"] == "cells.formats-missing"]
        assert said == ["rar, iso"]

    def test_an_engine_is_labelled_as_soon_as_it_is_known(self) -> None:
        """Before, by its name alone."""
        assert self.reports.label("yara") == "yara"
        self.cells.population.about = ABOUT
        assert self.reports.label("yara") == "yara/1.2/abc"
        assert self.reports.label("clamd") == "clamd"


class Composed(TestCase):
    """The real parts."""

    async def test_services_are_the_cells_and_the_reports_on_them(self) -> None:
        """They stop before anything was ready."""
        with TemporaryDirectory() as folder:
            settings = Settings(data=Path(folder), clamd=(), cells=1)
            database = open_database(settings)
            threads = DatabaseThreads(database, reactor)
            threads.startService()
            scanning = compose_scanning(settings, reactor, threads, lambda: NOW, "mx.example/mx1")
            cells, canaries, reports = scanning.services
            assert (type(cells), type(canaries), type(reports)) == (CellPool, Canaries, EngineReports)
            for service in scanning.services:
                service.startService()
            for service in (reports, canaries, cells, threads):
                stopped = service.stopService()
                if isinstance(stopped, Deferred):
                    await stopped
            database.close()
