"""Every answer carries the headers that keep hostile content harmless; only named static files may be kept."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from portal.security_headers import CONTENT_SECURITY_POLICY, SecurityHeaders


def _page(request: Request) -> Response:
    if request.url.path == "/broken":
        raise RuntimeError("a bug")
    return PlainTextResponse("ok", headers={"Cache-Control": "public"})


def _client(is_https: bool) -> TestClient:
    inner = Starlette(routes=[Route("/", _page), Route("/broken", _page), Route("/static/a.css", _page)])
    return TestClient(SecurityHeaders(inner, is_https), raise_server_exceptions=False)


@pytest.mark.parametrize("path", ["/", "/missing", "/broken", "/static/a.css?v=1"])
def test_each_answer_has_the_headers(path: str) -> None:
    """Pages, missing pages, failures and static files alike."""
    answer = _client(is_https=False).get(path)
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "strict-transport-security" not in answer.headers


@pytest.mark.parametrize(
    ("path", "caching"),
    [
        ("/", "no-store"),
        ("/static/a.css", "no-store"),
        ("/static/missing.css?v=1", "no-store"),
        ("/static/a.css?v=1", "public, max-age=31536000, immutable"),
    ],
)
def test_pages_are_never_stored(path: str, caching: str) -> None:
    """Only a static file that is there and is named with its digest may be kept."""
    assert _client(is_https=False).get(path).headers["cache-control"] == caching


def test_https_is_insisted_on_where_it_is_there() -> None:
    """A portal reached by https says that it always will be."""
    assert _client(is_https=True).get("/").headers["strict-transport-security"] == "max-age=31536000"


def test_the_policy_allows_no_inline_script_and_no_other_place() -> None:
    """The content security policy holds neither 'unsafe-' words nor addresses."""
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert ":" not in CONTENT_SECURITY_POLICY
