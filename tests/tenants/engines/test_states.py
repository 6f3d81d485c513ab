"""What nodes say of their engines."""

from dataclasses import replace

import pytest

from tenants.engines.states import EngineReport, forget_silent, list_engines, report_engine
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld, later

YARA = EngineReport("mx1", "yara", "1.23.0", "ab12", None, "ready", True, 7, 1, 0.002, NOW)


def test_the_last_report_of_each_engine_counts(world: CustomerWorld) -> None:
    """By node and engine."""
    clamd = replace(YARA, engine="clamd", signature_time=later(days=-1), median_seconds=None, is_confined=False)
    newer = replace(YARA, scans=8, reported_at=later(seconds=5))
    elsewhere = replace(YARA, node="mx2")
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        for report in (YARA, elsewhere, clamd, newer):
            report_engine(session, report)
        assert list_engines(session) == (clamd, newer, elsewhere)


def test_a_node_that_is_gone_is_forgotten(world: CustomerWorld) -> None:
    """When its report is old."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        report_engine(session, YARA)
        forget_silent(session, before=NOW)
        assert list_engines(session) == (YARA,)
        forget_silent(session, before=later(seconds=1))
        assert list_engines(session) == ()


@pytest.mark.parametrize(
    ("state", "is_working"),
    [
        ("ready", True),
        ("ready; cannot be read here: 7z", True),
        ("out of date", True),
        ("no answer from tcp:a:3310", True),
        ("no answer", False),
        ("starting", False),
        ("broken", False),
        ("", False),
    ],
)
def test_whether_an_engine_works(state: str, is_working: bool) -> None:
    """A sentence that is not known never says that it does."""
    assert replace(YARA, state=state).is_working is is_working
