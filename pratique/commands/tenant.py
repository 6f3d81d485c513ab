"""`pratique tenant`: the customers. Each has its own key, policy, domains, people, queue and quarantine.

Failure: a name that is taken, cannot be one or is not there is one plain line and exit status 1.
"""

import sys
from datetime import datetime

import click
from sqlalchemy.orm import Session

from pratique.clock.service_clock import service_time
from pratique.opening import COMMAND_LINE, opened, reading, writing
from pratique.options import json_option, with_settings
from pratique.printing import print_facts, print_json, print_table, shown
from pratique.settings.settings import Settings
from tenants.customers.audit import record_action
from tenants.customers.book import (
    DEFAULT_LANGUAGE,
    DEFAULT_PLAN,
    Tenant,
    add_tenant,
    delete_tenant,
    list_tenants,
    resume_tenant,
    suspend_tenant,
    tenant_named,
)
from tenants.domains.book import list_domains
from tenants.storage.viewpoint import Reader


@click.group(epilog="Example: pratique tenant add acme --language de")
def command() -> None:
    """Customers: add, list, show, suspend, resume, delete."""


@command.command("add", epilog="Example: pratique tenant add acme --language de")
@click.argument("name")
@click.option("--language", default=DEFAULT_LANGUAGE, show_default=True, help="Language of what is written to them.")
@click.option("--plan", default=DEFAULT_PLAN, show_default=True, help="What they have subscribed to.")
@json_option
@with_settings()
def add(settings: Settings, name: str, language: str, plan: str, as_json: bool) -> None:
    """Add a customer, with a key of its own."""
    with opened(settings) as parts, parts.database.unit_of_work(Reader.OPERATOR) as session:
        now = service_time(settings.data)
        tenant = add_tenant(session, parts.keyring, name=name, now=now, language=language, plan=plan)
        _note(session, tenant, "tenant.add", now)
    if as_json:
        print_json(_record(tenant))
    else:
        click.echo(f"Tenant {tenant.name} added. Next: pratique domain add DOMAIN --tenant {tenant.name} --route ...")


@command.command("list", epilog="Example: pratique tenant list --json")
@json_option
@with_settings()
def list_all(settings: Settings, as_json: bool) -> None:
    """List the customers."""
    with reading(settings) as session:
        tenants = list_tenants(session)
    if as_json:
        print_json([_record(tenant) for tenant in tenants])
        return
    rows = [(one.name, one.state, one.language, one.plan, one.created_at) for one in tenants]
    print_table(["!name", "state", "language", "plan", "since (UTC)"], rows, "There are no tenants yet.")


@command.command("show", epilog="Example: pratique tenant show acme")
@click.argument("name")
@json_option
@with_settings()
def show(settings: Settings, name: str, as_json: bool) -> None:
    """Show one customer and its domains."""
    with reading(settings) as session:
        tenant = tenant_named(session, name)
        domains = [domain.name for domain in list_domains(session, tenant_id=tenant.id)]
    record = _record(tenant) | {"domains": domains}
    if as_json:
        print_json(record)
    else:
        print_facts([("since (UTC)" if key == "since" else key, value) for key, value in record.items()])


@command.command("suspend", epilog="Example: pratique tenant suspend acme")
@click.argument("name")
@json_option
@with_settings()
def suspend(settings: Settings, name: str, as_json: bool) -> None:
    """Stop taking a customer's mail: senders are asked to try again."""
    with writing(settings) as session:
        now = service_time(settings.data)
        tenant = suspend_tenant(session, tenant_named(session, name).id, now)
        _note(session, tenant, "tenant.suspend", now)
    _say(tenant, "suspended: its mail is answered 451 until `pratique tenant resume`.", as_json)


@command.command("resume", epilog="Example: pratique tenant resume acme")
@click.argument("name")
@json_option
@with_settings()
def resume(settings: Settings, name: str, as_json: bool) -> None:
    """Take a suspended customer's mail again."""
    with writing(settings) as session:
        tenant = resume_tenant(session, tenant_named(session, name).id)
        _note(session, tenant, "tenant.resume", service_time(settings.data))
    _say(tenant, "resumed: its mail is taken again.", as_json)


@command.command("delete", epilog="Example: pratique tenant delete acme --yes")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask. Nobody is asked when standard input is no terminal.")
@json_option
@with_settings()
def delete(settings: Settings, name: str, yes: bool, as_json: bool) -> None:
    """Delete a customer and its key: its queued and held mail can never be read again."""
    with reading(settings) as session:
        tenant_named(session, name)
    if not yes and sys.stdin.isatty():
        click.confirm(f"Delete {name}, its domains and all its mail, for good?", abort=True, err=True)
    with writing(settings) as session:
        now = service_time(settings.data)
        tenant = delete_tenant(session, tenant_named(session, name).id, now)
        _note(session, tenant, "tenant.delete", now)
    _say(tenant, "deleted; what was stored of its mail is unreadable from now on.", as_json)


def tenant_number(session: Session, name: str | None) -> int | None:
    """The number of the tenant of this name; None, everybody, for None. Raises NotFound."""
    return None if name is None else tenant_named(session, name).id


def _note(session: Session, tenant: Tenant, action: str, now: datetime) -> None:
    record_action(session, at=now, tenant_id=tenant.id, who=COMMAND_LINE, action=action, subject=tenant.name)


def _record(tenant: Tenant) -> dict[str, object]:
    return {
        "id": tenant.id,
        "name": tenant.name,
        "state": tenant.state,
        "language": tenant.language,
        "plan": tenant.plan,
        "since": tenant.created_at,
    }


def _say(tenant: Tenant, what: str, as_json: bool) -> None:
    if as_json:
        print_json(_record(tenant))
    else:
        click.echo(f"Tenant {shown(tenant.name)} {what}")
