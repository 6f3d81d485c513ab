"""The book of policies: what each tenant, domain, group and recipient asked for, as differences from the level below.

Five levels: the default policy, the tenant's differences from it, the domain's from that, those of each group that a
recipient is in (the oldest group first, so the youngest has the last word), the recipient's own. Only differences are
stored, so that a default which improves improves everybody's who never chose otherwise. The value `inherit` makes an
entry no difference any more.

Failure: `PolicyError` (unknown entry or value) with one plain sentence; nothing is stored.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.orm import Session

from tenants.policies.policy import Policy, differences, entries_of, parse_policy
from tenants.storage.tables import customers, narrow_policies

INHERIT = "inherit"
"""In place of an entry's value: whatever the level below says."""


@dataclass(frozen=True, slots=True)
class PolicyInForce:
    """A policy, complete, and which of its entries this level itself has changed."""

    policy: Policy
    changed: tuple[str, ...]


def tenant_policy(session: Session, *, tenant_id: int) -> PolicyInForce:
    """The policy of a tenant's domains that have none of their own."""
    return _in_force(_entries(session, _of_tenant(tenant_id)), Policy())


def domain_policy(session: Session, *, tenant_id: int, domain_id: int) -> PolicyInForce:
    """The policy of one domain."""
    below = tenant_policy(session, tenant_id=tenant_id).policy
    return _in_force(_entries(session, _of_domain(tenant_id, domain_id)), below)


def group_policy(session: Session, *, tenant_id: int, domain_id: int | None, group_id: int) -> PolicyInForce:
    """The policy of a group's members in one domain, or (None) in a domain without differences of its own."""
    below = _below_group(session, tenant_id, domain_id)
    return _in_force(_group_entries(session, group_id), below)


def recipient_policy(session: Session, *, tenant_id: int, domain_id: int, address: str) -> PolicyInForce:
    """The policy of one recipient; `address` in its canonical spelling."""
    below = _below_recipient(session, tenant_id, domain_id, address)
    return _in_force(_recipient_entries(session, tenant_id, address), below)


def narrowed(session: Session, *, tenant_id: int, address: str, below: Policy) -> Policy:
    """A domain's policy with what the groups of one of its recipients, and the recipient, asked for."""
    for entries in (*_entries_of_groups(session, tenant_id, address), _recipient_entries(session, tenant_id, address)):
        below = parse_policy(entries, below)
    return below


def change_tenant_policy(
    session: Session, *, tenant_id: int, entries: Mapping[str, object], now: datetime
) -> PolicyInForce:
    """Change these entries of a tenant's policy; an entry set to the default's value is a difference no more."""
    stored = _changed(_entries(session, _of_tenant(tenant_id)), entries, Policy())
    _store(session, tenant_id, None, stored, now)
    return tenant_policy(session, tenant_id=tenant_id)


def change_domain_policy(
    session: Session, *, tenant_id: int, domain_id: int, entries: Mapping[str, object], now: datetime
) -> PolicyInForce:
    """Change these entries of a domain's policy; an entry set to the tenant's value is a difference no more."""
    below = tenant_policy(session, tenant_id=tenant_id).policy
    stored = _changed(_entries(session, _of_domain(tenant_id, domain_id)), entries, below)
    _store(session, tenant_id, domain_id, stored, now)
    return domain_policy(session, tenant_id=tenant_id, domain_id=domain_id)


def change_group_policy(
    session: Session,
    *,
    tenant_id: int,
    domain_id: int | None,
    group_id: int,
    entries: Mapping[str, object],
    now: datetime,
) -> PolicyInForce:
    """Change these entries of a group's policy.

    Every entry given stays a difference until it is set to `inherit`: what is below differs with the domain.
    """
    stored = _changed(_group_entries(session, group_id), entries, None)
    table = narrow_policies.recipient_group
    session.execute(update(table).where(table.c.id == group_id).values(entries=stored or None, changed_at=now))
    return group_policy(session, tenant_id=tenant_id, domain_id=domain_id, group_id=group_id)


