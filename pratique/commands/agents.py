"""`pratique agents`: the transport agents of this installation, and the order in which a policy's are asked.

Failure: an unknown tenant or domain, or plug-ins that cannot be used, is one plain line and exit status 1.
"""

import click

from mx.agents.contract import Agent, Hook, Role
from pratique.opening import make_data_folder, opened, reading
from pratique.options import json_option, with_settings
from pratique.printing import print_json, print_table
from pratique.settings.settings import Settings
from tenants.customers.book import tenant_named
from tenants.domains.book import get_domain
from tenants.policies.book import domain_policy, tenant_policy
from tenants.policies.policy import Policy


@click.command(epilog="Example: pratique agents --tenant acme")
@click.option("--tenant", metavar="NAME", help="The order of those that are on for this tenant's policy.")
@click.option("--domain", metavar="DOMAIN", help="For the policy of this domain of the tenant.")
@json_option
@with_settings()
def command(settings: Settings, tenant: str | None, domain: str | None, as_json: bool) -> None:
    """List the transport agents; for a tenant, who is asked at each event, in order."""
    if domain is not None and tenant is None:
        raise click.UsageError("--domain stands with --tenant.")
    from twisted.internet import reactor

    from pratique.clock.service_clock import open_clock
    from pratique.compose.agents import chain_of
    from tenants.storage.database_threads import DatabaseThreads

    make_data_folder(settings.data)
    with opened(settings) as parts:
        chain = chain_of(settings, reactor, DatabaseThreads(parts.database, reactor), open_clock(settings.data))
    policy = None if tenant is None else _policy(settings, tenant, domain)
    if policy is None:
        _print([_about(agent) for agent in chain.agents], as_json, "")
        return
    known = {agent.about.name: _about(agent) for agent in chain.agents}
    order = chain.order_for(policy) or {}
    rows = [
        {"event": hook.method.removeprefix("on_"), **known.get(place.name, {"agent": place.name, "on_failure": "451"})}
        for hook, places in order.items()
        for place in places
    ]
    _print(rows, as_json, "No agent is on for this policy.")


def _policy(settings: Settings, tenant: str, domain: str | None) -> Policy:
    with reading(settings) as session:
        tenant_id = tenant_named(session, tenant).id
        if domain is None:
            return tenant_policy(session, tenant_id=tenant_id).policy
        domain_id = get_domain(session, tenant_id=tenant_id, name=domain).id
        return domain_policy(session, tenant_id=tenant_id, domain_id=domain_id).policy


def _about(agent: Agent) -> dict[str, object]:
    about = agent.about
    return {
        "agent": about.name,
        "deadline_seconds": about.deadline_seconds,
        "on_failure": about.on_failure.value if about.role is Role.DECIDER else "only told",
        "rights": sorted(right.value for right in about.rights),
        "events": [hook.method.removeprefix("on_") for hook in Hook if hasattr(agent, hook.method)],
    }


def _print(rows: list[dict[str, object]], as_json: bool, nothing: str) -> None:
    if as_json:
        print_json(rows)
        return
    is_order = bool(rows) and "event" in rows[0]
    titles = [*(["event"] if is_order else []), "agent", "deadline", "if it fails", *([] if is_order else ["events"])]
    print_table(titles, [_row(each, is_order=is_order) for each in rows], nothing)


def _row(each: dict[str, object], *, is_order: bool) -> tuple[object, ...]:
    seconds = each.get("deadline_seconds")
    row = (each["agent"], f"{seconds:g} s" if isinstance(seconds, float) else "-", each["on_failure"])
    events = each.get("events")
    return (each["event"], *row) if is_order else (*row, ", ".join(events) if isinstance(events, list) else "")
