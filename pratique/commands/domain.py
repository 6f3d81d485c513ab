"""`pratique domain`: the domains whose mail is taken, where it goes, and whether the world agrees.

A domain takes mail once it is verified: its owner has put the token of `domain add` into a TXT record, and `domain
verify` has seen it; or the operator knows (`--verified`).

Failure: an unknown domain, tenant or route is one plain line and exit status 1. `domain check` ends with 10 when a
check failed; one that could not be made (no DNS here) is *unknown* and says so.
"""

import sys
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import click
from sqlalchemy.orm import Session

from pratique.clock.service_clock import service_time
from pratique.commands.tenant import tenant_number
from pratique.opening import COMMAND_LINE, reading, writing
from pratique.options import json_option, with_settings
from pratique.ourselves import own_places
from pratique.printing import print_facts, print_json, print_table
from pratique.settings.settings import Settings
from tenants.customers.audit import record_action
from tenants.customers.book import tenant_named, tenant_names
from tenants.domains.book import (
    Domain,
    add_domain,
    delete_domain,
    get_domain,
    list_domains,
    mark_verified,
    set_routes,
)
from tenants.domains.mta_sts import DnsRecord, tls_records
from tenants.refusals import Refusal

EXIT_SOMETHING_FAILED = 10


@click.group(epilog="Example: pratique domain add acme.example --tenant acme --route smtp://mail.acme.example")
def command() -> None:
    """Domains: add, list, show, route, verify, check, remove."""


@command.command(
    "add", epilog="Example: pratique domain add acme.example --tenant acme --route smtp://mail.acme.example:25"
)
@click.argument("name", metavar="DOMAIN")
@click.option("--tenant", required=True, metavar="NAME", help="Whose domain it is.")
@click.option(
    "--route",
    "routes",
    multiple=True,
    required=True,
    metavar="smtp://HOST[:PORT][?TERMS]",
    help="Next hops, in order; mx://DOMAIN for those of a domain's MX records. Terms: docs/routes.md.",
)
@click.option("--verified", is_flag=True, help="Its owner is known: take mail for it at once.")
@json_option
@with_settings()
def add(settings: Settings, name: str, tenant: str, routes: tuple[str, ...], verified: bool, as_json: bool) -> None:
    """Add a domain to a tenant, and say which DNS records it needs."""
    now = service_time(settings.data)
    with writing(settings) as session:
        domain = add_domain(
            session,
            tenant_id=tenant_named(session, tenant).id,
            name=name,
            routes=routes,
            service=settings.service_domain,
            verified_at=now if verified else None,
            now=now,
            own=own_places(settings),
        )
        _note(session, domain, "domain.add", now)
    if as_json:
        print_json(_record(domain, tenant))
        return
    click.echo(f"Domain {domain.name} added to {tenant}. Its DNS records:")
    click.echo(f"  {domain.name}. MX 10 {domain.mx_name}.")
    click.echo(f"Those for MTA-STS and TLS reports: pratique domain show {domain.name}")
    if not verified:
        click.echo(f'  {domain.name}. TXT "{domain.verification_token}"')
        click.echo(
            f"Until the TXT record is there and `pratique domain verify {domain.name}` saw it, RCPT answers 451."
        )


@command.command("list", epilog="Example: pratique domain list --tenant acme")
@click.option("--tenant", metavar="NAME", help="Only this tenant's.")
@json_option
@with_settings()
def list_all(settings: Settings, tenant: str | None, as_json: bool) -> None:
    """List the domains and their routes."""
    with reading(settings) as session:
        domains = list_domains(session, tenant_id=tenant_number(session, tenant))
        names = tenant_names(session, (domain.tenant_id for domain in domains))
    if as_json:
        print_json([_record(domain, names[domain.tenant_id]) for domain in domains])
        return
    rows = [
        (domain.name, names[domain.tenant_id], domain.verified_at is not None, [route.text for route in domain.routes])
        for domain in domains
    ]
    print_table(["domain", "tenant", "verified", "routes"], rows, "There are no domains yet.")


@command.command("show", epilog="Example: pratique domain show acme.example")
@click.argument("name", metavar="DOMAIN")
@json_option
@with_settings()
def show(settings: Settings, name: str, as_json: bool) -> None:
    """Show one domain, its routes and the DNS records it needs."""
    owned = _get(settings, name)
    records = [record.text for record in _tls_records(settings, owned.domain)]
    facts = _record(owned.domain, owned.tenant) | {"tls_records": records}
    if as_json:
        print_json(facts)
    else:
        print_facts((key.replace("_", " "), value) for key, value in facts.items())


