"""`pratique user`: the people who may sign in to the portal, and their one-time links.

Failure: an address that cannot be one, an unknown user or tenant is one plain line and exit status 1.
"""

from datetime import datetime

import click
from sqlalchemy.orm import Session

from pratique.clock.service_clock import service_time
from pratique.opening import COMMAND_LINE, reading, writing
from pratique.options import json_option, with_settings
from pratique.portal_address import portal_address
from pratique.printing import print_json, print_table
from pratique.settings.settings import Settings
from tenants.customers.accounts import Member, Role, add_user, members, memberships, remove_user, user_id_of
from tenants.customers.audit import record_action
from tenants.customers.book import list_tenants, tenant_named
from tenants.customers.sign_in import LINK_LIFE, make_link
from tenants.queue.notices import ask_sign_in
from tenants.refusals import NotFound


@click.group(epilog="Example: pratique user add anna@acme.example --tenant acme --role admin")
def command() -> None:
    """People who may sign in: add, list, link, remove."""


@command.command("add", epilog="Example: pratique user add anna@acme.example --tenant acme --role admin")
@click.argument("email")
@click.option("--tenant", required=True, metavar="NAME", help="Whose mail the user may see.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]), help="What the user may do.")
@json_option
@with_settings()
def add(settings: Settings, email: str, tenant: str, role: str, as_json: bool) -> None:
    """Give a person a role with a tenant; an earlier role there is replaced."""
    now = service_time(settings.data)
    with writing(settings) as session:
        tenant_id = tenant_named(session, tenant).id
        member = add_user(session, tenant_id=tenant_id, email=email, role=Role(role), now=now)
        _note(session, tenant_id, "user.add", member.email, role, now)
    if as_json:
        print_json(_record(member))
    else:
        click.echo(f"{member.email} is {role} of {tenant}. Next: pratique user link {member.email}")


@command.command("list", epilog="Example: pratique user list --tenant acme")
@click.option("--tenant", metavar="NAME", help="Only this tenant's.")
@json_option
@with_settings()
def list_all(settings: Settings, tenant: str | None, as_json: bool) -> None:
    """List the people and their roles."""
    with reading(settings) as session:
        tenants = list_tenants(session) if tenant is None else (tenant_named(session, tenant),)
        found = [member for one in tenants for member in members(session, tenant_id=one.id)]
    if as_json:
        print_json([_record(member) for member in found])
        return
    rows = [(member.email, member.tenant_name, member.role) for member in found]
    print_table(["user", "tenant", "role"], rows, "Nobody may sign in yet.")


@command.command("link", epilog="Example: pratique user link anna@acme.example")
@click.argument("email")
@click.option("--send", is_flag=True, help="Mail the link to the user instead of printing it.")
@json_option
@with_settings()
def link(settings: Settings, email: str, send: bool, as_json: bool) -> None:
    """Print a one-time sign-in link, good for 30 minutes; or mail one."""
    now = service_time(settings.data)
    with writing(settings) as session:
        theirs = memberships(session, user_id=user_id_of(session, email))
        if not theirs:
            raise NotFound(f"{email!r} has no role with any tenant: add one with `pratique user add`.")
        if send:
            ask_sign_in(session, email=email, asked_from=COMMAND_LINE, now=now)
        url = None if send else _new_link(settings, session, email, now)
        _note(session, None, "user.link", theirs[0].email, "sent" if send else "", now)
    if as_json:
        print_json({"email": theirs[0].email, "link": url, "expires": None if send else now + LINK_LIFE})
    else:
        click.echo(url or f"A link is being mailed to {theirs[0].email}.")


def _new_link(settings: Settings, session: Session, email: str, now: datetime) -> str:
    from portal.site import sign_in_address

    return sign_in_address(portal_address(settings), make_link(session, email=email, now=now))


@command.command("remove", epilog="Example: pratique user remove anna@acme.example --tenant acme")
@click.argument("email")
@click.option("--tenant", metavar="NAME", help="Take the role with this tenant only; otherwise all roles.")
@json_option
@with_settings()
def remove(settings: Settings, email: str, tenant: str | None, as_json: bool) -> None:
    """Take a person's roles away, and end the sessions in which they were used."""
    now = service_time(settings.data)
    with writing(settings) as session:
        wanted = None if tenant is None else tenant_named(session, tenant).id
        theirs = memberships(session, user_id=user_id_of(session, email))
        taken = [member for member in theirs if wanted in (None, member.tenant_id)]
        if not taken:
            raise NotFound(f"{email!r} has no role with {tenant or 'any tenant'}.")
        for member in taken:
            remove_user(session, tenant_id=member.tenant_id, email=member.email)
            _note(session, member.tenant_id, "user.remove", member.email, member.role.value, now)
    if as_json:
        print_json([_record(member) for member in taken])
    else:
        click.echo(f"{taken[0].email} is removed from {', '.join(member.tenant_name for member in taken)}.")


def _record(member: Member) -> dict[str, object]:
    return {"email": member.email, "tenant": member.tenant_name, "role": member.role}


def _note(session: Session, tenant_id: int | None, action: str, email: str, role: str, now: datetime) -> None:
    details = {"role": role} if role else {}
    record_action(session, at=now, tenant_id=tenant_id, who=COMMAND_LINE, action=action, subject=email, details=details)
