"""The application as a whole: addresses that are not there, wrong methods, large bodies, static files."""

import pytest

from portal.application import present_time
from tests.servers.portal_world import PortalWorld

ADAM = "adam@acme.example"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/quarantine/", 404),
        ("GET", "/quarantine/x", 404),
        ("GET", "/quarantine/99999999999999999999999", 404),
        ("GET", "/quarantine/1/../../etc/passwd", 404),
        ("GET", "/static/../visit.py", 404),
        ("GET", "/static/%2e%2e/visit.py", 404),
        ("GET", "/static/", 404),
        ("GET", "/quarantine?state=odd", 422),
        ("GET", "/quarantine?before=x", 422),
        ("POST", "/quarantine", 405),
        ("GET", "/signout", 405),
        ("DELETE", "/quarantine/1", 405),
        ("TRACE", "/quarantine", 405),
        ("GET", "/docs", 404),
        ("GET", "/openapi.json", 404),
    ],
)
def test_what_is_not_there_is_a_page_of_plain_sentences(
    world: PortalWorld, method: str, path: str, status: int
) -> None:
    """Each refusal has its status, our page, and the headers of every page."""
    answer = world.signed_in(ADAM).request(method, path)
    assert answer.status_code == status
    assert "<h1>" in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "server" not in answer.headers


def test_a_large_form_is_refused(world: PortalWorld) -> None:
    """413, before anybody looks into it."""
    answer = world.signed_in(ADAM).post("/signout", data={"x": "y" * 70_000})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "name", ["portal.css", "bootstrap-5.3.9/bootstrap.min.css", "htmx-4.0.1/htmx.min.js", "flag.svg"]
)
def test_static_files_are_served(world: PortalWorld, name: str) -> None:
    """Without a session, for the sign-in page needs them; the addresses in pages carry a digest."""
    client = world.client()
    assert client.get(f"/static/{name}").status_code == 200
    assert client.get(f"/static/{name}?v=1").headers["cache-control"].startswith("public")


def test_every_asset_in_a_page_is_there(world: PortalWorld) -> None:
    """The frame names no file that is missing."""
    client = world.client()
    addresses = [piece.partition('"')[0] for piece in client.get("/signin").text.split('="')[1:]]
    assets = [address for address in addresses if address.startswith("/static/")]
    assert len(assets) >= 4
    assert all(client.get(address).status_code == 200 for address in assets)


def test_health_needs_no_session(world: PortalWorld) -> None:
    """Whatever watches the process may ask."""
    for path in ("/health", "/healthz"):
        answer = world.client().get(path)
        assert (answer.status_code, answer.text) == (200, "ok\n")
    assert world.client().get("/readyz").json()["database"] == "ok"


def test_the_present_time_knows_its_zone() -> None:
    """Times without a zone cannot be compared with those of the database."""
    assert present_time().utcoffset() is not None
