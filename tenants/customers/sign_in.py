"""Signing in: one-time links, and the sessions that spending one begins. Functions of a session that never commit.

A link is a token of 256 random bits, good once and for 30 minutes; looking at it spends nothing. A portal session is
another such token, for one tenant, ended by 30 idle minutes, by 12 hours, by signing out, or by losing the membership.
Only SHA-256 digests of tokens are stored.

Standards: NIST SP 800-63B section 5.1.3 (out-of-band secrets: single use, short life), section 7.2 (reauthentication).
Failure: `NotFound` for a link that is unknown, spent or too old; the three are never told apart.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import Session

from tenants.customers.accounts import Role, memberships, user_id_of
from tenants.refusals import NotFound
from tenants.storage.tables import customers, people

LINK_LIFE = timedelta(minutes=30)
SESSION_IDLE = timedelta(minutes=30)
SESSION_LIFE = timedelta(hours=12)
SEEN_PRECISION = timedelta(minutes=1)
"""A session's last use is written down at most this often: else every page would cost a commit."""
_TOKEN_OCTETS = 32


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who asks, and for which tenant; the role is the present one, read with every request."""

    user_id: int
    email: str
    tenant_id: int
    tenant_name: str
    language: str
    role: Role


def make_link(session: Session, *, email: str, now: datetime) -> str:
    """The token of a new one-time link for a user. Raises NotFound when there is no such user."""
    token = new_token()
    remember_link(session, email=email, token=token, now=now)
    return token


def new_token() -> str:
    """A token that is good for nothing yet."""
    return secrets.token_urlsafe(_TOKEN_OCTETS)


def remember_link(session: Session, *, email: str, token: str, now: datetime) -> None:
    """Make this token a one-time link for a user. Raises NotFound when there is no such user."""
    user_id = user_id_of(session, email)
    values = {"token_sha256": _digest(token), "user_id": user_id, "created_at": now, "expires_at": now + LINK_LIFE}
    session.execute(insert(people.sign_in_link).values(**values))


def is_link_good(session: Session, token: str, *, now: datetime) -> bool:
    """Whether this link could be spent; spends nothing."""
    table = people.sign_in_link
    good = select(table.c.user_id).where(
        table.c.token_sha256 == _digest(token), table.c.used_at.is_(None), table.c.expires_at > now
    )
    return session.execute(good).one_or_none() is not None


def spend_link(session: Session, token: str, *, now: datetime) -> str:
    """Spend a link, and give the token of the session it begins, for the user's first tenant. Raises NotFound."""
    table = people.sign_in_link
    spent = session.scalars(
        update(table)
        .where(table.c.token_sha256 == _digest(token), table.c.used_at.is_(None), table.c.expires_at > now)
        .values(used_at=now)
        .returning(table.c.user_id)
    ).one_or_none()
    tenants = memberships(session, user_id=spent) if spent is not None else ()
    if spent is None or not tenants:
        raise NotFound("This sign-in link is not valid any more.")
    return begin_session(session, user_id=spent, tenant_id=tenants[0].tenant_id, now=now)


def begin_session(session: Session, *, user_id: int, tenant_id: int, now: datetime) -> str:
    """The token of a new portal session."""
    token = new_token()
    values = {
        "token_sha256": _digest(token),
        "user_id": user_id,
        "tenant_id": tenant_id,
        "created_at": now,
        "seen_at": now,
        "expires_at": now + SESSION_LIFE,
    }
    session.execute(insert(people.portal_session).values(**values))
    return token


def signed_in(session: Session, token: str, *, now: datetime) -> SignedIn | None:
    """Who this session's token speaks for; None when it has ended or the membership is gone. Changes nothing."""
    own, user, member, tenant = people.portal_session, people.app_user, people.membership, customers.tenant
    wanted = (
        select(own.c.user_id, user.c.email, own.c.tenant_id, tenant.c.name, tenant.c.language, member.c.role)
        .join(user, user.c.id == own.c.user_id)
        .join(member, (member.c.user_id == own.c.user_id) & (member.c.tenant_id == own.c.tenant_id))
        .join(tenant, tenant.c.id == own.c.tenant_id)
        .where(
            own.c.token_sha256 == _digest(token),
            own.c.expires_at > now,
            own.c.seen_at > now - SESSION_IDLE,
            tenant.c.deleted_at.is_(None),
        )
    )
    row = session.execute(wanted).one_or_none()
    return None if row is None else SignedIn(*row[:5], Role(row.role))


def note_use(session: Session, token: str, *, now: datetime) -> None:
    """Put off the idle end of a session that has not ended; writes once a minute at most."""
    own = people.portal_session
    is_alive = (own.c.expires_at > now) & (own.c.seen_at > now - SESSION_IDLE)
    is_due = own.c.seen_at <= now - SEEN_PRECISION
    session.execute(update(own).where(own.c.token_sha256 == _digest(token), is_alive, is_due).values(seen_at=now))


def needs_note(session: Session, token: str, *, now: datetime) -> bool:
    """Whether `note_use` would write: asked in a reading session, so that most pages need no writing one."""
    own = people.portal_session
    due = select(own.c.user_id).where(own.c.token_sha256 == _digest(token), own.c.seen_at <= now - SEEN_PRECISION)
    return session.execute(due).one_or_none() is not None


def switch_tenant(session: Session, token: str, *, tenant_id: int, now: datetime) -> str:
    """End this session and begin one for another tenant of the user's; its token. Raises NotFound."""
    who = signed_in(session, token, now=now)
    if who is None or tenant_id not in {each.tenant_id for each in memberships(session, user_id=who.user_id)}:
        raise NotFound("You do not belong to this tenant.")
    end_session(session, token)
    return begin_session(session, user_id=who.user_id, tenant_id=tenant_id, now=now)


def end_session(session: Session, token: str) -> None:
    """Sign out."""
    session.execute(delete(people.portal_session).where(people.portal_session.c.token_sha256 == _digest(token)))


def forget_ended(session: Session, *, now: datetime) -> None:
    """Delete sessions and links whose life is over."""
    own, link = people.portal_session, people.sign_in_link
    session.execute(delete(own).where(or_(own.c.expires_at <= now, own.c.seen_at <= now - SESSION_IDLE)))
    session.execute(delete(link).where(link.c.expires_at <= now))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
