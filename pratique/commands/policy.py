"""`pratique policy`: what becomes of a message for each verdict, for a tenant or for one of its domains.

A domain's policy is the tenant's but for the entries changed, the tenant's is the default's but for its own. The JSON
form is one object of entries; what `show --json` prints, `set --file` and `scan --policy` read.

Failure: an unknown entry or value, an unreadable file, an unknown tenant or domain is one plain line; nothing is
changed.
"""

from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy.orm import Session

from pratique.opening import COMMAND_LINE, reading, writing
from pratique.options import json_option, with_settings
from pratique.policy_file import read_policy_file
from pratique.printing import print_json, print_table
from pratique.settings import Settings
from tenants.audit import record_action
from tenants.customers import tenant_named
from tenants.domains import get_domain
from tenants.policies import (
    PolicyInForce,
    change_domain_policy,
    change_tenant_policy,
    domain_policy,
    tenant_policy,
)
from tenants.policy import PolicyError, entries_of
from tenants.refusals import Refusal


@click.group(epilog="Example: pratique policy set --tenant acme encrypted=hold spam=reject")
def command() -> None:
    """What becomes of a message for each verdict: show, set."""


@command.command("show", epilog="Example: pratique policy show --tenant acme --json > policy.json")
@click.option("--tenant", required=True, metavar="NAME", help="Whose policy.")
@click.option("--domain", metavar="DOMAIN", help="The policy of this domain of the tenant.")
@json_option
@with_settings()
def show(settings: Settings, tenant: str, domain: str | None, as_json: bool) -> None:
    """Show a policy, complete."""
    with reading(settings) as session:
        tenant_id, domain_id = _numbers(session, tenant, domain)
        if domain_id is None:
            found = tenant_policy(session, tenant_id=tenant_id)
        else:
            found = domain_policy(session, tenant_id=tenant_id, domain_id=domain_id)
    _print(found, as_json)


@command.command("set", epilog="Example: pratique policy set --tenant acme encrypted=hold engine_failure=hold")
@click.argument("assignments", nargs=-1, metavar="KEY=VALUE...")
@click.option("--tenant", required=True, metavar="NAME", help="Whose policy.")
@click.option("--domain", metavar="DOMAIN", help="The policy of this domain of the tenant.")
@click.option(
    "--file", "file", type=click.Path(path_type=Path), help="A JSON object of entries, such as `show` prints."
)
@json_option
@with_settings()
def change(
    settings: Settings,
    assignments: tuple[str, ...],
    tenant: str,
    domain: str | None,
    file: Path | None,
    as_json: bool,
) -> None:
    """Change entries of a policy; those not named stay as they are. KEY=VALUE wins over the file."""
    entries = ({} if file is None else dict(read_policy_file(file))) | _parse(assignments)
    if not entries:
        raise click.UsageError("Name at least one entry: KEY=VALUE, or --file policy.json.")
    now = datetime.now(UTC)
    with writing(settings) as session:
        tenant_id, domain_id = _numbers(session, tenant, domain)
        try:
            if domain_id is None:
                found = change_tenant_policy(session, tenant_id=tenant_id, entries=entries, now=now)
            else:
                found = change_domain_policy(
                    session, tenant_id=tenant_id, domain_id=domain_id, entries=entries, now=now
                )
        except PolicyError as error:
            raise Refusal(str(error)) from error
        changes = {name: str(value) for name, value in entries.items()}
        record_action(
            session,
            at=now,
            tenant_id=tenant_id,
            who=COMMAND_LINE,
            action="policy.set",
            subject=domain or tenant,
            details=changes,
        )
    _print(found, as_json)


def _parse(assignments: tuple[str, ...]) -> dict[str, object]:
    entries: dict[str, object] = {}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not equals or not key:
            raise click.UsageError(f"{assignment!r} is not KEY=VALUE, such as encrypted=hold.")
        entries[key.strip()] = value.strip()
    return entries


def _numbers(session: Session, tenant: str, domain: str | None) -> tuple[int, int | None]:
    tenant_id = tenant_named(session, tenant).id
    return tenant_id, None if domain is None else get_domain(session, tenant_id=tenant_id, name=domain).id


def _print(found: PolicyInForce, as_json: bool) -> None:
    entries = entries_of(found.policy)
    if as_json:
        print_json(entries)
    else:
        rows = [(name, _shown(value), "changed" if name in found.changed else "") for name, value in entries.items()]
        print_table(["entry", "value", "here"], rows, "")


def _shown(value: object) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
