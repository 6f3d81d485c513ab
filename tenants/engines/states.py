"""What each node says of its engines, so that any node's command line can show all of them.

Each process reports its own engines now and then under its node's name; a report that is old says that the node is
silent.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tenants.storage.statements import replace_row
from tenants.storage.tables import engines

_WORKING = ("ready", "out of date", "no answer from ")


@dataclass(frozen=True, slots=True)
class EngineReport:
    """One engine on one node."""

    node: str
    engine: str
    version: str
    signature_version: str
    signature_time: datetime | None
    state: str
    """One or two plain words: `ready`, `no answer`, `not configured`."""
    is_confined: bool
    scans: int
    detections: int
    median_seconds: float | None
    """None before the first scan."""
    reported_at: datetime

    @property
    def is_working(self) -> bool:
        """Whether it answers, or some of its daemons do; any sentence that is not known says that it does not."""
        return self.state.startswith(_WORKING)


def report_engine(session: Session, report: EngineReport) -> None:
    """Replace what this node said of this engine before."""
    replace_row(
        session,
        engines.engine_state,
        {"node": report.node, "engine": report.engine},
        {
            "version": report.version,
            "signature_version": report.signature_version,
            "signature_time": report.signature_time,
            "state": report.state,
            "is_confined": report.is_confined,
            "scans": report.scans,
            "detections": report.detections,
            "median_seconds": report.median_seconds,
            "reported_at": report.reported_at,
        },
    )


def list_engines(session: Session) -> tuple[EngineReport, ...]:
    """Every report, by node and engine."""
    table = engines.engine_state
    rows = session.execute(select(table).order_by(table.c.node, table.c.engine))
    return tuple(
        EngineReport(
            row.node,
            row.engine,
            row.version,
            row.signature_version,
            row.signature_time,
            row.state,
            row.is_confined,
            row.scans,
            row.detections,
            row.median_seconds,
            row.reported_at,
        )
        for row in rows
    )


def forget_silent(session: Session, *, before: datetime) -> None:
    """Delete reports older than this: of nodes that are gone."""
    session.execute(delete(engines.engine_state).where(engines.engine_state.c.reported_at < before))
