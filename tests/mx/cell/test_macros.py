"""What the source of a macro gives away."""

import itertools
import time

import pytest

from mx.anatomy.budget import Budget, Limits
from mx.anatomy.containers.contract import whole
from mx.artifact import Artifact
from mx.cell.macros import ENGINE, examine
from mx.finding import Finding, Severity

NO_TIME = itertools.repeat(0.0).__next__
BAD = b"Private Sub Document_Open()\r\nShell Environ(1)\r\nEnd Sub\r\n"


def found(
    source: bytes, reading: str = "macro-source", seconds: float = 10.0, name: str = "ThisDocument"
) -> tuple[Finding, ...]:
    artifact = Artifact(3, 0, name, "", reading, "digest", whole(source))
    return examine([artifact], [whole(source)], Budget(NO_TIME, Limits(cpu_seconds=seconds)))


def test_a_macro_that_starts_itself_and_reaches_out_is_suspicious() -> None:
    """The finding is on the macro."""
    (finding,) = found(BAD)
    assert (finding.engine, finding.artifact, finding.severity) == (ENGINE, 3, Severity.SUSPICIOUS)


@pytest.mark.parametrize(
    "head",
    [b"Sub AutoOpen()", b"private  sub AUTO_OPEN", b"Public Sub Workbook_BeforeClose(x)", b"Sub _\r\nDocument_New()",
     b"Private Sub InkEdit1_GotFocus()", b"Public Static Sub AutoExec"],
)  # fmt: skip
def test_whatever_starts_it(head: bytes) -> None:
    """In any case, over two lines, through a control on the page."""
    assert found(head + b"\r\nShell 1\r\nEnd Sub")


@pytest.mark.parametrize(
    "line",
    [b"x = Shell(y)", b'CreateObject("WScript.Shell")', b"Declare PtrSafe Function f Lib", b"Open p For Binary As #1",
     b"ExecuteExcel4Macro x", b"CallByName a, b, c", b"Environ$(1)"],
)  # fmt: skip
def test_whatever_it_reaches(line: bytes) -> None:
    """Programs, libraries, files, the other macro language."""
    assert found(b"Sub AutoOpen()\r\n" + line + b"\r\nEnd Sub")


@pytest.mark.parametrize("text", [b"function EXEC", b'=EXEC("calc")', b"function CALL", b"formula.fill(1)"])
def test_an_excel_4_macro_that_reaches_out_is_suspicious(text: bytes) -> None:
    """Nothing else is known of what starts it."""
    assert [each.name for each in found(b"Excel 4 macros\n" + text)] == ["Macro.Excel4ReachesOut"]
    assert found(b"Excel 4 macros\nfunction HALT\nname Auto_Open") == ()


def test_a_binary_macro_sheet_is_suspicious() -> None:
    """Its formulas are not read."""
    assert found(b"x", "zip-member", name="xl/macrosheets/sheet1.bin")
    assert not found(b"x", "zip-member", name="xl/worksheets/sheet1.bin")


@pytest.mark.parametrize("piece", [b"sub \r\n", b"private ", b"a_", b"open x", b" \t", b"declare "])
def test_repetition_takes_time_for_its_size_alone(piece: bytes) -> None:
    """A megabyte of anything."""
    started = time.process_time()
    found(b"Sub AutoOpen()\r\n" + piece * ((1 << 20) // len(piece)))
    assert time.process_time() - started < 5


@pytest.mark.parametrize("source", [b"", b"Sub Document_Open()\r\nEnd Sub", b"Sub Tidy()\r\nShell 1\r\nEnd Sub"])
def test_other_macros_are_left_alone(source: bytes) -> None:
    """Many documents have macros."""
    assert found(source) == ()


def test_only_macros_are_looked_at() -> None:
    """A mail about macros is none."""
    assert found(BAD, reading="body") == ()


def test_no_time_left_is_unscannable() -> None:
    """What was not looked at is not clean."""
    (finding,) = found(BAD, seconds=0.0)
    assert (finding.name, finding.severity) == ("limit.time", Severity.UNSCANNABLE)
