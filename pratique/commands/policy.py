"""`pratique policy`: what becomes of a message for each verdict, for a tenant, domain, group or recipient.

Each level's policy is that of the level below but for the entries changed: the default, the tenant's, the domain's,
those of the recipient's groups, the recipient's own. The JSON form is one object of entries; what `show --json`
prints, `set --file` and `scan --policy` read.

Failure: an unknown entry or value, an unreadable file, an unknown tenant, domain or group is one plain line; nothing
is changed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from pathlib import Path

import click
from sqlalchemy.orm import Session

from pratique.clock.service_clock import service_time
from pratique.opening import COMMAND_LINE, reading, writing
from pratique.options import json_option, with_settings
from pratique.plugins import known_agents
from pratique.policy_file import read_policy_file
from pratique.printing import print_json, print_table
from pratique.settings.settings import Settings
from tenants.customers.audit import record_action
from tenants.customers.book import tenant_named
from tenants.domains.book import get_domain
from tenants.domains.groups import canonical_address, get_group
from tenants.policies.agent_names import require_known_agents
from tenants.policies.book import (
    PolicyInForce,
    change_domain_policy,
    change_group_policy,
    change_recipient_policy,
    change_tenant_policy,
    domain_policy,
    group_policy,
    recipient_policy,
    tenant_policy,
)
from tenants.policies.policy import PolicyError, entries_of
from tenants.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Level:
    """Whose policy is meant, as the command line says it."""

    tenant: str
    domain: str | None
    group: str | None
    recipient: str | None

    @property
    def subject(self) -> str:
        """The narrowest name, for the audit."""
        return self.recipient or self.group or self.domain or self.tenant


def level_options(command: Callable[..., object]) -> Callable[..., object]:
    """The options that name a level, given to the command as `level`."""

    @click.option("--tenant", required=True, metavar="NAME", help="Whose policy.")
    @click.option("--domain", metavar="DOMAIN", help="The policy of this domain of the tenant.")
    @click.option("--group", metavar="NAME", help="The policy of this group of recipients.")
    @click.option("--recipient", metavar="ADDRESS", help="The policy of this recipient.")
    @wraps(command)
    def with_level(tenant: str, domain: str | None, group: str | None, recipient: str | None, **more: object) -> object:
        if recipient and (domain or group):
            raise click.UsageError("A recipient's address says which domain; it stands without --domain and --group.")
        return command(level=Level(tenant, domain, group, recipient), **more)

    return with_level


@click.group(epilog="Example: pratique policy set --tenant acme encrypted=hold spam=reject")
def command() -> None:
    """What becomes of a message for each verdict: show, set."""


@command.command("show", epilog="Example: pratique policy show --tenant acme --json > policy.json")
@level_options
@json_option
@with_settings()
def show(settings: Settings, level: Level, as_json: bool) -> None:
    """Show a policy, complete."""
    with reading(settings) as session:
        found = _find(session, level)
    _print(found, as_json)


@command.command("set", epilog="Example: pratique policy set --tenant acme encrypted=hold engine_failure=hold")
@click.argument("assignments", nargs=-1, metavar="KEY=VALUE...")
@level_options
@click.option(
    "--file", "file", type=click.Path(path_type=Path), help="A JSON object of entries, such as `show` prints."
)
@json_option
@with_settings()
def change(settings: Settings, assignments: tuple[str, ...], level: Level, file: Path | None, as_json: bool) -> None:
    """Change entries of a policy; those not named stay as they are. KEY=VALUE wins over the file.

    KEY=inherit takes a difference back.
    """
    entries = ({} if file is None else dict(read_policy_file(file))) | _parse(assignments)
    if not entries:
        raise click.UsageError("Name at least one entry: KEY=VALUE, or --file policy.json.")
    now = service_time(settings.data)
    with writing(settings) as session:
        try:
            require_known_agents(entries, known_agents(settings))
            found = _change(session, level, entries, now)
        except PolicyError as error:
            raise Refusal(str(error)) from error
        record_action(
            session,
            at=now,
            tenant_id=tenant_named(session, level.tenant).id,
            who=COMMAND_LINE,
            action="policy.set",
            subject=level.subject,
            details={name: str(value) for name, value in entries.items()},
        )
    _print(found, as_json)


def _find(session: Session, level: Level) -> PolicyInForce:
    tenant_id = tenant_named(session, level.tenant).id
    if level.recipient is not None:
        address, home = _recipient(session, tenant_id, level.recipient)
        return recipient_policy(session, tenant_id=tenant_id, domain_id=home, address=address)
    domain_id = _domain(session, tenant_id, level.domain)
    if level.group is not None:
        group_id = get_group(session, tenant_id=tenant_id, name=level.group).id
        return group_policy(session, tenant_id=tenant_id, domain_id=domain_id, group_id=group_id)
    if domain_id is not None:
        return domain_policy(session, tenant_id=tenant_id, domain_id=domain_id)
    return tenant_policy(session, tenant_id=tenant_id)


def _change(session: Session, level: Level, entries: Mapping[str, object], now: datetime) -> PolicyInForce:
    tenant_id = tenant_named(session, level.tenant).id
    if level.recipient is not None:
        address, home = _recipient(session, tenant_id, level.recipient)
        return change_recipient_policy(
            session, tenant_id=tenant_id, domain_id=home, address=address, entries=entries, now=now
        )
    domain_id = _domain(session, tenant_id, level.domain)
    if level.group is not None:
        group_id = get_group(session, tenant_id=tenant_id, name=level.group).id
        return change_group_policy(
            session, tenant_id=tenant_id, domain_id=domain_id, group_id=group_id, entries=entries, now=now
        )
    if domain_id is not None:
        return change_domain_policy(session, tenant_id=tenant_id, domain_id=domain_id, entries=entries, now=now)
    return change_tenant_policy(session, tenant_id=tenant_id, entries=entries, now=now)


def _domain(session: Session, tenant_id: int, name: str | None) -> int | None:
    return None if name is None else get_domain(session, tenant_id=tenant_id, name=name).id


def _recipient(session: Session, tenant_id: int, given: str) -> tuple[str, int]:
    address = canonical_address(given)
    return address, get_domain(session, tenant_id=tenant_id, name=address.rpartition("@")[2]).id


def _parse(assignments: tuple[str, ...]) -> dict[str, object]:
    entries: dict[str, object] = {}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not equals or not key:
            raise click.UsageError(f"{assignment!r} is not KEY=VALUE, such as encrypted=hold.")
        entries[key.strip()] = value.strip()
    return entries


def _print(found: PolicyInForce, as_json: bool) -> None:
    entries = entries_of(found.policy)
    if as_json:
        print_json(entries)
    else:
        rows = [(name, _shown(value), "changed" if name in found.changed else "") for name, value in entries.items()]
        print_table(["entry", "value", "here"], rows, "")


def _shown(value: object) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
