"""The portal as one ASGI application, made from the table in `site.py`.

Comes in: the database, the store of sealed messages, and the address under which people reach the portal.
Goes out: an ASGI application. It keeps nothing between requests; sessions are rows in the database.

Failure: an unknown address, a wrong method, a broken path: a page that says so. What a page's view raises ends in
`doorway.py`.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from portal.doorway import endpoint, failure
from portal.policy_file import policy_route
from portal.readiness import watched_routes
from portal.rendering import STATIC_FOLDER, make_environment
from portal.security_headers import SecurityHeaders
from portal.site import SITE, Page
from portal.visit import Surroundings
from tenants.domains.mta_sts import StsMode
from tenants.encryption.sealed import SealedStore
from tenants.policies.agent_names import OWN_AGENTS
from tenants.storage.database import Database


def present_time() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def make_application(
    database: Database,
    sealed: SealedStore,
    base_url: str,
    clock: Callable[[], datetime] = present_time,
    has_room: Callable[[], bool] = lambda: True,
    agents: Sequence[str] = tuple(OWN_AGENTS),
    sts_mode: StsMode = StsMode.TESTING,
) -> ASGIApp:
    """The portal. `base_url` (`https://portal.example`) decides where links lead and whether cookies are Secure.

    `has_room` tells whether the disks have room for mail, for `/readyz`; `agents` are those that a policy may name.
    """
    around = Surroundings(database, sealed, make_environment(), base_url.rstrip("/"), clock, tuple(agents), sts_mode)

    async def refuse(_request: Request, refusal: Exception) -> Response:
        status = refusal.status_code if isinstance(refusal, HTTPException) else 500
        return await run_in_threadpool(failure, around, status)

    routes = [_route(around, page) for page in SITE]
    watched = [*watched_routes(database, has_room, clock), policy_route(database, sts_mode)]
    application = Starlette(
        routes=[*routes, *watched, Mount("/static", StaticFiles(directory=STATIC_FOLDER))],
        exception_handlers={HTTPException: refuse},
    )
    application.router.redirect_slashes = False
    return SecurityHeaders(application, around.is_https)


def _route(around: Surroundings, page: Page) -> Route:
    return Route(page.path, endpoint(around, page), methods=[page.method])
