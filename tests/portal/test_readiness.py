"""`/healthz` and `/readyz`: what each part says, and that nothing more is told."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from portal.readiness import LATE_AFTER, make_health_application, readiness_page
from tenants.engines.states import EngineReport, report_engine
from tenants.storage.database import Database
from tenants.storage.viewpoint import Reader
from tests.servers.portal_world import START, PortalWorld

REPORT = EngineReport("mx.secret.example/mx1", "clamd", "1.4.6", "27812", None, "ready", False, 1, 0, None, START)


def asked(world: PortalWorld, *reports: EngineReport, has_room: bool = True) -> tuple[int, str]:
    """Status and text of `/readyz`."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        for report in reports:
            report_engine(session, report)
    page = readiness_page(world.database, lambda: has_room, START + timedelta(seconds=30))
    return page.status_code, bytes(page.body).decode()


def test_a_node_that_takes_mail_is_ready(world: PortalWorld) -> None:
    """Some of an engine's daemons suffice; which they are is nobody's business."""
    partly = replace(REPORT, node="mx.secret.example/work", state="no answer from unix:/run/secret")
    text = '{"state": "ready", "disk": "ok", "database": "ok", "engines": "ok"}\n'
    assert asked(world, REPORT, partly) == (200, text)


@pytest.mark.parametrize(
    ("reports", "words"),
    [
        ((), "no report for a minute"),
        ((replace(REPORT, reported_at=START - LATE_AFTER),), "no report for a minute"),
        ((replace(REPORT, state="no answer"),), "one does not answer"),
        ((replace(REPORT, state="canary missed"),), "one does not answer"),
        ((REPORT, replace(REPORT, engine="icap", state="starting")), "one does not answer"),
    ],
)
def test_silent_engines_are_told(world: PortalWorld, reports: tuple[EngineReport, ...], words: str) -> None:
    """Senders are being put off, or nobody examines anything."""
    status, text = asked(world, *reports)
    assert (status, words in text, '"degraded"' in text, "secret" in text) == (503, True, True, False)


def test_a_disk_without_room_is_told(world: PortalWorld) -> None:
    """New mail is being put off."""
    assert asked(world, REPORT, has_room=False) == (
        503,
        '{"state": "degraded", "disk": "full or not writable", "database": "ok", "engines": "ok"}\n',
    )


def test_a_database_that_is_away_is_told(tmp_path: Path) -> None:
    """Without its address; the process itself answers."""
    database = Database(f"sqlite:///{tmp_path}/absent/pratique.sqlite")
    client = TestClient(make_health_application(database, lambda: True, lambda: START))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"state": "degraded", "disk": "ok", "database": "away", "engines": "not known"}
    for path in ("/health", "/healthz"):
        answer = client.get(path)
        assert (answer.status_code, answer.text) == (200, "ok\n")
    assert client.get("/signin").status_code == 404
    database.close()
