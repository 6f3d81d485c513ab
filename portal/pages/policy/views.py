"""The policy page: a line for each entry, of the tenant and of each of its domains.

All may look, administrators change. A form gives every entry; what equals the level below is no difference and is not
stored. Each change is in the audit with the entries that are different now.

Failure: a value that cannot be: the page again, saying which and why (422); nothing is stored. A domain that is another
tenant's is not there (404).
"""

from starlette.responses import Response

from portal.pages.policy.lines import entries_in, parts_of
from portal.visit import Access, PageRefused, Visit, go_to
from tenants.customers.audit import record_action
from tenants.domains.book import Domain, list_domains
from tenants.policies.agent_names import OWN_AGENTS, require_known_agents
from tenants.policies.book import (
    PolicyInForce,
    change_domain_policy,
    change_tenant_policy,
    domain_policy,
    tenant_policy,
)
from tenants.policies.policy import Policy, PolicyError, entries_of
from tenants.storage.viewpoint import OfTenant


def show_tenant(visit: Visit) -> Response:
    """The policy of all domains that have none of their own."""
    return _show(visit, None)


def show_domain(visit: Visit) -> Response:
    """The policy of one domain."""
    return _show(visit, _domain(visit))


def change_tenant(visit: Visit) -> Response:
    """Change the tenant's policy as the form says."""
    return _change(visit, None)


def change_domain(visit: Visit) -> Response:
    """Change a domain's policy as the form says."""
    return _change(visit, _domain(visit))


def _domain(visit: Visit) -> Domain:
    number = visit.number("domain")
    found = next((domain for domain in _domains(visit) if domain.id == number), None)
    if found is None:
        raise PageRefused(404)
    return found


def _domains(visit: Visit) -> tuple[Domain, ...]:
    with visit.around.database.read(OfTenant(visit.who.tenant_id)) as session:
        return list_domains(session, tenant_id=visit.who.tenant_id)


def _show(visit: Visit, domain: Domain | None, *, error: str = "", status: int = 200) -> Response:
    with visit.around.database.read(OfTenant(visit.who.tenant_id)) as session:
        found = tenant_policy(session, tenant_id=visit.who.tenant_id)
        below = Policy()
        if domain is not None:
            below = found.policy
            found = domain_policy(session, tenant_id=visit.who.tenant_id, domain_id=domain.id)
    return visit.page(
        "policy/policy.html",
        status,
        room="policy",
        domains=_domains(visit),
        domain=domain,
        parts=parts_of(found.policy, below, found.changed),
        agents={name: OWN_AGENTS.get(name, "") for name in visit.around.agents},
        may_change=visit.access >= Access.ADMIN,
        is_saved="saved" in visit.query,
        error=error,
    )


def _change(visit: Visit, domain: Domain | None) -> Response:
    tenant_id, entries = visit.who.tenant_id, entries_in(visit.form)
    try:
        require_known_agents(entries, visit.around.agents)
        with visit.around.database.unit_of_work(OfTenant(visit.who.tenant_id)) as session:
            if domain is None:
                before = tenant_policy(session, tenant_id=tenant_id)
                after = change_tenant_policy(session, tenant_id=tenant_id, entries=entries, now=visit.now)
            else:
                before = domain_policy(session, tenant_id=tenant_id, domain_id=domain.id)
                after = change_domain_policy(
                    session, tenant_id=tenant_id, domain_id=domain.id, entries=entries, now=visit.now
                )
            if details := _details(before, after):
                record_action(
                    session,
                    at=visit.now,
                    tenant_id=tenant_id,
                    who=visit.who.email,
                    action="policy.set",
                    subject=domain.name if domain else visit.who.tenant_name,
                    details=details,
                )
    except PolicyError as refused:
        return _show(visit, domain, error=str(refused), status=422)
    return go_to(f"/policy/{domain.id}?saved=" if domain else "/policy?saved=")


def _details(before: PolicyInForce, after: PolicyInForce) -> dict[str, str]:
    """The entries that are different now; what a password is, the audit need not know."""
    old, new = entries_of(before.policy), entries_of(after.policy)
    return {name: "changed" if name == "passwords" else str(value) for name, value in new.items() if value != old[name]}
