"""The book of people: users, and what each may do for which tenant. Signing in: `sign_in.py`.

A user is an e-mail address; a membership gives it a role with one tenant. Roles, most able first: an owner may do
anything, an admin all but end the contract, a reviewer may release and delete what is not infected, a reader may
look.

Failure: `NotFound`, `Refusal` with one plain sentence each.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tenants.refusals import NotFound, Refusal
from tenants.storage.statements import insert_if_absent, replace_row
from tenants.storage.tables import customers, people

_EMAIL = re.compile(r"[^\s@<>\"\x00-\x1f\x7f]{1,64}@[^\s@<>\"\x00-\x1f\x7f]{1,253}")


class Role(StrEnum):
    """What a member may do. The order of the members is the order of power, most able first."""

    OWNER = "owner"
    ADMIN = "admin"
    REVIEWER = "reviewer"
    READER = "reader"

    def is_at_least(self, other: "Role") -> bool:
        """Whether this role may do all that the other may."""
        order = list(Role)
        return order.index(self) <= order.index(other)


@dataclass(frozen=True, slots=True)
class Member:
    """A user in one tenant."""

    user_id: int
    email: str
    tenant_id: int
    tenant_name: str
    role: Role


def canonical_email(email: str) -> str:
    """The one spelling of a user's address: lower case. Raises Refusal when it cannot be one."""
    spelled = email.strip().lower()
    if not _EMAIL.fullmatch(spelled):
        raise Refusal(f"{email!r} is not an e-mail address.")
    return spelled


def add_user(session: Session, *, tenant_id: int, email: str, role: Role, now: datetime) -> Member:
    """Give a person this role with a tenant; one who has a role there already has this one from now on."""
    spelled = canonical_email(email)
    insert_if_absent(session, people.app_user, [{"email": spelled, "created_at": now}])
    user_id = user_id_of(session, spelled)
    keys = {"user_id": user_id, "tenant_id": tenant_id}
    replace_row(session, people.membership, keys, {"role": role.value})
    return next(each for each in memberships(session, user_id=user_id) if each.tenant_id == tenant_id)


def remove_user(session: Session, *, tenant_id: int, email: str) -> None:
    """Take a person's role with a tenant away, and end the sessions in which it was used."""
    user_id = user_id_of(session, email)
    member, signed_in = people.membership, people.portal_session
    session.execute(delete(member).where(member.c.user_id == user_id, member.c.tenant_id == tenant_id))
    session.execute(delete(signed_in).where(signed_in.c.user_id == user_id, signed_in.c.tenant_id == tenant_id))


def user_id_of(session: Session, email: str) -> int:
    """The number of the user with this address. Raises NotFound."""
    found = session.scalars(select(people.app_user.c.id).filter_by(email=canonical_email(email))).one_or_none()
    if found is None:
        raise NotFound(f"There is no user {email!r}.")
    number: int = found
    return number


def memberships(session: Session, *, user_id: int) -> tuple[Member, ...]:
    """The tenants that a user belongs to, by name; those that are deleted are left out."""
    return _members(session, user_id=user_id)


def members(session: Session, *, tenant_id: int) -> tuple[Member, ...]:
    """The people of a tenant, by address."""
    return tuple(sorted(_members(session, tenant_id=tenant_id), key=lambda member: member.email))


def _members(session: Session, **which: int) -> tuple[Member, ...]:
    user, tenant = people.app_user, customers.tenant
    wanted = (
        select(people.membership, user.c.email, tenant.c.name)
        .join(user, user.c.id == people.membership.c.user_id)
        .join(tenant, tenant.c.id == people.membership.c.tenant_id)
        .where(tenant.c.deleted_at.is_(None))
        .order_by(tenant.c.name)
    )
    for column, value in which.items():
        wanted = wanted.where(people.membership.c[column] == value)
    rows = session.execute(wanted)
    return tuple(Member(row.user_id, row.email, row.tenant_id, row.name, Role(row.role)) for row in rows)
