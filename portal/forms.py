"""What a browser sends, read strictly; and the proof that a form came from one of our own pages.

Comes in: a request. Goes out: names and values, each name once, or FormRefused with the status to answer.
A state-changing request needs two things: headers that do not name another site (`Origin`, `Sec-Fetch-Site`), and the
form token, which is derived from a secret cookie that other sites can neither read nor set.

Standards: the URL standard's application/x-www-form-urlencoded; Fetch Metadata (Sec-Fetch-Site); RFC 6454 (Origin);
RFC 6585 section 5 (431).
Failure: nothing is done, the answer is 400, 403, 413, 415, 422 or 431.
Limits: 16 KiB and 100 header fields; 64 KiB and 100 fields a form; nothing but urlencoded forms, so no JSON. Pages
that take a file: `uploads.py`.
"""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import ClientDisconnect, Request

LARGEST_FORM_OCTETS = 65_536
LARGEST_HEAD_OCTETS = 16_384
MOST_FIELDS = 100
TOKEN_FIELD = "form_token"  # noqa: S105 - the name of a field


class FormRefused(Exception):
    """The request's fields cannot be taken; `status` is the HTTP status that says so."""

    def __init__(self, status: int) -> None:
        super().__init__(f"form refused with {status}")
        self.status = status


def check_head(request: Request) -> None:
    """Raises FormRefused (431) where the request's header fields are more than any browser of ours sends."""
    octets = sum(len(name) + len(value) for name, value in request.headers.raw)
    if octets > LARGEST_HEAD_OCTETS or len(request.headers.raw) > MOST_FIELDS:
        raise FormRefused(431)


async def read_form(request: Request) -> Mapping[str, str]:
    """The fields of the request's form. Raises FormRefused."""
    if media_type_of(request) != "application/x-www-form-urlencoded":
        raise FormRefused(415)
    body = await read_body(request, LARGEST_FORM_OCTETS)
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError:
        raise FormRefused(422) from None
    return read_fields(text)


def media_type_of(request: Request) -> str:
    """The media type that the request names, in lower case and without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_body(request: Request, most: int) -> bytes:
    """The body, which may have so many octets. Raises FormRefused: 413, or 400 where the client has gone."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                raise FormRefused(413)
    except ClientDisconnect:
        raise FormRefused(400) from None  # Nobody reads the answer.
    return bytes(body)


def read_fields(text: str) -> Mapping[str, str]:
    """The fields of a query string or form, each name at most once. Raises FormRefused (422)."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise FormRefused(422) from None
    fields = dict(pairs)
    if len(fields) != len(pairs) or any("\x00" in value for value in fields.values()):
        raise FormRefused(422)
    return fields


def form_token(secret: str) -> str:
    """The token that forms made for the holder of this secret cookie carry."""
    return hashlib.sha256(b"pratique form token\x00" + secret.encode("utf-8", "replace")).hexdigest()


def is_token_right(secret: str, given: str) -> bool:
    """Whether a form was made for the holder of this secret cookie; an empty secret has no right token."""
    return bool(secret) and hmac.compare_digest(form_token(secret).encode(), given.encode("utf-8", "replace"))


def is_from_here(headers: Mapping[str, str], base_url: str) -> bool:
    """Whether the headers are free of any sign that another site sent this request.

    Browsers send at least one of the two headers; for a program that sends neither, the form token alone decides.
    """
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    # Browsers reach a portal on loopback by several names, hence the host asked for counts beside the configured one.
    return origin.rstrip("/") == _origin_of(base_url) or _host_of(origin) == headers.get("host", "").lower()


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None
