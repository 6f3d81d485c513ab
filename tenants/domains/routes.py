"""Routes: where a domain's mail goes after it was examined. Pure values and their text form.

A route is written `smtp://HOST[:PORT][?TERMS]` for a fixed host, or `mx://DOMAIN[:PORT][?TERMS]` for the hosts that the
MX records of a domain name. HOST is a name, an IPv4 address or an IPv6 address in brackets; `route_terms.py` has the
terms. A domain has one or more routes: those of the lowest priority are tried first, in a random order by weight;
without priorities they are tried in the order given.

Standards: RFC 5321 section 5.1 (MX look-up); RFC 3696 section 2 (a name whose last label is a number is none).
Failure: a route that does not parse raises `RouteError` with one plain sentence; nothing is stored.
"""

import ipaddress
import re
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit

from tenants.domains.route_terms import PLAIN_TERMS, RouteTerms, Tls, parse_terms
from tenants.refusals import Refusal

SMTP_PORT = 25
MOST_ROUTES = 10
_HOST_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*")

_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")


class RouteError(Refusal, ValueError):
    """The route cannot be used; the text says why."""


class Scheme(StrEnum):
    """What a route's host is."""

    SMTP = "smtp"
    """The next hop itself."""
    MX = "mx"
    """A domain whose MX records name the next hops."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where mail may go: one host, or those of an MX look-up."""

    scheme: str
    host: str
    """A name in lower case, or an address without brackets."""
    port: int
    position: int = 0
    """Its place among the routes of the domain, from 0."""
    terms: RouteTerms = PLAIN_TERMS

    @property
    def priority(self) -> int:
        """The lowest is tried first."""
        return self.position if self.terms.priority is None else self.terms.priority

    @property
    def text(self) -> str:
        """The route as a person writes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        terms = f"?{self.terms.text}" if self.terms.text else ""
        return f"{self.scheme}://{host}:{self.port}{terms}"


def parse_route(text: str, position: int = 0) -> Route:
    """The route that `text` states. Raises RouteError."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise RouteError(f"The route {text!r} cannot be read; it looks like smtp://mail.example:25.") from None
    # `urlsplit` takes line ends and tabs out without a word.
    if (
        not text.strip().isprintable()
        or parts.scheme not in list(Scheme)
        or not parts.hostname
        or parts.username
        or parts.password
    ):
        raise RouteError(f"The route {text!r} cannot be used; it looks like smtp://mail.example:25.")
    if parts.path not in ("", "/") or parts.fragment:
        raise RouteError(f"The route {text!r} has something after the port; it looks like smtp://mail.example:25.")
    if port == 0:
        raise RouteError(f"The route {text!r} names port 0; ports go from 1 to 65535.")
    return _checked(parts, port or SMTP_PORT, position, text)


def parse_routes(texts: tuple[str, ...]) -> tuple[Route, ...]:
    """The routes in the order in which they are tried. Raises RouteError when there is none."""
    if not texts:
        raise RouteError("A domain needs at least one route, such as smtp://mail.example:25.")
    if len(texts) > MOST_ROUTES:
        raise RouteError(f"A domain can have {MOST_ROUTES} routes at most.")
    routes = tuple(parse_route(text, position) for position, text in enumerate(texts))
    if len({route.terms.priority is None for route in routes}) > 1:
        raise RouteError("Either every route of a domain names its priority, or none does and their order counts.")
    in_order = sorted(routes, key=lambda route: route.priority)
    return tuple(replace(route, position=position) for position, route in enumerate(in_order))


def _checked(parts: SplitResult, port: int, position: int, text: str) -> Route:
    host, is_address = _host(parts.hostname or "", text)
    try:
        terms = parse_terms(parts.query)
    except ValueError as error:
        raise RouteError(f"The route {text!r} {error}.") from None
    if is_address and parts.scheme == Scheme.MX:
        raise RouteError(f"The route {text!r} looks up the MX records of an address, which has none.")
    if is_address and terms.tls is Tls.DANE:
        raise RouteError(f"The route {text!r} asks for DANE with an address; TLSA records belong to names.")
    return Route(parts.scheme, host, port, position, terms)


def _host(host: str, text: str) -> tuple[str, bool]:
    """The host in its one spelling, and whether it is an address."""
    try:
        return str(ipaddress.ip_address(host)), True
    except ValueError:
        pass
    name = host.lower().rstrip(".")
    # A last label that is a number is a mistyped or disguised address (RFC 3696 section 2), which some resolvers would
    # read as one.
    if not _HOST_NAME.fullmatch(name) or _NUMBER.fullmatch(name.rpartition(".")[2]):
        raise RouteError(f"The route {text!r} does not name a host that can exist.")
    return name, False
