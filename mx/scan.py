"""Scan: octets to a verdict, without a server; for the intake, a release and `pratique scan`.

These are rows 6 to 8 of `docs/flow.md`.

Comes in: a frozen Spool, the circumstances of its message, what the policies demand, the tenant's wishes. Goes out: an
Examination. The cell opens the message and runs the engines within it; the artifacts that it found are then shown to
the other engines that the policies' bias picks, at once; the verdict is a pure function of what came back.

Failure: a cell that dies costs this one verdict (*unscannable*). An engine without an answer makes the verdict
incomplete, and the policy decides. `NoCellFree` passes through: the caller answers 451.
Limits: ENGINE_SECONDS for cell and engines together, of the 45 s between the end of data and the reply.
"""

from collections.abc import Callable, Sequence, Set
from typing import Protocol

from mx.artifact import ENCRYPTED_MEMBER, Artifact
from mx.cell.report import CellReport
from mx.cell.wishes import NO_WISHES, Wishes
from mx.engines.contract import NOTHING_KNOWN, Circumstances
from mx.engines.demand import Demand
from mx.engines.panel import WHOLE_DEMAND, PanelAnswer
from mx.engines.tally import Tally
from mx.examination import Examination
from mx.finding import IN_CELLS, EngineFailed
from mx.spool import Spool
from mx.verdict import judge

ENGINE_SECONDS = 20.0


class Cells(Protocol):
    """What is needed of `mx.cell.pool.CellPool`."""

    async def examine(self, spool: Spool, *, want_artifacts: bool, seconds: float, wishes: Wishes) -> CellReport: ...


class Panel(Protocol):
    """What is needed of `mx.engines.panel.Panel`."""

    @property
    def names(self) -> frozenset[str]: ...

    async def ask(
        self, artifacts: Sequence[Artifact], seconds: float, circumstances: Circumstances, demand: Demand
    ) -> PanelAnswer: ...


class Scanner:
    """Examines messages, one call each; calls may overlap."""

    def __init__(
        self, cells: Cells, panel: Panel, version_of: Callable[[str], str], seconds: Callable[[], float]
    ) -> None:
        """`version_of` names an engine with its version, for people; `seconds` is a clock that never goes back."""
        self.tallies = {engine: Tally() for engine in IN_CELLS}
        """What the engines in the cells have done: they are not on the panel."""
        self._cells, self._panel, self._version_of, self._seconds = cells, panel, version_of, seconds

    async def examine(
        self,
        spool: Spool,
        ignored: Set[str] = frozenset(),
        circumstances: Circumstances = NOTHING_KNOWN,
        demand: Demand = WHOLE_DEMAND,
        seconds: float = ENGINE_SECONDS,
        wishes: Wishes = NO_WISHES,
    ) -> Examination:
        """Everything that can be found out about these octets in that time. Raises NoCellFree."""
        started = self._seconds()
        wants_artifacts = bool(self._panel.names)
        report = await self._cells.examine(spool, want_artifacts=wants_artifacts, seconds=seconds, wishes=wishes)
        try:
            spent = self._seconds() - started
            for outcome in report.outcomes:
                self.tallies[outcome.engine].add(outcome, spent)
            remaining = max(0.0, seconds - spent)
            shown = tuple(each for each in report.artifacts if each.reading != ENCRYPTED_MEMBER)
            answer = await self._panel.ask(shown, remaining, circumstances, demand)
        finally:
            report.close()
        asked, outcomes = answer.asked | {*IN_CELLS}, (*report.outcomes, *answer.outcomes)
        answered = [outcome.engine for outcome in outcomes if not isinstance(outcome, EngineFailed)]
        return Examination(
            verdict=judge(asked, outcomes, report.findings, report.ambiguities, ignored, answer.no_scanners),
            artifacts=report.artifacts,
            record=report.record,
            message_id=report.message_id,
            subject=report.subject,
            engines=tuple(self._version_of(engine) for engine in answered),
            seconds=self._seconds() - started,
        )
