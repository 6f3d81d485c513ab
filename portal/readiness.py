"""`/healthz` and `/readyz`, for whatever watches this node: whether the process answers, and whether mail can be taken.

`/readyz` answers 200 and `"state": "ready"` when the database answers, the disks take what is written, and the engines
answer; otherwise 503 and `"state": "degraded"`, with the part that is not `ok`. What each part means and what to do
about it: docs/operating.md.

Failure: nothing raises; a database that does not answer is told as `away`.
Limits: tells no name, version, address or number: anybody may ask.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tenants.engines.states import list_engines
from tenants.storage.database import Database, DatabaseUnavailable
from tenants.storage.viewpoint import Reader

LATE_AFTER = timedelta(seconds=60)
"""Processes that examine mail report every 10 s."""
HasRoom = Callable[[], bool]
Clock = Callable[[], datetime]


def watched_routes(database: Database, has_room: HasRoom, clock: Clock) -> list[Route]:
    """The two pages; `/health` is `/healthz` by its older name."""

    def alive(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    def ready(_request: Request) -> Response:
        return readiness_page(database, has_room, clock())

    return [Route(path, alive) for path in ("/health", "/healthz")] + [Route("/readyz", ready)]


def make_health_application(database: Database, has_room: HasRoom, clock: Clock) -> ASGIApp:
    """The two pages alone, for a node without a portal."""
    return Starlette(routes=watched_routes(database, has_room, clock))


def readiness_page(database: Database, has_room: HasRoom, now: datetime) -> Response:
    """The answer of `/readyz`, as one JSON document."""
    parts = {"disk": "ok" if has_room() else "full or not writable", **_database_and_engines(database, now)}
    is_ready = all(state == "ok" for state in parts.values())
    document = {"state": "ready" if is_ready else "degraded", **parts}
    return Response(json.dumps(document) + "\n", 200 if is_ready else 503, media_type="application/json")


def _database_and_engines(database: Database, now: datetime) -> dict[str, str]:
    try:
        with database.read(Reader.NODE) as session:
            reports = [report for report in list_engines(session) if now - report.reported_at < LATE_AFTER]
    except DatabaseUnavailable:
        return {"database": "away", "engines": "not known"}
    if not reports:
        return {"database": "ok", "engines": "no report for a minute"}
    is_working = all(report.is_working for report in reports)
    return {"database": "ok", "engines": "ok" if is_working else "one does not answer"}