@command.command("route", epilog="Example: pratique domain route acme.example smtp://mail2.acme.example")
@click.argument("name", metavar="DOMAIN")
@click.argument("routes", nargs=-1, required=True, metavar="smtp://HOST[:PORT][?TERMS]...")
@json_option
@with_settings()
def route(settings: Settings, name: str, routes: tuple[str, ...], as_json: bool) -> None:
    """Replace a domain's routes; queued mail takes the new ones too. docs/routes.md says how a route is written."""
    with writing(settings) as session:
        domain = set_routes(session, tenant_id=None, name=name, routes=routes, own=own_places(settings))
        _note(session, domain, "domain.route", service_time(settings.data))
        tenant = tenant_names(session, (domain.tenant_id,))[domain.tenant_id]
    if as_json:
        print_json(_record(domain, tenant))
    else:
        click.echo(f"Mail for {domain.name} goes to {', then '.join(route.text for route in domain.routes)}.")


@command.command("remove", epilog="Example: pratique domain remove acme.example")
@click.argument("name", metavar="DOMAIN")
@click.option("--yes", is_flag=True, help="Do not ask. Nobody is asked when standard input is no terminal.")
@json_option
@with_settings()
def remove(settings: Settings, name: str, yes: bool, as_json: bool) -> None:
    """Stop serving a domain: RCPT answers 451 for seven days, then 550; what is held or queued stays."""
    owned = _get(settings, name)
    if not yes and sys.stdin.isatty():
        click.confirm(f"Remove {owned.domain.name}?", abort=True, err=True)
    with writing(settings) as session:
        now = service_time(settings.data)
        delete_domain(session, tenant_id=None, name=name, now=now)
        _note(session, owned.domain, "domain.remove", now)
    if as_json:
        print_json(_record(owned.domain, owned.tenant))
    else:
        click.echo(f"Domain {owned.domain.name} removed. Point its MX elsewhere within seven days.")


@command.command("verify", epilog="Example: pratique domain verify acme.example")
@click.argument("name", metavar="DOMAIN")
@click.option("--verified", is_flag=True, help="Its owner is known: do not look for the TXT record.")
@json_option
@with_settings()
def verify(settings: Settings, name: str, verified: bool, as_json: bool) -> None:
    """Look for the ownership record, and take mail for the domain from now on when it is there."""
    from pratique.commands.domain_check import State, check_ownership
    from pratique.dns_question import resolver_of

    owned = _get(settings, name)
    if not verified and owned.domain.verified_at is None:
        found = check_ownership(owned.domain, resolver_of(settings.resolver))
        if found.state is not State.OK:
            raise Refusal(found.sentence)
    with writing(settings) as session:
        now = service_time(settings.data)
        domain = mark_verified(session, tenant_id=None, name=name, now=now)
        _note(session, domain, "domain.verify", now)
    if as_json:
        print_json(_record(domain, owned.tenant))
    else:
        click.echo(f"Domain {domain.name} is verified: its mail is taken.")


@command.command("check", epilog="Example: pratique domain check acme.example")
@click.argument("name", metavar="DOMAIN")
@json_option
@with_settings()
@click.pass_context
def check(ctx: click.Context, settings: Settings, name: str, as_json: bool) -> None:
    """Check ownership record, MX records, and each next hop: answers, TLS, no open relay. Exit 10: a check failed."""
    from pratique.commands.domain_check import State, check_mx, check_ownership
    from pratique.commands.next_hop_check import check_route
    from pratique.dns_question import resolver_of

    domain, resolver = _get(settings, name).domain, resolver_of(settings.resolver)
    checks = [check_ownership(domain, resolver), check_mx(domain, resolver)]
    for route in domain.routes:
        checks.extend(check_route(route, domain.name, settings))
    if as_json:
        print_json(checks)
    else:
        print_table(["check", "state", "what was seen"], [(one.name, one.state, one.sentence) for one in checks], "")
    if any(one.state is State.FAILED for one in checks):
        ctx.exit(EXIT_SOMETHING_FAILED)


@dataclass(frozen=True, slots=True)
class _Owned:
    domain: Domain
    tenant: str


def _get(settings: Settings, name: str) -> _Owned:
    with reading(settings) as session:
        domain = get_domain(session, tenant_id=None, name=name)
        return _Owned(domain, tenant_names(session, (domain.tenant_id,))[domain.tenant_id])


def _note(session: Session, domain: Domain, action: str, now: datetime) -> None:
    record_action(session, at=now, tenant_id=domain.tenant_id, who=COMMAND_LINE, action=action, subject=domain.name)


def _tls_records(settings: Settings, domain: Domain) -> tuple[DnsRecord, ...]:
    host = urlsplit(settings.portal_url).hostname or settings.hostname
    return tls_records(domain.name, domain.mx_name, settings.mta_sts_mode, host)


def _record(domain: Domain, tenant: str) -> dict[str, object]:
    return {
        "domain": domain.name,
        "tenant": tenant,
        "routes": [route.text for route in domain.routes],
        "mx_name": domain.mx_name,
        "verified": domain.verified_at is not None,
        "verified_at": domain.verified_at,
        "verification_record": domain.verification_token,
    }
