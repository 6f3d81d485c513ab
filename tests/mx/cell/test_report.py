"""The report on one message."""

from mx.artifact import Artifact
from mx.cell.report import CellReport, SpoolSpan, report_of_a_lost_cell
from mx.finding import IN_CELLS, Found, NothingFound, Severity
from mx.spool import Spool
from mx.verdict import VerdictKind, judge
from tenants.quarantine.message_record import MessageRecord


def test_a_lost_cell_is_never_clean() -> None:
    """The verdict on the report of a lost cell is unscannable, and it has an empty record."""
    report = report_of_a_lost_cell("cell-died.pdf")
    assert [finding.name for finding in report.findings] == ["cell-died.pdf"]
    assert [outcome.engine for outcome in report.outcomes] == [*IN_CELLS]
    for outcome in report.outcomes:
        assert isinstance(outcome, Found)
        assert outcome.findings[0].severity is Severity.UNSCANNABLE
    assert judge({*IN_CELLS}, report.outcomes, report.findings).kind is VerdictKind.UNSCANNABLE
    assert MessageRecord.from_json(report.record) == MessageRecord()


def test_closing_a_report_closes_its_spool() -> None:
    """What was unpacked is freed with the report."""
    spool = Spool()
    spool.freeze()
    artifact = Artifact(0, None, "message", "", "message", "", SpoolSpan(spool, 0, 0))
    CellReport((artifact,), (), (), (NothingFound("yara"),), b"", "", "", spool).close()
    try:
        list(spool.chunks())
    except ValueError:
        return
    raise AssertionError("the spool is still open")
