"""`pratique engines`: what each node says of its engines, and the findings that do not count."""

from datetime import UTC, datetime, timedelta

import pytest

from pratique.opening import writing
from pratique.settings.settings import Settings
from tenants.engines.states import EngineReport, report_engine
from tests.pratique.commands.conftest import Pratique


def _report(pratique: Pratique, engine: str, age: timedelta, **facts: object) -> None:
    now = datetime.now(UTC)
    values: dict[str, object] = {
        "node": "mx1",
        "engine": engine,
        "version": "1.4.6",
        "signature_version": "27000",
        "signature_time": now - timedelta(hours=3),
        "state": "ready",
        "is_confined": True,
        "scans": 7,
        "detections": 2,
        "median_seconds": 0.0123,
        "reported_at": now - age,
    }
    with writing(Settings(data=pratique.data)) as session:
        report_engine(session, EngineReport(**(values | facts)))  # type: ignore[arg-type]


def test_no_report_is_said(pratique: Pratique) -> None:
    """In words, and as an empty list."""
    assert "No engine has reported yet" in pratique.do("engines")
    assert pratique.ask("engines") == []


def test_each_engine_of_each_node_is_shown(pratique: Pratique) -> None:
    """Version, signature version and age, state, confined or not, scans, detections, median time."""
    _report(pratique, "clamd", timedelta(0))
    _report(pratique, "yara", timedelta(minutes=10), signature_time=None, median_seconds=None, is_confined=False)
    clamd, yara = pratique.ask("engines")
    assert (clamd["engine"], clamd["state"], clamd["version"], clamd["signature_version"]) == (
        "clamd",
        "ready",
        "1.4.6",
        "27000",
    )
    assert (clamd["scans"], clamd["detections"], clamd["median_seconds"], clamd["confined"]) == (7, 2, 0.0123, True)
    assert 3 * 3600 <= clamd["signature_age_seconds"] < 3 * 3600 + 60
    assert (yara["state"], yara["signature_age_seconds"], yara["confined"]) == ("silent for 10 min", None, False)
    table = pratique.do("engines")
    assert "12.3 ms" in table
    assert max(len(line) for line in table.splitlines()) <= 80


def test_a_false_finding_is_ignored_and_heeded(pratique: Pratique) -> None:
    """For all, or for one tenant; each is undone by itself."""
    pratique.do("tenant", "add", "acme")
    assert "do not count for anybody" in pratique.do("engines", "ignore", "False-1")
    assert pratique.ask("engines", "ignore", "False-1", "--tenant", "acme")["ignored"]
    assert [(one["finding"], one["tenant"]) for one in pratique.ask("engines", "ignored")] == [
        ("False-1", None),
        ("False-1", "acme"),
    ]
    assert "count again for anybody" in pratique.do("engines", "heed", "False-1")
    assert "acme" in pratique.do("engines", "ignored")
    assert not pratique.ask("engines", "heed", "False-1", "--tenant", "acme")["ignored"]
    assert pratique.do("engines", "ignored") == "Every finding counts.\n"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["ignore", "Known"], "Findings named 'Known' are ignored already."),
        (["ignore", "X", "--tenant", "nobody"], "There is no tenant named 'nobody'."),
        (["ignore", ""], "A finding's name cannot be empty or hold control characters."),
        (["heed", "Unknown"], "Findings named 'Unknown' are not ignored."),
    ],
)
def test_what_cannot_be_done_is_one_plain_line(pratique: Pratique, words: list[str], line: str) -> None:
    """It names what was typed."""
    pratique.do("engines", "ignore", "Known")
    assert pratique.refuse("engines", *words) == line


@pytest.mark.parametrize("words", [["ignore"], ["heed"], ["bogus"]])
def test_wrong_usage_ends_with_2(pratique: Pratique, words: list[str]) -> None:
    """A finding has a name."""
    assert pratique.run("engines", *words).exit_code == 2
