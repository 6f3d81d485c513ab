"""The book of recipient groups: people of one tenant for whom the same differences of policy count.

A group has a name and members; a member is an address of any of the tenant's domains, and may be in several groups.
What a group asks for is in `policies/book.py`.

Failure: `AlreadyExists`, `NotFound`, `Refusal` with one plain sentence each.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from tenants.domains.book import canonical_domain
from tenants.refusals import NotFound, Refusal
from tenants.storage.statements import insert_if_absent
from tenants.storage.tables import narrow_policies

_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?")
_MOST_OCTETS = 320


@dataclass(frozen=True, slots=True)
class Group:
    """One group with its members, by address."""

    id: int
    tenant_id: int
    name: str
    members: tuple[str, ...]


def canonical_address(address: str) -> str:
    """The one spelling of an address for looking it up: in lower case, its domain as A-labels. Raises Refusal."""
    local_part, at, domain = address.strip().rpartition("@")
    if not at or not local_part or len(address.encode("utf-8", "replace")) > _MOST_OCTETS:
        raise Refusal(f"{address!r} is not an address.")
    return f"{local_part.lower()}@{canonical_domain(domain)}"


def add_members(session: Session, *, tenant_id: int, name: str, addresses: Sequence[str], now: datetime) -> Group:
    """Put these people into a group; it is made when there is none of this name."""
    if not _NAME.fullmatch(name):
        raise Refusal(f"A group cannot be named {name!r}: use 1 to 63 of a-z, 0-9, '-', '_' and '.'.")
    spelled = [canonical_address(address) for address in addresses]
    number = _number(session, tenant_id, name)
    if number is None:
        values = {"tenant_id": tenant_id, "name": name, "changed_at": now}
        result = session.execute(insert(narrow_policies.recipient_group).values(**values))
        number = result.inserted_primary_key[0]  # type: ignore[attr-defined]
    rows = [{"group_id": number, "address": address, "tenant_id": tenant_id} for address in dict.fromkeys(spelled)]
    insert_if_absent(session, narrow_policies.group_member, rows)
    return get_group(session, tenant_id=tenant_id, name=name)


def remove_members(session: Session, *, tenant_id: int, name: str, addresses: Sequence[str]) -> Group | None:
    """Take these people out of a group; without addresses, delete the group and what it asked for.

    None when the group is gone. Raises NotFound for a group, or a member, that is not there; nothing is changed then.
    """
    group = get_group(session, tenant_id=tenant_id, name=name)
    member = narrow_policies.group_member
    spelled = {canonical_address(address) for address in addresses}
    if strangers := sorted(spelled - set(group.members)):
        raise NotFound(f"{strangers[0]} is not in the group {name!r}.")
    chosen = delete(member).where(member.c.group_id == group.id)
    if spelled:
        session.execute(chosen.where(member.c.address.in_(spelled)))
        return get_group(session, tenant_id=tenant_id, name=name)
    session.execute(chosen)
    session.execute(delete(narrow_policies.recipient_group).where(narrow_policies.recipient_group.c.id == group.id))
    return None


def list_groups(session: Session, *, tenant_id: int) -> tuple[Group, ...]:
    """A tenant's groups, in the order in which their differences count: the oldest first."""
    table, member = narrow_policies.recipient_group, narrow_policies.group_member
    members: dict[int, list[str]] = {}
    for row in session.execute(select(member).where(member.c.tenant_id == tenant_id).order_by(member.c.address)):
        members.setdefault(row.group_id, []).append(row.address)
    rows = session.execute(select(table).where(table.c.tenant_id == tenant_id).order_by(table.c.id))
    return tuple(Group(row.id, row.tenant_id, row.name, tuple(members.get(row.id, ()))) for row in rows)


def get_group(session: Session, *, tenant_id: int, name: str) -> Group:
    """The group of this name. Raises NotFound."""
    number = _number(session, tenant_id, name)
    if number is None:
        raise NotFound(f"There is no group {name!r}.")
    member = narrow_policies.group_member
    people = session.scalars(
        select(member.c.address).where(member.c.group_id == number).order_by(member.c.address)
    ).all()
    return Group(number, tenant_id, name, tuple(people))


def _number(session: Session, tenant_id: int, name: str) -> int | None:
    table = narrow_policies.recipient_group
    return session.scalars(select(table.c.id).where(table.c.tenant_id == tenant_id, table.c.name == name)).one_or_none()
