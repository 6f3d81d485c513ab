"""Forms are read strictly, and only those from our own pages count."""

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from portal.forms import FormRefused, check_head, form_token, is_from_here, is_token_right, read_fields, read_form

BASE_URL = "https://portal.example"
FORM = "application/x-www-form-urlencoded"


async def _echo(request: Request) -> Response:
    try:
        return JSONResponse(dict(await read_form(request)))
    except FormRefused as refusal:
        return Response(status_code=refusal.status)


@pytest.mark.parametrize(
    ("media_type", "body", "status"),
    [
        (FORM, b"a=1&b=", 200),
        (f"{FORM}; charset=utf-8", b"a=%C3%A9", 200),
        ("application/json", b'{"a": 1}', 415),
        ("text/plain", b"a=1", 415),
        ("multipart/form-data; boundary=x", b"--x--", 415),
        ("", b"a=1", 415),
        (FORM, b"a=1&a=2", 422),
        (FORM, b"a=%ff", 422),
        (FORM, b"a=\xff", 422),
        (FORM, b"a=%00", 422),
        (FORM, b"&".join(b"f%d=1" % number for number in range(101)), 422),
        (FORM, b"a=" + b"x" * 65_536, 413),
    ],
)
def test_only_a_small_plain_form_is_taken(media_type: str, body: bytes, status: int) -> None:
    """Other media types, doubled names, broken encodings and large bodies are refused with their status."""
    client = TestClient(Starlette(routes=[Route("/", _echo, methods=["POST"])]))
    answer = client.post("/", content=body, headers={"content-type": media_type})
    assert answer.status_code == status


def test_the_fields_are_decoded() -> None:
    """Names and values come out as text, empty values too."""
    assert read_fields("a=1+2&b=&c=%C3%A9") == {"a": "1 2", "b": "", "c": "é"}
    assert read_fields("") == {}


@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({}, True),
        ({"origin": "https://portal.example"}, True),
        ({"origin": "http://127.0.0.1:8025", "host": "127.0.0.1:8025"}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "https://portal.example"}, False),
        ({"origin": "null", "host": "portal.example"}, False),
        ({"origin": "https://portal.example.evil.example", "host": "portal.example"}, False),
        ({"origin": "https://evil.example", "host": "portal.example"}, False),
        ({"origin": "https://[", "host": "portal.example"}, False),
        ({"origin": "", "host": ""}, False),
    ],
)
def test_a_request_that_another_site_caused_is_recognised(headers: dict[str, str], is_ours: bool) -> None:
    """Each header that names another site is enough to refuse."""
    assert is_from_here(headers, BASE_URL) is is_ours


def test_a_form_token_fits_its_own_secret_alone() -> None:
    """Another secret, another token, no token and no secret do not fit."""
    assert is_token_right("secret", form_token("secret"))
    assert not is_token_right("other", form_token("secret"))
    assert not is_token_right("secret", "")
    assert not is_token_right("secret", "é\ud800")
    assert not is_token_right("", form_token(""))


def test_a_client_that_goes_away_inside_its_body_is_no_error_of_ours() -> None:
    """Its form is refused like any other that cannot be read, and nothing is logged."""
    arriving = iter(({"type": "http.request", "body": b"a=1", "more_body": True}, {"type": "http.disconnect"}))

    async def receive() -> dict[str, object]:
        return next(arriving)

    headers = [(b"content-type", b"application/x-www-form-urlencoded")]
    request = Request({"type": "http", "method": "POST", "headers": headers}, receive)
    with pytest.raises(FormRefused) as caught:
        asyncio.run(read_form(request))
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("headers", "is_refused"),
    [
        ([(b"cookie", b"x" * 16_000)], False),
        ([(b"cookie", b"x" * 16_384)], True),
        ([(b"x-%d" % number, b"") for number in range(100)], False),
        ([(b"x-%d" % number, b"") for number in range(101)], True),
    ],
)
def test_a_head_is_no_larger_than_a_browser_s(headers: list[tuple[bytes, bytes]], is_refused: bool) -> None:
    """However it arrives: what is there in one read is limited too."""
    request = Request({"type": "http", "method": "GET", "headers": headers})
    try:
        check_head(request)
    except FormRefused as refusal:
        assert (is_refused, refusal.status) == (True, 431)
    else:
        assert not is_refused
