"""The book of domains: adding them to a tenant, their routes, their verification and their end.

A domain's name is kept in lower case and as A-labels, so that one domain has one spelling. Each has an MX name of its
own under the service's name, `<domain-with-dashes>.mx.SERVICE`, so that senders that merge recipients by MX host do
not merge tenants.

Standards: RFC 1035 section 2.3.4 (lengths); RFC 5891 (IDNA).
Failure: `AlreadyExists`, `NotFound`, `Refusal`, `RouteError` with one plain sentence each.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.orm import Session

from tenants.domains.own_places import OwnPlaces
from tenants.domains.route_terms import parse_terms
from tenants.domains.routes import Route, parse_routes
from tenants.refusals import NotFound, Refusal
from tenants.storage.statements import insert_new
from tenants.storage.tables import customers

_DOMAIN = re.compile(r"(?=.{4,253}\Z)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_LABEL_OCTETS = 63
NOWHERE = OwnPlaces()


@dataclass(frozen=True, slots=True)
class Domain:
    """One domain of a tenant, with its routes in the order they are tried."""

    id: int
    tenant_id: int
    name: str
    mx_name: str
    """What the tenant's MX record points to."""
    verification_token: str
    """What the domain's TXT record must state before mail is taken."""
    verified_at: datetime | None
    routes: tuple[Route, ...]


def canonical_domain(name: str) -> str:
    """The one spelling of a domain: lower case, A-labels, no dot at the end. Raises Refusal when it cannot be one."""
    spelled = name.strip().rstrip(".").lower()
    if not spelled.isascii():
        spelled = _a_labels(spelled)
    if not _DOMAIN.fullmatch(spelled):
        raise Refusal(f"{name!r} is not a domain name.")
    return spelled


def _a_labels(name: str) -> str:
    # Imported here because its tables take 30 ms to load and hardly any domain needs them.
    import idna

    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise Refusal(f"{name!r} is not a domain name.") from None


def mx_name(domain: str, service: str) -> str:
    """The MX name of a domain: dots become dashes, dashes that were there are doubled, so that no two are alike."""
    label = domain.replace("-", "--").replace(".", "-")
    if len(label) > _LABEL_OCTETS:
        raise Refusal(f"The domain {domain!r} is too long to be given an MX name of its own.")
    return f"{label}.mx.{service}"


def add_domain(
    session: Session,
    *,
    tenant_id: int,
    name: str,
    routes: tuple[str, ...],
    service: str,
    verified_at: datetime | None,
    now: datetime,
    own: OwnPlaces = NOWHERE,
) -> Domain:
    """Add a domain; `verified_at` is None while its owner has yet to show the verification token in the DNS.

    Raises RouteError for a route that leads to one of our `own` places.
    """
    spelled = canonical_domain(name)
    parsed = parse_routes(routes)
    own.refuse(parsed)
    token = f"pratique-verify={secrets.token_urlsafe(24)}"
    own_mx = mx_name(spelled, service)
    number = insert_new(
        session,
        customers.domain,
        {
            "tenant_id": tenant_id,
            "name": spelled,
            "mx_name": own_mx,
            "verification_token": token,
            "created_at": now,
            "verified_at": verified_at,
        },
        f"The domain {spelled} is taken already.",
    )
    _insert_routes(session, number, parsed)
    return Domain(number, tenant_id, spelled, own_mx, token, verified_at, parsed)


def list_domains(session: Session, *, tenant_id: int | None) -> tuple[Domain, ...]:
    """The domains of a tenant, or (None) of all, by name."""
    table = customers.domain
    wanted = select(table).where(table.c.deleted_at.is_(None)).order_by(table.c.name)
    if tenant_id is not None:
        wanted = wanted.where(table.c.tenant_id == tenant_id)
    rows = session.execute(wanted).all()
    routes = _routes_of(session, [row.id for row in rows])
    return tuple(_domain(row, routes.get(row.id, ())) for row in rows)


def get_domain(session: Session, *, tenant_id: int | None, name: str) -> Domain:
    """The domain of this name, of this tenant or (None) of any. Raises NotFound."""
    table = customers.domain
    wanted = select(table).where(table.c.name == canonical_domain(name), table.c.deleted_at.is_(None))
    if tenant_id is not None:
        wanted = wanted.where(table.c.tenant_id == tenant_id)
    row = session.execute(wanted).one_or_none()
    if row is None:
        raise NotFound(f"There is no domain {name!r}.")
    return _domain(row, _routes_of(session, [row.id]).get(row.id, ()))


def set_routes(
    session: Session, *, tenant_id: int | None, name: str, routes: tuple[str, ...], own: OwnPlaces = NOWHERE
) -> Domain:
    """Replace a domain's routes. Raises RouteError, also for one that leads to one of our `own` places."""
    parsed = parse_routes(routes)
    own.refuse(parsed)
    domain = get_domain(session, tenant_id=tenant_id, name=name)
    session.execute(delete(customers.route).where(customers.route.c.domain_id == domain.id))
    _insert_routes(session, domain.id, parsed)
    return get_domain(session, tenant_id=tenant_id, name=name)


def mark_verified(session: Session, *, tenant_id: int | None, name: str, now: datetime) -> Domain:
    """State that the domain's owner is who added it. A domain verified before keeps its first time."""
    domain = get_domain(session, tenant_id=tenant_id, name=name)
    table = customers.domain
    session.execute(update(table).where(table.c.id == domain.id, table.c.verified_at.is_(None)).values(verified_at=now))
    return get_domain(session, tenant_id=tenant_id, name=name)


def delete_domain(session: Session, *, tenant_id: int | None, name: str, now: datetime) -> None:
    """Delete a domain: RCPT answers 451 for seven days, then 550. Mail queued or held for it stays."""
    domain = get_domain(session, tenant_id=tenant_id, name=name)
    session.execute(update(customers.domain).where(customers.domain.c.id == domain.id).values(deleted_at=now))


def _insert_routes(session: Session, domain_id: int, routes: tuple[Route, ...]) -> None:
    rows = [
        {
            "domain_id": domain_id,
            "priority": route.position,
            "scheme": route.scheme,
            "host": route.host,
            "port": route.port,
            "terms": route.terms.text,
        }
        for route in routes
    ]
    session.execute(insert(customers.route), rows)


def _routes_of(session: Session, domain_ids: list[int]) -> dict[int, tuple[Route, ...]]:
    table = customers.route
    rows = session.execute(select(table).where(table.c.domain_id.in_(domain_ids)).order_by(table.c.priority))
    found: dict[int, tuple[Route, ...]] = {}
    for row in rows:
        found[row.domain_id] = (*found.get(row.domain_id, ()), stored_route(row))
    return found


def stored_route(row: Row[Any]) -> Route:
    """The route that a row of the table states."""
    return Route(row.scheme, row.host, row.port, row.priority, parse_terms(row.terms))


def _domain(row: Row[Any], routes: tuple[Route, ...]) -> Domain:
    return Domain(row.id, row.tenant_id, row.name, row.mx_name, row.verification_token, row.verified_at, routes)