def change_recipient_policy(
    session: Session, *, tenant_id: int, domain_id: int, address: str, entries: Mapping[str, object], now: datetime
) -> PolicyInForce:
    """Change these entries of a recipient's policy; an entry set to the value below is a difference no more."""
    below = _below_recipient(session, tenant_id, domain_id, address)
    stored = _changed(_recipient_entries(session, tenant_id, address), entries, below)
    table = narrow_policies.recipient_policy
    session.execute(delete(table).where(_of_recipient(tenant_id, address)))
    if stored:
        values = {"tenant_id": tenant_id, "address": address, "entries": stored, "changed_at": now}
        session.execute(insert(table).values(**values))
    return recipient_policy(session, tenant_id=tenant_id, domain_id=domain_id, address=address)


def _in_force(entries: Mapping[str, object], below: Policy) -> PolicyInForce:
    return PolicyInForce(parse_policy(entries, below), tuple(entries))


def _changed(stored: Mapping[str, object], given: Mapping[str, object], below: Policy | None) -> dict[str, object]:
    """The differences after a change. Where it is not known what is below (None), all that was given stays."""
    given = {name.replace("-", "_"): value for name, value in given.items()}
    back = {name for name, value in given.items() if value == INHERIT}
    # The name of an entry that goes back must be one, too.
    default = entries_of(Policy())
    parse_policy({name: default.get(name, INHERIT) for name in back})
    entries = {name: value for name, value in (*stored.items(), *given.items()) if name not in back}
    changed = parse_policy(entries, below)
    if below is not None:
        return differences(changed, below)
    written = entries_of(changed)
    return {name: written[name] for name in entries}


def _below_group(session: Session, tenant_id: int, domain_id: int | None) -> Policy:
    if domain_id is None:
        return tenant_policy(session, tenant_id=tenant_id).policy
    return domain_policy(session, tenant_id=tenant_id, domain_id=domain_id).policy


def _below_recipient(session: Session, tenant_id: int, domain_id: int, address: str) -> Policy:
    below = domain_policy(session, tenant_id=tenant_id, domain_id=domain_id).policy
    for entries in _entries_of_groups(session, tenant_id, address):
        below = parse_policy(entries, below)
    return below


def _of_tenant(tenant_id: int) -> ColumnElement[bool]:
    return (customers.policy.c.tenant_id == tenant_id) & customers.policy.c.domain_id.is_(None)


def _of_domain(tenant_id: int, domain_id: int) -> ColumnElement[bool]:
    return (customers.policy.c.tenant_id == tenant_id) & (customers.policy.c.domain_id == domain_id)


def _of_recipient(tenant_id: int, address: str) -> ColumnElement[bool]:
    table = narrow_policies.recipient_policy
    return (table.c.tenant_id == tenant_id) & (table.c.address == address)


def _entries(session: Session, which: ColumnElement[bool]) -> dict[str, object]:
    stored: dict[str, object] | None = session.scalars(select(customers.policy.c.entries).where(which)).one_or_none()
    return stored or {}


def _group_entries(session: Session, group_id: int) -> dict[str, object]:
    table = narrow_policies.recipient_group
    stored: dict[str, object] | None = session.scalars(select(table.c.entries).where(table.c.id == group_id)).one()
    return stored or {}


def _entries_of_groups(session: Session, tenant_id: int, address: str) -> Iterable[dict[str, object]]:
    """What the groups of this recipient asked for, the oldest group first."""
    table, member = narrow_policies.recipient_group, narrow_policies.group_member
    wanted = (
        select(table.c.entries)
        .join(member, member.c.group_id == table.c.id)
        .where(member.c.tenant_id == tenant_id, member.c.address == address, table.c.entries.is_not(None))
        .order_by(table.c.id)
    )
    return session.scalars(wanted).all()


def _recipient_entries(session: Session, tenant_id: int, address: str) -> dict[str, object]:
    table = narrow_policies.recipient_policy
    chosen = select(table.c.entries).where(_of_recipient(tenant_id, address))
    stored: dict[str, object] | None = session.scalars(chosen).one_or_none()
    return stored or {}


def _store(
    session: Session, tenant_id: int, domain_id: int | None, entries: Mapping[str, object], now: datetime
) -> None:
    which = _of_tenant(tenant_id) if domain_id is None else _of_domain(tenant_id, domain_id)
    session.execute(delete(customers.policy).where(which))
    if entries:
        values = {"tenant_id": tenant_id, "domain_id": domain_id, "entries": dict(entries), "changed_at": now}
        session.execute(insert(customers.policy).values(**values))
