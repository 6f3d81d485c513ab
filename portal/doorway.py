"""The doorway of every page: who is there, may they, did one of our own forms ask; then the view. Deny by default.

Comes in: a request for one row of `site.py`. Goes out: the view's answer, a way to sign in, or a page that says no.
Reading the request is the only thing done on the event loop; everything else runs in a thread, where the database may
be waited for. Before a file is read, its sender is let in as if to look: strangers have no large bodies read.

Failure: each refusal is a page with its status. The database away: 503. Anything unforeseen: logged once with a
reference, answered 500 with that reference; nothing of the cause is shown.
"""

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from portal.forms import (
    TOKEN_FIELD,
    FormRefused,
    check_head,
    form_token,
    is_from_here,
    is_token_right,
    read_fields,
    read_form,
)
from portal.sessions import Cookies, find_visitor
from portal.site import Page
from portal.uploads import read_file_form
from portal.visit import Access, PageRefused, Surroundings, Visit, go_to
from tenants.customers.book import TenantState, get_tenant
from tenants.refusals import NotFound, Refusal
from tenants.storage.database import DatabaseUnavailable
from tenants.storage.viewpoint import OfTenant

_log = logging.getLogger(__name__)
_MAY_SEND = 204


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a request the thread needs to know."""

    path_values: Mapping[str, str]
    query: str
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    form: Mapping[str, str]
    client: str = ""
    """The address that the request came from: a proxy's, where there is one."""
    upload: bytes = b""


def endpoint(around: Surroundings, page: Page) -> Callable[[Request], Awaitable[Response]]:
    """The ASGI side of one page."""

    async def answer(request: Request) -> Response:
        client = request.client.host if request.client else ""
        asked = Asked(request.path_params, request.url.query, request.headers, request.cookies, {}, client)
        try:
            check_head(request)
            if page.takes_file:
                looking = replace(page, method="GET", view=_may_send)
                if (answer := await run_in_threadpool(enter, around, looking, asked)).status_code != _MAY_SEND:
                    return answer
                form, upload = await read_file_form(request)
                asked = replace(asked, form=form, upload=upload)
            elif page.method == "POST":
                asked = replace(asked, form=await read_form(request))
        except FormRefused as refusal:
            return await run_in_threadpool(failure, around, refusal.status)
        return await run_in_threadpool(enter, around, page, asked)

    return answer


def _may_send(_visit: Visit) -> Response:
    return Response(status_code=_MAY_SEND)


def enter(around: Surroundings, page: Page, asked: Asked) -> Response:
    """The answer to one request: the boundary at which every exception ends."""
    try:
        return _let_in(around, page, asked)
    except PageRefused as refusal:
        return failure(around, refusal.status, refusal.why)
    except FormRefused as refusal:
        return failure(around, refusal.status)
    except NotFound:
        return failure(around, 404)
    except Refusal:
        return failure(around, 409)
    except DatabaseUnavailable as outage:
        _log.warning("portal_database_unavailable path=%s reason=%s", page.path, outage)
        return failure(around, 503)
    except Exception:
        reference = secrets.token_hex(6)
        # The row's path, not the request's: that one may hold a sign-in token.
        _log.exception("portal_page_failed path=%s reference=%s", page.path, reference)
        return failure(around, 500, reference=reference)


def failure(around: Surroundings, status: int, why: str = "", reference: str = "") -> Response:
    """A page of plain sentences; it asks no database who is there, which may be what failed."""
    nobody = Visit(around, around.clock(), {}, {}, {}, Cookies({}, around.is_https), "", None)
    return nobody.page("failure.html", status, why=why, reference=reference)


def _let_in(around: Surroundings, page: Page, asked: Asked) -> Response:
    now = around.clock()
    cookies = Cookies(asked.cookies, around.is_https)
    visitor = find_visitor(around.database, cookies.session, now)
    if visitor is None and page.access is not Access.ANYONE:
        return go_to("/signin")
    secret = cookies.session if visitor else cookies.signing_in
    if page.method == "POST":
        _insist_on_own_form(around, asked, secret)
    token = form_token(secret) if secret else ""
    query = read_fields(asked.query)
    visit = Visit(
        around, now, asked.path_values, query, asked.form, cookies, token, visitor, asked.client, asked.upload
    )
    if visit.access < page.access:
        raise PageRefused(403)
    if page.method == "POST" and page.access >= Access.REVIEWER:
        _insist_on_active_tenant(visit)
    return page.view(visit)


def _insist_on_own_form(around: Surroundings, asked: Asked, secret: str) -> None:
    is_ours = is_from_here(asked.headers, around.base_url) and is_token_right(secret, asked.form.get(TOKEN_FIELD, ""))
    if not is_ours:
        raise PageRefused(403, "form-token")


def _insist_on_active_tenant(visit: Visit) -> None:
    """A suspended tenant's people may look, and change nothing."""
    with visit.around.database.read(OfTenant(visit.who.tenant_id)) as session:
        state = get_tenant(session, visit.who.tenant_id).state
    if state is not TenantState.ACTIVE:
        raise PageRefused(403, "suspended")
