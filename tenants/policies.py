"""The book of policies: what each tenant and each domain asked for, as differences from the level below.

Three levels: the default policy, the tenant's differences from it, the domain's differences from that. Only
differences are stored, so that a default which improves improves everybody's who never chose otherwise.

Failure: `PolicyError` (unknown entry or value) with one plain sentence; nothing is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.orm import Session

from tenants.policy import Policy, differences, parse_policy
from tenants.tables import customers


@dataclass(frozen=True, slots=True)
class PolicyInForce:
    """A policy, complete, and which of its entries this level itself has changed."""

    policy: Policy
    changed: tuple[str, ...]


def tenant_policy(session: Session, *, tenant_id: int) -> PolicyInForce:
    """The policy of a tenant's domains that have none of their own."""
    entries = _entries(session, _of_tenant(tenant_id))
    return PolicyInForce(parse_policy(entries), tuple(entries))


def domain_policy(session: Session, *, tenant_id: int, domain_id: int) -> PolicyInForce:
    """The policy of one domain."""
    below = tenant_policy(session, tenant_id=tenant_id).policy
    entries = _entries(session, _of_domain(tenant_id, domain_id))
    return PolicyInForce(parse_policy(entries, below), tuple(entries))


def change_tenant_policy(
    session: Session, *, tenant_id: int, entries: Mapping[str, object], now: datetime
) -> PolicyInForce:
    """Change these entries of a tenant's policy; an entry set to the default's value is a difference no more."""
    changed = parse_policy(entries, tenant_policy(session, tenant_id=tenant_id).policy)
    _store(session, tenant_id, None, differences(changed), now)
    return tenant_policy(session, tenant_id=tenant_id)


def change_domain_policy(
    session: Session, *, tenant_id: int, domain_id: int, entries: Mapping[str, object], now: datetime
) -> PolicyInForce:
    """Change these entries of a domain's policy; an entry set to the tenant's value is a difference no more."""
    below = tenant_policy(session, tenant_id=tenant_id).policy
    changed = parse_policy(entries, domain_policy(session, tenant_id=tenant_id, domain_id=domain_id).policy)
    _store(session, tenant_id, domain_id, differences(changed, below), now)
    return domain_policy(session, tenant_id=tenant_id, domain_id=domain_id)


def _of_tenant(tenant_id: int) -> ColumnElement[bool]:
    return (customers.policy.c.tenant_id == tenant_id) & customers.policy.c.domain_id.is_(None)


def _of_domain(tenant_id: int, domain_id: int) -> ColumnElement[bool]:
    return (customers.policy.c.tenant_id == tenant_id) & (customers.policy.c.domain_id == domain_id)


def _entries(session: Session, which: ColumnElement[bool]) -> dict[str, object]:
    stored: dict[str, object] | None = session.scalars(select(customers.policy.c.entries).where(which)).one_or_none()
    return stored or {}


def _store(
    session: Session, tenant_id: int, domain_id: int | None, entries: Mapping[str, object], now: datetime
) -> None:
    which = _of_tenant(tenant_id) if domain_id is None else _of_domain(tenant_id, domain_id)
    session.execute(delete(customers.policy).where(which))
    if entries:
        values = {"tenant_id": tenant_id, "domain_id": domain_id, "entries": dict(entries), "changed_at": now}
        session.execute(insert(customers.policy).values(**values))
