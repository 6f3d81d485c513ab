"""`pratique recipients ldap` and `pratique recipients sync`: recipients from a domain's directory.

`ldap` says where the directory is and how it is asked; a `work` process asks it within seconds, and every so often
from then on. `sync` asks at once. The password comes from a file or standard input, never from the command line, where
others see it.

Failure: one plain line; nothing is changed. A `sync` that comes to nothing is noted, as those of `work` processes are.
"""

import os
import ssl
import sys
from pathlib import Path

import click

from mx.ldap.connection import LdapTrouble, Surroundings
from mx.ldap.conversation import parse_filter, read_people
from mx.ldap.place import base_of, parse_place
from mx.ldap.sync import UNREADABLE_PASSWORD
from pratique.clock.service_clock import service_time
from pratique.opening import COMMAND_LINE, Opened, opened
from pratique.options import with_settings
from pratique.ourselves import own_places
from pratique.settings.settings import Settings
from tenants.customers.audit import record_action
from tenants.domains.book import canonical_domain, get_domain
from tenants.recipients.book import ListChange
from tenants.recipients.directories import (
    LEAST_MINUTES,
    MOST_MINUTES,
    Directory,
    Lease,
    LeaseLost,
    apply_answer,
    lease_directory,
    note_trouble,
    open_directory,
    set_directory,
)
from tenants.recipients.skipped_entries import Skipped
from tenants.refusals import Refusal
from tenants.storage.blobs.segments import SealBroken
from tenants.storage.viewpoint import OfTenant, Reader

ANYBODY_WITH_AN_ADDRESS = "(|(mail=*)(proxyAddresses=*)(otherMailbox=*))"
_MOST_FILE_OCTETS = 256 * 1024
_STANDARD_INPUT = Path("-")


@click.command("ldap", epilog="Example: pratique recipients ldap acme.example --url ldaps://dc.acme.example")
@click.argument("name", metavar="DOMAIN")
@click.option("--url", required=True, help="ldap://HOST[:PORT] or ldaps://HOST[:PORT].")
@click.option("--bind-dn", default="", help="Who asks; without it, nobody in particular.")
@click.option("--password-file", type=click.Path(path_type=Path), help="File with the password, or - to read it.")
@click.option("--base", help="Where the search begins; by default dc=… of the domain.")
@click.option("--filter", "wanted", default=ANYBODY_WITH_AN_ADDRESS, show_default=True, help="Whose entries count.")
@click.option("--plain", is_flag=True, help="No TLS over ldap://: everybody on the way reads the password.")
@click.option("--authorities", type=click.Path(path_type=Path), help="PEM file to trust in place of the machine's.")
@click.option(
    "--every",
    type=click.IntRange(LEAST_MINUTES, MOST_MINUTES),
    default=60,
    show_default=True,
    help="Minutes from one time to the next.",
)
@with_settings()
def name_directory(
    settings: Settings,
    name: str,
    url: str,
    bind_dn: str,
    password_file: Path | None,
    base: str | None,
    wanted: str,
    plain: bool,
    authorities: Path | None,
    every: int,
) -> None:
    """Read a domain's recipients from its directory; said anew as a whole each time."""
    place, spelled = parse_place(url), canonical_domain(name)
    if plain and place.is_tls:
        raise Refusal("--plain is for ldap:// alone.")
    if bool(bind_dn) != (password_file is not None):
        raise Refusal("--bind-dn and --password-file go together: a name without a password would be anybody.")
    parse_filter(wanted)
    directory = Directory(
        url=place.url,
        starttls=not (place.is_tls or plain or place.is_loopback),
        base=base_of(spelled) if base is None else base,
        filter=wanted,
        bind_dn=bind_dn,
        password=_read_password(password_file) if password_file else "",
        authorities=_read_authorities(authorities) if authorities else "",
        every_minutes=every,
    )
    now = service_time(settings.data)
    with opened(settings) as parts, parts.database.unit_of_work(Reader.OPERATOR) as session:
        domain = get_domain(session, tenant_id=None, name=spelled)
        own = {"tenant_id": domain.tenant_id, "domain_id": domain.id}
        set_directory(session, parts.keyring, **own, directory=directory, now=now)
        details = {"url": place.url, "base": directory.base, "bind_dn": bind_dn}
        record_action(
            session,
            at=now,
            tenant_id=domain.tenant_id,
            who=COMMAND_LINE,
            action="recipients.ldap",
            subject=domain.name,
            details=details,
        )
    click.echo(f"{spelled}: {place.url} is asked from now on; until it has answered, nothing changes.")


@click.command("sync", epilog="Example: pratique recipients sync acme.example")
@click.argument("name", metavar="DOMAIN")
@click.option("--remove-many", is_flag=True, help="It is meant that more than a tenth of the recipients go.")
@with_settings()
def sync(settings: Settings, name: str, remove_many: bool) -> None:
    """Read a domain's recipients from its directory now."""
    around = Surroundings(own_places(settings), settings.allow_private_routes)
    with opened(settings) as parts:
        with parts.database.unit_of_work(Reader.OPERATOR) as session:
            domain = get_domain(session, tenant_id=None, name=name)
            owner = f"{COMMAND_LINE}/{os.getpid()}"
            lease = lease_directory(session, domain_id=domain.id, now=service_time(settings.data), owner=owner)
        try:
            change, skipped = _ask_and_apply(parts, lease, around, remove_many, settings.data)
        except LeaseLost:
            raise Refusal("The directory was named anew in this moment; nothing was changed.") from None
    click.echo(f"{domain.name}: {change.added} added, {change.removed} removed, {change.kept} kept.")
    if skipped.count:
        click.echo(f"Skipped: {skipped.count}. The first: {'; '.join(skipped.first)}.")


def _ask_and_apply(
    parts: Opened, lease: Lease, around: Surroundings, remove_many: bool, folder: Path
) -> tuple[ListChange, Skipped]:
    viewpoint, skipped = OfTenant(lease.tenant_id), None
    try:
        with parts.database.unit_of_work(viewpoint) as session:
            asked = open_directory(session, parts.keyring, lease)
        people = read_people(asked.directory, asked.domain, around)
        skipped = people.skipped
        with parts.database.unit_of_work(viewpoint) as session:
            change = apply_answer(
                session,
                lease,
                local_parts=people.local_parts,
                skipped=skipped,
                now=service_time(folder),
                may_remove_many=remove_many,
            )
        return change, skipped
    except (LdapTrouble, Refusal, SealBroken) as error:
        trouble = UNREADABLE_PASSWORD if isinstance(error, SealBroken) else str(error)
        with parts.database.unit_of_work(viewpoint) as session:
            note_trouble(session, lease, trouble=trouble, now=service_time(folder), skipped=skipped)
        raise Refusal(trouble) from None


def _read_password(file: Path) -> str:
    raw = sys.stdin.buffer.read(_MOST_FILE_OCTETS) if file == _STANDARD_INPUT else _read(file)
    try:
        password = raw.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        password = ""
    if not password or not password.isprintable():
        raise Refusal("The password file holds no password: one line of text is wanted.")
    return password


def _read_authorities(file: Path) -> str:
    try:
        text = _read(file).decode("ascii")
        ssl.create_default_context(cadata=text)
    except (UnicodeDecodeError, ssl.SSLError, ValueError):
        raise Refusal(f"{file} holds no certificates in PEM form.") from None
    return text


def _read(file: Path) -> bytes:
    with file.open("rb") as opened_file:
        return opened_file.read(_MOST_FILE_OCTETS)
