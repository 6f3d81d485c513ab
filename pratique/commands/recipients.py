"""`pratique recipients`: who is known of a domain, and how that is learned.

By default the domain's own server is asked at RCPT (`call-out`), and what it says is kept. A list (`import`) makes
itself the truth, and so does a directory (`ldap`, `recipient_directory.py`); `accept-all` asks nobody, and the end of
data tells.

A list is a text or CSV file: one address, or local part, in the first field of each line; a first line that says
`address`, `email` or `recipient` is a heading.

Failure: a line that is no address of the domain is named, and nothing is changed; so is a list that would remove more
than a tenth of the recipients, unless --remove-many says that it is meant. Of such a list, audit and portal tell.
"""

from datetime import datetime
from pathlib import Path

import click

from pratique.clock.service_clock import service_time
from pratique.commands.recipient_directory import name_directory, sync
from pratique.opening import COMMAND_LINE, reading, writing
from pratique.options import json_option, with_settings
from pratique.printing import print_json, print_table
from pratique.settings.settings import Settings
from tenants.customers.audit import record_action
from tenants.domains.book import Domain, canonical_domain, get_domain
from tenants.list_file import Line, read_lines
from tenants.recipients.book import ListChange, Source, list_recipients, replace_list, set_source, source_of
from tenants.recipients.directories import DirectoryState, state_of
from tenants.recipients.refused_lists import RefusedList, note_refused_list, refused_lists
from tenants.refusals import Refusal

_HEADINGS = ("address", "email", "e-mail", "mail", "recipient", "user")


@click.group(epilog="Example: pratique recipients import acme.example people.csv")
def command() -> None:
    """Who is known of a domain: show, source, import, ldap, sync."""


command.add_command(name_directory)
command.add_command(sync)


@command.command("show", epilog="Example: pratique recipients show acme.example --json")
@click.argument("name", metavar="DOMAIN")
@json_option
@with_settings()
def show(settings: Settings, name: str, as_json: bool) -> None:
    """Show who is known of a domain, from where and since when."""
    with reading(settings) as session:
        domain = get_domain(session, tenant_id=None, name=name)
        source, known = source_of(session, domain.id), list_recipients(session, domain.id)
        directory = state_of(session, domain.id)
        refused = refused_lists(session, tenant_id=domain.tenant_id).get(domain.name)
    if as_json:
        people = [
            {
                "address": f"{each.local_part}@{domain.name}",
                "known": each.is_known,
                "source": each.source.value,
                "checked_at": each.checked_at.isoformat(),
                "refusal": each.refusal,
            }
            for each in known
        ]
        takes_all = source.takes_all_since.isoformat() if source.takes_all_since else None
        record = {"domain": domain.name, "source": source.source.value, "takes_all_since": takes_all}
        told = {"directory": _as_record(directory), "refused_list": _as_told(refused)}
        print_json({**record, **told, "recipients": people})
        return
    click.echo(f"{domain.name}: {source.source.value}{', takes every recipient' if source.takes_all_since else ''}")
    if directory is not None:
        _describe(directory)
    if refused is not None:
        click.echo(f"The list of {refused.at:%Y-%m-%d %H:%M} UTC ({refused.who}) was not applied: {refused.reason}")
    rows = [(each.local_part, each.is_known, each.source.value, each.checked_at, each.refusal) for each in known]
    print_table(["recipient", "known", "source", "checked", "refusal"], rows, "Nobody has been asked about yet.")


def _as_record(directory: DirectoryState | None) -> dict[str, object] | None:
    if directory is None:
        return None
    return {
        "url": directory.url,
        "base": directory.base,
        "every_minutes": directory.every_minutes,
        "tried_at": directory.tried_at.isoformat() if directory.tried_at else None,
        "synced_at": directory.synced_at.isoformat() if directory.synced_at else None,
        "trouble": directory.trouble,
        "skipped": directory.skipped.count,
        "skipped_first": list(directory.skipped.first),
    }


