"""`pratique group`: recipients of a tenant for whom the same differences of policy count.

`group add` makes a group with its first members; `policy set --group` says what is different for them.

Failure: an unknown tenant, group or member, or a word that is no address, is one plain line and exit status 1.
"""

from datetime import datetime

import click
from sqlalchemy.orm import Session

from pratique.clock.service_clock import service_time
from pratique.opening import COMMAND_LINE, reading, writing
from pratique.options import json_option, with_settings
from pratique.printing import print_json, print_table
from pratique.settings.settings import Settings
from tenants.customers.audit import record_action
from tenants.customers.book import tenant_named
from tenants.domains.groups import Group, add_members, list_groups, remove_members


@click.group(epilog="Example: pratique group add --tenant acme sales anna@acme.example bo@acme.example")
def command() -> None:
    """Recipients with a policy in common: add, remove, list."""


@command.command("add", epilog="Example: pratique group add --tenant acme sales anna@acme.example")
@click.argument("name", metavar="NAME")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@click.option("--tenant", required=True, metavar="NAME", help="Whose recipients they are.")
@json_option
@with_settings()
def add(settings: Settings, name: str, addresses: tuple[str, ...], tenant: str, as_json: bool) -> None:
    """Put recipients into a group; it is made when there is none of this name."""
    now = service_time(settings.data)
    with writing(settings) as session:
        tenant_id = tenant_named(session, tenant).id
        group = add_members(session, tenant_id=tenant_id, name=name, addresses=addresses, now=now)
        _note(session, tenant_id, "group.add", name, addresses, now)
    _print([group], as_json)


@command.command("remove", epilog="Example: pratique group remove --tenant acme sales anna@acme.example")
@click.argument("name", metavar="NAME")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS...]")
@click.option("--tenant", required=True, metavar="NAME", help="Whose recipients they are.")
@json_option
@with_settings()
def remove(settings: Settings, name: str, addresses: tuple[str, ...], tenant: str, as_json: bool) -> None:
    """Take recipients out of a group; without addresses, delete the group and its policy."""
    now = service_time(settings.data)
    with writing(settings) as session:
        tenant_id = tenant_named(session, tenant).id
        group = remove_members(session, tenant_id=tenant_id, name=name, addresses=addresses)
        _note(session, tenant_id, "group.remove", name, addresses, now)
    _print([] if group is None else [group], as_json)


@command.command("list", epilog="Example: pratique group list --tenant acme --json")
@click.option("--tenant", required=True, metavar="NAME", help="Whose groups.")
@json_option
@with_settings()
def list_all(settings: Settings, tenant: str, as_json: bool) -> None:
    """List groups with their members; a later one's policy wins over an earlier one's."""
    with reading(settings) as session:
        groups = list_groups(session, tenant_id=tenant_named(session, tenant).id)
    _print(groups, as_json)


def _note(session: Session, tenant_id: int, action: str, name: str, addresses: tuple[str, ...], now: datetime) -> None:
    details = {"addresses": " ".join(addresses)}
    record_action(session, at=now, tenant_id=tenant_id, who=COMMAND_LINE, action=action, subject=name, details=details)


def _print(groups: "list[Group] | tuple[Group, ...]", as_json: bool) -> None:
    if as_json:
        print_json([{"name": group.name, "members": group.members} for group in groups])
    else:
        print_table(["!group", "members"], [(group.name, group.members) for group in groups], "There is no group.")
