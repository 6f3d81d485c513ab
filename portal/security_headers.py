"""The headers on every answer of the portal, error pages included. Pure ASGI, outermost.

Our pages load styles, scripts and pictures from the portal alone and run no inline script, so that markup which slips
out of a hostile mail finds nothing that would run it or fetch anything.

Standards: CSP level 3; RFC 9111 (Cache-Control); RFC 6797 (HSTS, when the portal is reached by https); Fetch.
Failure: none of its own; what the application raises passes through.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; connect-src 'self'"
)
ON_EVERY_ANSWER = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    # Not "no-referrer": with it browsers send "Origin: null" with our own forms.
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("X-Robots-Tag", "noindex, nofollow"),
)
STRICT_TRANSPORT = "max-age=31536000"


class SecurityHeaders:
    """An ASGI application around another one."""

    def __init__(self, application: ASGIApp, is_https: bool) -> None:
        self._application = application
        self._is_https = is_https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request as the inner application does, with the headers set."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._set(MutableHeaders(scope=message), scope, message["status"])
            await send(message)

        await self._application(scope, receive, send_with_headers)

    def _set(self, headers: MutableHeaders, scope: Scope, status: int) -> None:
        for name, value in ON_EVERY_ANSWER:
            headers[name] = value
        if self._is_https:
            headers["Strict-Transport-Security"] = STRICT_TRANSPORT
        headers["Cache-Control"] = _caching(scope, status)


def _caching(scope: Scope, status: int) -> str:
    """Static files are named with a digest of their content, so they may be kept; a page never."""
    is_named_by_content = scope["path"].startswith("/static/") and scope["query_string"].startswith(b"v=")
    if is_named_by_content and status in (200, 304):
        return "public, max-age=31536000, immutable"
    return "no-store"
