"""`pratique senders`: whom a tenant wants to hear from, and whom not.

An entry is an address, a domain (it and all below it) or a network; the narrowest that fits a sender counts. Entries
count where the policy's `agents` has `sender-lists`. Nobody who is allowed is spared the scan.

Failure: an unknown tenant, a word that is no entry, a line of a file that is none: one plain line, exit status 1, and
nothing is changed.
"""

from collections.abc import Sequence
from pathlib import Path

import click

from pratique.clock.service_clock import service_time
from pratique.opening import COMMAND_LINE, reading, writing
from pratique.options import json_option, with_settings
from pratique.printing import print_json, print_table
from pratique.settings.settings import Settings
from tenants.customers.book import tenant_named
from tenants.list_file import read_lines
from tenants.policies.book import tenant_policy
from tenants.senders.changes import HEADINGS, Author, entries_in, put_and_note, remove_and_note
from tenants.senders.lists import AGENT_NAME, Listing, canonical_entry, count_senders, list_senders

_PAGE = 1000


@click.group(epilog="Example: pratique senders block --tenant acme spam.example 203.0.113.0/24")
def command() -> None:
    """Whom a tenant allows or blocks: allow, block, remove, list, import."""


@command.command("allow", epilog="Example: pratique senders allow --tenant acme ann@supplier.example")
@click.argument("entries", nargs=-1, required=True, metavar="ENTRY...")
@click.option("--tenant", required=True, metavar="NAME", help="Whose list.")
@click.option("--note", default="", help="Why, for whoever reads the list.")
@with_settings()
def allow(settings: Settings, entries: tuple[str, ...], tenant: str, note: str) -> None:
    """Vouch for senders: what they write is no spam. It is scanned all the same."""
    _put(settings, tenant, Listing.ALLOW, _canonical(entries), note)


@command.command("block", epilog="Example: pratique senders block --tenant acme spam.example --note 'asked for it'")
@click.argument("entries", nargs=-1, required=True, metavar="ENTRY...")
@click.option("--tenant", required=True, metavar="NAME", help="Whose list.")
@click.option("--note", default="", help="Why, for whoever reads the list.")
@with_settings()
def block(settings: Settings, entries: tuple[str, ...], tenant: str, note: str) -> None:
    """Refuse senders with 550."""
    _put(settings, tenant, Listing.BLOCK, _canonical(entries), note)


@command.command("import", epilog="Example: pratique senders import --tenant acme --as block senders.csv")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--tenant", required=True, metavar="NAME", help="Whose list.")
@click.option("--as", "listing", type=click.Choice([each.value for each in Listing]), required=True)
@click.option("--note", default="", help="Why, for whoever reads the list.")
@with_settings()
def take_file(settings: Settings, file: Path, tenant: str, listing: str, note: str) -> None:
    """Add the entries in the first field of each line of a text or CSV file."""
    _put(settings, tenant, Listing(listing), entries_in(read_lines(file, HEADINGS)), note)


@command.command("remove", epilog="Example: pratique senders remove --tenant acme spam.example")
@click.argument("entries", nargs=-1, required=True, metavar="ENTRY...")
@click.option("--tenant", required=True, metavar="NAME", help="Whose list.")
@with_settings()
def remove(settings: Settings, entries: tuple[str, ...], tenant: str) -> None:
    """Take entries off, whichever list they are on."""
    spelled = _canonical(entries)
    with writing(settings) as session:
        author = Author(tenant_named(session, tenant).id, COMMAND_LINE, service_time(settings.data))
        remove_and_note(session, author, spelled)
    click.echo(f"{len(spelled)} removed.")


@command.command("list", epilog="Example: pratique senders list --tenant acme --begins ann@ --json")
@click.option("--tenant", required=True, metavar="NAME", help="Whose list.")
@click.option("--begins", default="", help="Only entries that begin so.")
@json_option
@with_settings()
def list_all(settings: Settings, tenant: str, begins: str, as_json: bool) -> None:
    """List the entries in their order: with --json all of them, otherwise the first thousand."""
    with reading(settings) as session:
        tenant_id = tenant_named(session, tenant).id
        counts = count_senders(session, tenant_id=tenant_id)
        listed = list_senders(session, tenant_id=tenant_id, begins=begins, limit=_PAGE)
        while as_json and len(listed) % _PAGE == 0 and listed:
            more = list_senders(session, tenant_id=tenant_id, behind=listed[-1].entry, begins=begins, limit=_PAGE)
            if not more:
                break
            listed += more
    if as_json:
        print_json(
            [
                {
                    "entry": each.entry,
                    "listing": each.listing.value,
                    "note": each.note,
                    "added_at": each.added_at.isoformat(),
                    "added_by": each.added_by,
                }
                for each in listed
            ]
        )
        return
    rows = [(each.entry, each.listing.value, each.note, each.added_at, each.added_by) for each in listed]
    print_table(["!entry", "listing", "note", "added", "by"], rows, "Nobody is on a list.")
    click.echo(f"{counts[Listing.ALLOW]} allowed, {counts[Listing.BLOCK]} blocked in all.")


def _canonical(entries: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(canonical_entry(entry) for entry in entries))


def _put(settings: Settings, tenant: str, listing: Listing, entries: Sequence[str], note: str) -> None:
    with writing(settings) as session:
        tenant_id = tenant_named(session, tenant).id
        author = Author(tenant_id, COMMAND_LINE, service_time(settings.data))
        count = put_and_note(session, author, listing, entries, note)
        is_on = AGENT_NAME in tenant_policy(session, tenant_id=tenant_id).policy.agents
    click.echo(f"{count} {'allowed' if listing is Listing.ALLOW else 'blocked'}.")
    if not is_on:
        how = f"pratique policy set --tenant {tenant} agents={AGENT_NAME}"
        click.echo(f"They count once the policy says so: {how}", err=True)
