"""Sessions end when they should, and their cookies are as closed as browsers make them."""

import pytest
from starlette.responses import Response

from portal.sessions import Cookies, find_visitor
from tenants.customers.accounts import Role, add_user, remove_user
from tenants.storage.viewpoint import Reader
from tests.servers.portal_world import PortalWorld

ADAM = "adam@acme.example"


def _set_cookies(is_https: bool) -> list[str]:
    response = Response()
    Cookies({}, is_https).begin_session(response, "token")
    return [value.decode() for name, value in response.raw_headers if name == b"set-cookie"]


def test_by_https_the_cookie_is_bound_to_the_host_and_secure() -> None:
    """The `__Host-` prefix keeps sub-domains and plain connections from setting it."""
    cookie = _set_cookies(is_https=True)[0]
    assert cookie.startswith("__Host-pratique_session=token;")
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"secure", "httponly", "samesite=lax", "path=/", "max-age=43200"} <= parts
    assert not any(part.startswith("domain") for part in parts)


def test_by_http_on_loopback_the_cookie_has_a_plain_name() -> None:
    """Browsers would drop a Secure cookie there; HttpOnly and SameSite stay."""
    cookie = _set_cookies(is_https=False)[0]
    assert cookie.startswith("pratique_session=token;")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie


def test_the_secret_of_signing_in_is_forgotten_when_the_session_begins() -> None:
    """It has done what it was for."""
    assert any("pratique_signing_in=" in cookie and "Max-Age=0" in cookie for cookie in _set_cookies(is_https=True))


@pytest.mark.parametrize("is_https", [True, False])
def test_only_the_cookie_of_the_right_name_counts(is_https: bool) -> None:
    """A plain cookie that somebody set from a sub-domain is no session by https."""
    cookies = Cookies({"pratique_session": "plain", "__Host-pratique_session": "bound"}, is_https)
    assert cookies.session == ("bound" if is_https else "plain")


def _token(world: PortalWorld) -> str:
    return world.signed_in(ADAM).cookies["pratique_session"]


@pytest.mark.parametrize(
    ("minutes_between", "times", "is_alive"),
    [(29, 1, True), (31, 1, False), (20, 35, True), (20, 37, False)],
)
def test_a_session_ends_after_30_idle_minutes_and_after_12_hours(
    world: PortalWorld, minutes_between: int, times: int, is_alive: bool
) -> None:
    """Use puts off the idle end, never the last one."""
    token = _token(world)
    visitor = None
    for _ in range(times):
        world.clock.advance(minutes=minutes_between)
        visitor = find_visitor(world.database, token, world.clock.now)
    assert (visitor is not None) is is_alive


def test_the_role_is_the_present_one(world: PortalWorld) -> None:
    """A role that was changed counts from the next request on; one that was taken away ends the session."""
    token = _token(world)
    acme = world.tenants["acme"]
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        add_user(session, tenant_id=acme, email=ADAM, role=Role.READER, now=world.clock.now)
    visitor = find_visitor(world.database, token, world.clock.now)
    assert visitor is not None
    assert visitor.who.role is Role.READER
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        remove_user(session, tenant_id=acme, email=ADAM)
    assert find_visitor(world.database, token, world.clock.now) is None


@pytest.mark.parametrize("token", ["", "x", "é\ud800", "a" * 4000])
def test_an_unknown_token_is_nobody(world: PortalWorld, token: str) -> None:
    """Whatever it is made of."""
    assert find_visitor(world.database, token, world.clock.now) is None


def test_the_token_is_not_in_the_database(world: PortalWorld) -> None:
    """Only its digest is: a stolen copy of the database opens no session."""
    token = _token(world)
    path = world.database.engine.url.database
    assert path is not None
    world.database.close()
    with open(path, "rb") as file:
        assert token.encode() not in file.read()
