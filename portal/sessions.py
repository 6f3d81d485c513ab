"""Sessions as the browser sees them: cookies; and the person behind one, as of this request.

The session cookie holds a random token and nothing else; `tenants/customers/sign_in.py` keeps its digest. Another
cookie is for people who are just signing in, so that their form too is known to come from one of our pages.

Comes in: the cookies of a request. Goes out: who is there, with the present role, or None; cookies on an answer.
Standards: RFC 6265bis (the `__Host-` prefix, SameSite). Reached by https: `__Host-` and Secure; by http, which is for
loopback, without, for browsers would not keep them.
Failure: an unknown, ended or idle session is no session: the visitor is asked to sign in.
Limits: 30 minutes idle, 12 hours in all (`tenants/customers/sign_in.py`).
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from tenants.customers.accounts import Member, memberships
from tenants.customers.sign_in import LINK_LIFE, SESSION_LIFE, SignedIn, needs_note, note_use, signed_in
from tenants.storage.database import Database
from tenants.storage.viewpoint import Reader

_SESSION = "pratique_session"
_SIGNING_IN = "pratique_signing_in"


@dataclass(frozen=True, slots=True)
class Cookies:
    """Our two cookies in one request, and how answers set them."""

    given: Mapping[str, str]
    is_https: bool

    @property
    def session(self) -> str:
        """The session's token; empty when the request brought none."""
        return self.given.get(self._name(_SESSION), "")

    @property
    def signing_in(self) -> str:
        """The secret of somebody who is about to sign in; empty when the request brought none."""
        return self.given.get(self._name(_SIGNING_IN), "")

    def begin_session(self, response: Response, token: str) -> None:
        """Give the browser this session; whatever it had before is forgotten."""
        self._set(response, _SESSION, token, int(SESSION_LIFE.total_seconds()))
        self._remove(response, _SIGNING_IN)

    def end_session(self, response: Response) -> None:
        """Make the browser forget its session."""
        self._remove(response, _SESSION)

    def begin_signing_in(self, response: Response, secret: str) -> None:
        """Mark this browser as the one that was shown a sign-in page."""
        self._set(response, _SIGNING_IN, secret, int(LINK_LIFE.total_seconds()))

    def _name(self, name: str) -> str:
        return f"__Host-{name}" if self.is_https else name

    def _set(self, response: Response, name: str, value: str, seconds: int) -> None:
        response.set_cookie(
            self._name(name), value, max_age=seconds, path="/", secure=self.is_https, httponly=True, samesite="lax"
        )

    def _remove(self, response: Response, name: str) -> None:
        response.delete_cookie(self._name(name), path="/", secure=self.is_https, httponly=True, samesite="lax")


@dataclass(frozen=True, slots=True)
class Visitor:
    """The person behind a session, and all tenants that the person may look at."""

    who: SignedIn
    memberships: tuple[Member, ...]


def new_secret() -> str:
    """A secret for somebody who is about to sign in."""
    return secrets.token_urlsafe(32)


def find_visitor(database: Database, token: str, now: datetime) -> Visitor | None:
    """Who this session's token speaks for; puts off the session's idle end."""
    if not token:
        return None
    with database.read(Reader.SIGN_IN) as session:
        who = signed_in(session, token, now=now)
        if who is None:
            return None
        visitor = Visitor(who, memberships(session, user_id=who.user_id))
        is_note_due = needs_note(session, token, now=now)
    if is_note_due:
        with database.unit_of_work(Reader.SIGN_IN) as session:
            note_use(session, token, now=now)
    return visitor
