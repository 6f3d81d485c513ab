"""Every row of the table is tried: without a session, with too small a role, with another tenant's numbers."""

import re

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from portal.site import SITE, Page, sign_in_address
from portal.visit import Access
from tests.servers.portal_world import PortalWorld, hidden_value, token_in

PLACES = {"held", "delivery", "transaction", "token", "domain"}
"""Every kind of value that stands in an address; a new kind needs a line in `_address` first."""
CLOSED = [page for page in SITE if page.access is not Access.ANYONE]
OF_A_THING = [page for page in CLOSED if "{" in page.path]


def _name(page: Page) -> str:
    return f"{page.method} {page.path}"


def _address(page: Page, held: object, transaction: str) -> str:
    # acme's first domain, the first held message and the first delivery are all number 1.
    path = page.path.replace("{held}", str(held)).replace("{domain}", str(held)).replace("{delivery}", str(held))
    return path.replace("{transaction}", transaction)


def _call(client: TestClient, page: Page, path: str) -> Response:
    if page.method == "GET":
        return client.get(path)
    token = token_in(client.get("/tenant").text)
    return client.post(path, data={"form_token": token, "accept": "yes"})


def test_every_value_in_an_address_is_known_to_these_tests() -> None:
    """A page with a new kind of value fails here until the matrix knows it."""
    assert {name for page in SITE for name in re.findall(r"{(\w+)}", page.path)} <= PLACES


def test_no_row_stands_twice() -> None:
    """A second row at the same address would never be reached."""
    assert len({(page.method, page.path) for page in SITE}) == len(SITE)


def test_only_signing_in_is_open_to_anyone() -> None:
    """Whoever opens another page says so here."""
    assert {_name(page) for page in SITE if page.access is Access.ANYONE} == {
        "GET /signin",
        "POST /signin",
        "GET /signin/{token}",
        "POST /signin/{token}",
    }


def test_whatever_changes_something_is_a_post() -> None:
    """No view behind GET is also behind POST."""
    posts = {page.view for page in SITE if page.method == "POST"}
    assert not posts & {page.view for page in SITE if page.method == "GET"}


@pytest.mark.parametrize("page", CLOSED, ids=_name)
@pytest.mark.parametrize("cookie", ["", "stale", "é" * 10])
def test_without_a_session_every_page_leads_to_signing_in(world: PortalWorld, page: Page, cookie: str) -> None:
    """And nothing of the page is shown, whether the thing is there or not."""
    number = world.hold()
    client = world.client()
    headers = {"cookie": f"pratique_session={cookie}".encode()} if cookie else {}
    path = _address(page, number, world.held(number).facts.transaction)
    call = client.get if page.method == "GET" else client.post
    content_type = {"content-type": "application/x-www-form-urlencoded"} if page.method == "POST" else {}
    answer = call(path, headers={**headers, **content_type})
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin")
    assert answer.text == ""


@pytest.mark.parametrize("page", OF_A_THING, ids=_name)
def test_another_tenants_things_are_not_there(world: PortalWorld, page: Page) -> None:
    """404 with the same words as for a number that nothing has; and nothing changes."""
    number, queued = world.hold("acme"), world.queue("acme")
    before, waiting = world.held(number), world.delivery(queued)
    assert number == queued
    stranger = world.signed_in("otto@blue-harbour.example")
    theirs = _call(stranger, page, _address(page, number, before.facts.transaction))
    missing = _call(stranger, page, _address(page, 987_654, "nothing"))
    assert theirs.status_code == 404
    assert theirs.text == missing.text
    assert (world.held(number), world.delivery(queued)) == (before, waiting)


@pytest.mark.parametrize("page", CLOSED, ids=_name)
@pytest.mark.parametrize(
    ("email", "access"),
    [
        ("rex@acme.example", Access.READER),
        ("rita@acme.example", Access.REVIEWER),
        ("adam@acme.example", Access.ADMIN),
        ("olga@acme.example", Access.ADMIN),
    ],
)
def test_a_page_asks_for_its_role(world: PortalWorld, page: Page, email: str, access: Access) -> None:
    """Too small a role: 403, and nothing changes; enough: the page."""
    number, queued = world.hold(reason="encrypted", findings=()), world.queue()
    before, waiting = world.held(number), world.delivery(queued)
    answer = _call(world.signed_in(email), page, _address(page, number, before.facts.transaction))
    if access < page.access:
        assert answer.status_code == 403
        assert (world.held(number), world.delivery(queued)) == (before, waiting)
    else:
        assert answer.status_code in (200, 303, 409, 422)


def test_a_sign_in_address_begins_as_configured() -> None:
    """With or without a slash at the end of what was configured."""
    assert sign_in_address("https://portal.example/", "abc") == "https://portal.example/signin/abc"
    assert hidden_value('<input name="a" value="b">', "a") == "b"
