"""What the source of a macro gives away."""

import itertools

import pytest

from mx.anatomy.budget import Budget, Limits
from mx.anatomy.containers.contract import whole
from mx.artifact import Artifact
from mx.cell.macros import ENGINE, examine
from mx.finding import Finding, Severity

NO_TIME = itertools.repeat(0.0).__next__
BAD = b"Private Sub Document_Open()\r\nShell Environ(1)\r\nEnd Sub\r\n"


def found(source: bytes, reading: str = "macro-source", seconds: float = 10.0) -> tuple[Finding, ...]:
    artifact = Artifact(3, 0, "ThisDocument", "", reading, "digest", whole(source))
    return examine([artifact], [whole(source)], Budget(NO_TIME, Limits(cpu_seconds=seconds)))


def test_a_macro_that_starts_itself_and_reaches_out_is_suspicious() -> None:
    """The finding is on the macro."""
    (finding,) = found(BAD)
    assert (finding.engine, finding.artifact, finding.severity) == (ENGINE, 3, Severity.SUSPICIOUS)


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
