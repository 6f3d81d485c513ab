"""The doorway lets in whom it should, takes forms from our own pages alone, and ends every failure in a page."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse, Response

from portal.doorway import Asked, enter
from portal.rendering import make_environment
from portal.site import Page
from portal.visit import Access, PageRefused, Surroundings, Visit
from tenants.customers.book import suspend_tenant
from tenants.quarantine.book import HeldState
from tenants.refusals import NotFound, WrongState
from tenants.storage.viewpoint import Reader
from tests.servers.portal_world import BASE_URL, PortalWorld, hidden_value, token_in

FORM = "application/x-www-form-urlencoded"


def _around(world: PortalWorld) -> Surroundings:
    return Surroundings(world.database, world.sealed, make_environment(), BASE_URL, world.clock)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"origin": BASE_URL}, 303),
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/json"}, 415),
        ({"x-http-method-override": "GET", "origin": "https://evil.example"}, 403),
    ],
)
def test_a_form_of_another_site_does_nothing(world: PortalWorld, headers: dict[str, str], status: int) -> None:
    """Even with the right token, a header that names another site is enough; and so is a wrong media type."""
    number = world.hold(reason="encrypted", findings=())
    client = world.signed_in("rita@acme.example")
    page = client.get(f"/quarantine/{number}/release").text
    body = f"form_token={token_in(page)}&seen={hidden_value(page, 'seen')}"
    answer = client.post(f"/quarantine/{number}/release", content=body, headers={"content-type": FORM, **headers})
    assert answer.status_code == status
    is_asked = world.held(number).state is HeldState.RELEASE_REQUESTED
    assert is_asked is (status == 303)


@pytest.mark.parametrize("token", [None, "", "0" * 64, "other session's"])
def test_a_form_without_this_sessions_token_does_nothing(world: PortalWorld, token: str | None) -> None:
    """Missing, empty, invented, or of somebody else's session."""
    number = world.hold(reason="encrypted", findings=())
    client = world.signed_in("rita@acme.example")
    seen = hidden_value(client.get(f"/quarantine/{number}/release").text, "seen")
    form = {"seen": seen}
    if token is not None:
        other = token_in(world.signed_in("adam@acme.example").get("/tenant").text)
        form["form_token"] = other if token.startswith("other") else token
    for path in (f"/quarantine/{number}/release", f"/quarantine/{number}/delete", "/signout", "/tenant"):
        answer = client.post(path, data=form)
        assert answer.status_code == 403
        assert "Go back, load the page again" in answer.text
    assert world.held(number).state is HeldState.HELD
    assert client.get("/quarantine").status_code == 200


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound("no such thing"), 404),
        (WrongState("not now"), 409),
        (PageRefused(422), 422),
        (ValueError("secret"), 500),
    ],
)
def test_what_a_view_raises_becomes_a_page(
    world: PortalWorld, error: Exception, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing of the cause is shown; a bug is logged once, with the reference that the page gives."""

    def view(_visit: Visit) -> Response:
        raise error

    page = Page("GET", "/broken", view, Access.ANYONE)
    with caplog.at_level(logging.ERROR):
        answer = enter(_around(world), page, Asked({}, "", {}, {}, {}))
    text = bytes(answer.body).decode()
    assert answer.status_code == status
    assert str(error) not in text
    if status == 500:
        (entry,) = caplog.records
        reference = entry.getMessage().partition("reference=")[2]
        assert reference in text
    else:
        assert not caplog.records


def test_a_doubled_name_in_the_address_is_refused(world: PortalWorld) -> None:
    """Two readings of one address are one too many."""
    assert world.signed_in("rex@acme.example").get("/quarantine?text=a&text=b").status_code == 422


def test_the_database_away_is_said(world: PortalWorld) -> None:
    """503 in plain words, for pages and for sign-in links alike."""
    client = world.signed_in("rex@acme.example")
    world.database.close()
    path = Path(str(world.database.engine.url.database))
    for file in path.parent.glob(path.name + "*"):
        file.rename(path.parent / f"away-{file.name}")
    path.mkdir()
    for address in ("/quarantine", "/signin/abc", "/messages"):
        answer = client.get(address)
        assert answer.status_code == 503
        assert "cannot reach its database" in answer.text
    assert client.get("/health").status_code == 200


def test_people_of_a_suspended_tenant_look_and_change_nothing(world: PortalWorld) -> None:
    """Reading goes on; a release would send mail, so it does not."""
    number = world.hold(reason="encrypted", findings=())
    client = world.signed_in("rita@acme.example")
    page = client.get(f"/quarantine/{number}/release").text
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        suspend_tenant(session, world.tenants["acme"], world.clock.now)
    form = {"form_token": token_in(page), "seen": hidden_value(page, "seen")}
    answer = client.post(f"/quarantine/{number}/release", data=form)
    assert answer.status_code == 403
    assert "suspended" in answer.text
    assert client.get(f"/quarantine/{number}").status_code == 200


def test_a_strangers_file_is_not_read(world: PortalWorld) -> None:
    """Whoever may not send one is turned away before the body is asked for."""

    def body() -> Iterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = world.client().post("/senders/file", content=body(), headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin")


def test_a_view_gets_its_visit(world: PortalWorld) -> None:
    """Query and path values arrive decoded."""

    def view(visit: Visit) -> Response:
        return PlainTextResponse(f"{visit.path_values['held']} {visit.query['text']} {visit.access.name}")

    page = Page("GET", "/x/{held}", view, Access.ANYONE)
    answer = enter(_around(world), page, Asked({"held": "7"}, "text=%C3%A9", {}, {}, {}))
    assert bytes(answer.body).decode() == "7 é ANYONE"