def _as_told(refused: RefusedList | None) -> dict[str, str] | None:
    if refused is None:
        return None
    return {"at": refused.at.isoformat(), "who": refused.who, "reason": refused.reason}


def _describe(directory: DirectoryState) -> None:
    applied = f"{directory.synced_at:%Y-%m-%d %H:%M} UTC" if directory.synced_at else "never"
    click.echo(f"Directory {directory.url}, every {directory.every_minutes} minutes; last applied: {applied}.")
    if directory.trouble:
        click.echo(f"The try of {directory.tried_at:%Y-%m-%d %H:%M} UTC came to nothing: {directory.trouble}")
    if directory.skipped.count:
        click.echo(f"Skipped: {directory.skipped.count}. The first: {'; '.join(directory.skipped.first)}.")


@command.command("source", epilog="Example: pratique recipients source acme.example accept-all")
@click.argument("name", metavar="DOMAIN")
@click.argument("source", type=click.Choice([each.value for each in Source if each is not Source.LDAP]))
@with_settings()
def choose(settings: Settings, name: str, source: str) -> None:
    """Choose how a domain's recipients are learned; a directory named before is forgotten."""
    now = service_time(settings.data)
    with writing(settings) as session:
        domain = get_domain(session, tenant_id=None, name=name)
        set_source(session, tenant_id=domain.tenant_id, domain_id=domain.id, source=Source(source))
        record_action(
            session,
            at=now,
            tenant_id=domain.tenant_id,
            who=COMMAND_LINE,
            action="recipients.source",
            subject=domain.name,
            details={"source": source},
        )
    click.echo(f"{domain.name}: {source}. In force within a minute.")


@command.command("import", epilog="Example: pratique recipients import acme.example people.csv")
@click.argument("name", metavar="DOMAIN")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--remove-many", is_flag=True, help="It is meant that more than a tenth of the recipients go.")
@with_settings()
def take_list(settings: Settings, name: str, file: Path, remove_many: bool) -> None:
    """Make a list of addresses the truth about a domain."""
    spelled, now = canonical_domain(name), service_time(settings.data)
    local_parts = read_list(file, spelled)
    with reading(settings) as session:
        domain = get_domain(session, tenant_id=None, name=spelled)
    try:
        change = _applied(settings, domain, local_parts, now, remove_many=remove_many)
    except Refusal as refusal:
        with writing(settings) as session:
            told = {"who": COMMAND_LINE, "reason": str(refusal)}
            note_refused_list(session, tenant_id=domain.tenant_id, domain=domain.name, now=now, **told)
        raise
    click.echo(f"{domain.name}: {change.added} added, {change.removed} removed, {change.kept} kept.")


def _applied(
    settings: Settings, domain: Domain, local_parts: list[str], now: datetime, *, remove_many: bool
) -> ListChange:
    with writing(settings) as session:
        change = replace_list(
            session,
            tenant_id=domain.tenant_id,
            domain_id=domain.id,
            local_parts=local_parts,
            now=now,
            may_remove_many=remove_many,
        )
        record_action(
            session,
            at=now,
            tenant_id=domain.tenant_id,
            who=COMMAND_LINE,
            action="recipients.import",
            subject=domain.name,
            details={"added": str(change.added), "removed": str(change.removed)},
        )
        return change


def read_list(file: Path, domain: str) -> list[str]:
    """The local parts in the file. Raises Refusal, which names the line, and OSError."""
    return [_local_part(line, domain) for line in read_lines(file, _HEADINGS)]


def _local_part(line: Line, domain: str) -> str:
    local_part, at, of = line.text.rpartition("@")
    if not at:
        local_part, of = line.text, domain
    if not local_part or any(c.isspace() or not c.isprintable() or c in '"<>@' for c in local_part):
        raise Refusal(f"Line {line.number} of the list is no address: {line.text[:80]!r}. Nothing was changed.")
    if of.lower().rstrip(".") != domain:
        raise Refusal(f"Line {line.number} of the list is not of {domain}: {line.text[:80]!r}. Nothing was changed.")
    return local_part
