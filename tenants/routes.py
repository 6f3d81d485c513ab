"""Routes: where a domain's mail goes after it was examined. Pure values and their text form.

A route is written `smtp://HOST[:PORT]`; HOST is a name, an IPv4 address or an IPv6 address in brackets. A domain has
one or more, tried in the order given (`priority`, 0 first).

Failure: a route that does not parse raises `RouteError` with one plain sentence; nothing is stored.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from tenants.refusals import Refusal

SMTP_PORT = 25
MOST_ROUTES = 10
_HOST_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*")


class RouteError(Refusal, ValueError):
    """The route cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Route:
    """One next hop of a domain."""

    scheme: str
    host: str
    """A name in lower case, or an address without brackets."""
    port: int
    priority: int = 0

    @property
    def text(self) -> str:
        """The route as a person writes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def parse_route(text: str, priority: int = 0) -> Route:
    """The route that `text` states. Raises RouteError."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise RouteError(f"The route {text!r} cannot be read; it looks like smtp://mail.example:25.") from None
    # `urlsplit` takes line ends and tabs out without a word.
    if (
        not text.strip().isprintable()
        or parts.scheme != "smtp"
        or not parts.hostname
        or parts.username
        or parts.password
    ):
        raise RouteError(f"The route {text!r} cannot be used; it looks like smtp://mail.example:25.")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise RouteError(f"The route {text!r} has something after the port; it looks like smtp://mail.example:25.")
    if port == 0:
        raise RouteError(f"The route {text!r} names port 0; ports go from 1 to 65535.")
    return Route("smtp", _host(parts.hostname, text), port or SMTP_PORT, priority)


def parse_routes(texts: tuple[str, ...]) -> tuple[Route, ...]:
    """The routes in the order given, which is the order they are tried in. Raises RouteError when there is none."""
    if not texts:
        raise RouteError("A domain needs at least one route, such as smtp://mail.example:25.")
    if len(texts) > MOST_ROUTES:
        raise RouteError(f"A domain can have {MOST_ROUTES} routes at most.")
    return tuple(parse_route(text, priority) for priority, text in enumerate(texts))


def _host(host: str, text: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    name = host.lower().rstrip(".")
    # A last label of digits alone is a mistyped address (RFC 3696 section 2), which some resolvers would read as one.
    if not _HOST_NAME.fullmatch(name) or name.rpartition(".")[2].isdigit():
        raise RouteError(f"The route {text!r} does not name a host that can exist.")
    return name
