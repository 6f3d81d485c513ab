"""CellReport: all that a cell found out about one message, after it was checked on our side.

Made by `mx/cell/pool.py`, read by the intake, the engine panel and `pratique scan`. The report of a cell that died,
hung or answered nonsense is an ordinary report with one finding of severity *unscannable*: never a clean one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from mx.artifact import Ambiguity, Artifact
from mx.finding import IN_CELLS, EngineOutcome, Finding, Found, Severity
from mx.spool import CHUNK_OCTETS, Spool
from tenants.quarantine.message_record import MessageRecord


@dataclass(frozen=True, slots=True)
class SpoolSpan:
    """A stretch of a spool, read when asked for; it lives as long as that spool is open."""

    spool: Spool
    start: int
    octets: int

    def chunks(self) -> Iterator[bytes]:
        """The octets in order: one piece from memory, else pieces of 64 KiB."""
        step = max(self.octets, 1) if self.spool.is_in_memory else CHUNK_OCTETS
        end = self.start + self.octets
        for offset in range(self.start, end, step):
            yield self.spool.read(offset, min(step, end - offset))


class NoCellFree(Exception):
    """Every cell was busy for too long, or none can be started. The message is not judged: the intake answers 451."""


@dataclass(frozen=True, slots=True)
class CellReport:
    """What a cell says of one message; whoever got it closes it."""

    artifacts: tuple[Artifact, ...]
    """Numbered from 0 (the message itself); contents are empty unless they were asked for."""
    findings: tuple[Finding, ...]
    """The anatomy's own: limits that were hit, encrypted and unreadable containers, a cell that died."""
    ambiguities: tuple[Ambiguity, ...]
    outcomes: tuple[EngineOutcome, ...]
    """One for each engine in the cells (`mx/finding.py`, IN_CELLS)."""
    record: bytes
    """The MessageRecord as JSON, without findings."""
    message_id: str
    subject: str
    """Decoded, bounded, free of control characters; never trusted."""
    unpacked: Spool | None = None
    """What holds the contents that do not stand in the message."""

    def close(self) -> None:
        """Free those contents."""
        if self.unpacked is not None:
            self.unpacked.close()


def report_of_a_lost_cell(name: str) -> CellReport:
    """The report in place of the one that a cell did not give.

    `name` is `cell-died`, `cell-time`, `cell-error` or `cell-nonsense`, and where that is known a dot and what was
    being opened: `cell-died.pdf`.
    """
    lost = Finding("anatomy", name, 0, Severity.UNSCANNABLE)
    outcomes = tuple(Found(engine, (Finding(engine, name, 0, Severity.UNSCANNABLE),)) for engine in IN_CELLS)
    return CellReport((), (lost,), (), outcomes, MessageRecord().to_json(), "", "")
