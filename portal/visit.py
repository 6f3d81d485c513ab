"""One visit of one person to one page: everything a view gets, as values.

A view is a plain function `view(visit) -> Response` and runs in a thread. It reads and writes through the books in
`tenants`, always with `visit.who.tenant_id`, and shows a template with `visit.page`.

Failure: a view that cannot do what was asked raises PageRefused, which becomes a page of plain sentences.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from jinja2 import Environment
from starlette.responses import HTMLResponse, RedirectResponse, Response

from portal.sessions import Cookies, Visitor
from tenants.customers.accounts import Role
from tenants.customers.sign_in import SignedIn
from tenants.domains.mta_sts import StsMode
from tenants.encryption.sealed import SealedStore
from tenants.storage.database import Database


class Access(IntEnum):
    """What a page asks of its visitor; each step includes those before it."""

    ANYONE = 0
    READER = 1
    REVIEWER = 2
    ADMIN = 3


ROLE_ACCESS: Mapping[Role, Access] = {
    Role.READER: Access.READER,
    Role.REVIEWER: Access.REVIEWER,
    Role.ADMIN: Access.ADMIN,
    Role.OWNER: Access.ADMIN,
}
LARGEST_NUMBER_DIGITS = 18
"""Of a number in an address: what both databases hold in 64 bits."""


class PageRefused(Exception):
    """The page is not given; `status` and `why` choose the sentences of `templates/failure.html`."""

    def __init__(self, status: int, why: str = "") -> None:
        super().__init__(f"page refused with {status}: {why or 'no more words'}")
        self.status = status
        self.why = why


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the portal was put together from."""

    database: Database
    sealed: SealedStore
    environment: Environment
    base_url: str
    """How people reach the portal; links begin with it, never with what a request calls us."""
    clock: Callable[[], datetime]
    """The present time, with its zone."""
    agents: tuple[str, ...] = ()
    """The transport agents that a policy may name."""
    sts_mode: StsMode = StsMode.TESTING
    """Of the MTA-STS policies."""

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that has been let in."""

    around: Surroundings
    now: datetime
    path_values: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str]
    cookies: Cookies
    form_token: str
    visitor: Visitor | None
    client: str = ""
    """The address that the request came from."""
    upload: bytes = b""
    """The file that came with the form; empty on pages that take none."""

    @property
    def who(self) -> SignedIn:
        """The person; on pages for anyone only after asking `visitor`."""
        if self.visitor is None:
            raise PageRefused(403)
        return self.visitor.who

    @property
    def access(self) -> Access:
        """How far this visitor may go."""
        return Access.ANYONE if self.visitor is None else ROLE_ACCESS[self.visitor.who.role]

    def number(self, name: str) -> int:
        """A number from the path. Raises PageRefused (404): what is not a number names nothing."""
        number = parse_number(self.path_values[name])
        if number is None:
            raise PageRefused(404)
        return number

    def page(self, template: str, status: int = 200, **values: object) -> Response:
        """This template with these values, and those that every page's frame needs."""
        visitor = self.visitor
        frame = {
            "who": visitor.who if visitor else None,
            "memberships": visitor.memberships if visitor else (),
            "form_token": self.form_token,
            "now": self.now,
            "room": "",
            "status": status,
        }
        html = self.around.environment.get_template(template).render(**(frame | values))
        return HTMLResponse(html, status)


def parse_number(text: str) -> int | None:
    """The number written in decimal digits, or None when it is not one that a row could have."""
    is_number = text.isascii() and text.isdigit() and len(text) <= LARGEST_NUMBER_DIGITS
    return int(text) if is_number else None


def go_to(path: str) -> Response:
    """Send the browser on by GET; after a POST, so that loading again does not repeat it."""
    return RedirectResponse(path, 303)


View = Callable[[Visit], Response]
