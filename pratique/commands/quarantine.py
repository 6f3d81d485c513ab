"""`pratique quarantine`: mail that is kept because of what was found in it: looking, releasing, deleting, exporting.

A release is asked for here and carried out by the work process, which scans again first. `release ID` is the
operator's word that the findings named in the quarantine do not count for this message; `release --finding NAME`
gives no such word: what the policy would not deliver today stays held. `--dry-run` shows what would be scanned again,
and which findings are not ignored by now.

Failure: a message that is not there, or is being released already, is one plain line and exit status 1. With
`--wait`, so is a release that did not end in time, or, asked for by ID, ended with the message still held.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy.orm import Session

from pratique.clock.service_clock import service_time
from pratique.commands.held_message import list_record, print_held, save_message, show_record
from pratique.commands.tenant import tenant_number
from pratique.opening import COMMAND_LINE, opened, reading, writing
from pratique.options import PointInTime, json_option, with_settings
from pratique.printing import print_json, print_table
from pratique.settings.settings import Settings
from tenants.customers.audit import record_action
from tenants.customers.book import tenant_names
from tenants.engines.ignored_findings import list_ignored
from tenants.quarantine.book import (
    HeldFilter,
    HeldMessage,
    HeldState,
    delete_held,
    get_held,
    held_blobs,
    held_messages,
    list_held,
)
from tenants.refusals import Refusal
from tenants.release import request_release, request_release_of_all
from tenants.storage.viewpoint import Reader

PAGE_ROWS = 500
LOOK_AGAIN_SECONDS = 0.2
UNDER_WAY = (HeldState.RELEASE_REQUESTED, HeldState.RELEASING)


@click.group(epilog="Example: pratique quarantine list --tenant acme")
def command() -> None:
    """Held mail: list, show, release, delete, export."""


@command.command("list", epilog="Example: pratique quarantine list --tenant acme --since 1d --json")
@click.option("--tenant", metavar="NAME", help="Only this tenant's.")
@click.option("--reason", default="", metavar="WORD", help="Only held for this reason, such as infected.")
@click.option("--finding", default="", metavar="NAME", help="Only with a finding of this name.")
@click.option("--search", default="", metavar="WORDS", help="Only with these words in subject or addresses.")
@click.option("--since", type=PointInTime(), metavar="TIME", help="Only held since then: 2h, 3d, 2026-11-24T10:00.")
@click.option("--limit", type=click.IntRange(1), help="At most so many, the newest.")
@json_option
@with_settings()
def list_all(
    settings: Settings,
    tenant: str | None,
    reason: str,
    finding: str,
    search: str,
    since: datetime | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """List what is held, newest first."""
    page = min(limit or PAGE_ROWS, PAGE_ROWS)
    wanted = HeldFilter(search=search, reason=reason, finding=finding, since=since, limit=page)
    with reading(settings) as session:
        found = list(_pages(session, wanted, tenant_number(session, tenant), limit))
        names = tenant_names(session, (message.facts.tenant_id for message in found))
    if as_json:
        print_json([list_record(message, names[message.facts.tenant_id]) for message in found])
        return
    rows = [
        (
            message.id,
            message.held_at.strftime("%m-%d %H:%M"),
            [each.address for each in message.recipients],
            message.facts.subject,
            message.reason if message.state is HeldState.HELD else f"{message.reason} ({message.state})",
            message.finding_names,
        )
        for message in found
    ]
    print_table(["!id", "!held (UTC)", "recipients", "subject", "reason", "findings"], rows, "Nothing is held.")


@command.command("show", epilog="Example: pratique quarantine show 17")
@click.argument("held", type=int, metavar="ID")
@json_option
@with_settings()
def show(settings: Settings, held: int, as_json: bool) -> None:
    """Show one message: why it is held, its headers, its parts."""
    with opened(settings) as parts:
        with parts.database.read(Reader.OPERATOR) as session:
            message = get_held(session, held, tenant_id=None)
            name = tenant_names(session, (message.facts.tenant_id,))[message.facts.tenant_id]
            blobs = held_blobs(session, held, tenant_id=None) if message.state is HeldState.HELD else None
        record = show_record(message, name, parts.store, blobs)
    if as_json:
        print_json(record)
    else:
        print_held(record)


@command.command(
    "release", epilog="Example: pratique quarantine release --finding Win.Test.False-1 --since 6h --wait 60"
)
@click.argument("held", type=int, nargs=-1, metavar="ID...")
@click.option(
    "--finding", metavar="NAME", help="Scan again all that this finding holds, and release what is clean now."
)
@click.option("--since", type=PointInTime(), metavar="TIME", help="With --finding: only held since then.")
@click.option("--tenant", metavar="NAME", help="With --finding: only this tenant's.")
@click.option("--dry-run", is_flag=True, help="With --finding: show what would be scanned again, and change nothing.")
@click.option("--wait", type=click.FloatRange(0), metavar="SECONDS", help="Wait so long for the end, and print it.")
@json_option
@with_settings()
def release(
    settings: Settings,
    held: tuple[int, ...],
    finding: str | None,
    since: datetime | None,
    tenant: str | None,
    dry_run: bool,
    wait: float | None,
    as_json: bool,
) -> None:
    """Release messages: by ID in spite of what was found, by finding only if they are clean now."""
    if bool(held) == (finding is not None) or (finding is None and (since or tenant or dry_run)):
        raise click.UsageError("Name messages by ID, or --finding NAME [--since TIME] [--tenant NAME] [--dry-run].")
    wanted = HeldFilter(states=(HeldState.HELD,), finding=finding or "", since=since, limit=PAGE_ROWS)
    if dry_run:
        _show_bulk(settings, wanted, tenant, as_json)
        return
    if finding is None:
        now = service_time(settings.data)
        with writing(settings) as session:
            asked = [_release_anyway(session, number, now) for number in dict.fromkeys(held)]
    else:
        asked = _release_if_clean(settings, wanted, tenant)
    if wait is not None:
        asked = _wait(settings, asked, wait)
    not_released = _tell_end(settings, asked, as_json, is_end=wait is not None)
    if finding is not None:
        # In bulk, what is still found is expected to stay: only what has not ended is no success.
        not_released = sum(message.state in UNDER_WAY for message in asked) if wait is not None else 0
    if not_released:
        raise Refusal(f"{not_released} of {_counted(len(asked))} not released: see `pratique quarantine show ID`.")


@command.command("delete", epilog="Example: pratique quarantine delete 17 18")
@click.argument("held", type=int, nargs=-1, required=True, metavar="ID...")
@click.option("--yes", is_flag=True, help="Do not ask. Nobody is asked when standard input is no terminal.")
@json_option
@with_settings()
def delete(settings: Settings, held: tuple[int, ...], yes: bool, as_json: bool) -> None:
    """Delete held messages for good."""
    if not yes and sys.stdin.isatty():
        click.confirm(f"Delete {_counted(len(held))} for good?", abort=True, err=True)
    now = service_time(settings.data)
    with writing(settings) as session:
        deleted = []
        for number in dict.fromkeys(held):
            message = delete_held(session, number, tenant_id=None, who=COMMAND_LINE, now=now)
            _note(session, message, "quarantine.delete", now)
            deleted.append(message)
        names = tenant_names(session, (message.facts.tenant_id for message in deleted))
    if as_json:
        print_json([list_record(message, names[message.facts.tenant_id]) for message in deleted])
    else:
        click.echo(f"{_counted(len(deleted))} deleted.")


@command.command("export", epilog="Example: pratique quarantine export 17 --output suspect.eml")
@click.argument("held", type=int, metavar="ID")
@click.option("--output", required=True, type=click.Path(path_type=Path), metavar="FILE", help="A file not there yet.")
@json_option
@with_settings()
def export(settings: Settings, held: int, output: Path, as_json: bool) -> None:
    """Write a held message to a file, octet by octet as it was received. It may be dangerous to open."""
    with opened(settings) as parts:
        with parts.database.unit_of_work(Reader.OPERATOR) as session:
            blobs = held_blobs(session, held, tenant_id=None)
            _note(session, get_held(session, held, tenant_id=None), "quarantine.export", service_time(settings.data))
        octets = save_message(output, parts.store.read(blobs.body))
    if as_json:
        print_json({"id": held, "file": output, "octets": octets})
    else:
        click.echo(f"Message {held} written to {output}: {octets:,} octets. It may be dangerous to open.")


def _release_anyway(session: Session, number: int, now: datetime) -> HeldMessage:
    """Ask for a release in spite of every finding that the quarantine has recorded."""
    override = get_held(session, number, tenant_id=None).finding_names
    message = request_release(session, number, tenant_id=None, who=COMMAND_LINE, override=override, now=now)
    _note(session, message, "quarantine.release", now)
    return message


def _release_if_clean(settings: Settings, wanted: HeldFilter, tenant: str | None) -> list[HeldMessage]:
    """Ask for the release of all that fit, a page a transaction: mail must be able to come in between."""
    asked: list[HeldMessage] = []
    while True:
        now = service_time(settings.data)
        with writing(settings) as session:
            page = request_release_of_all(
                session, wanted, tenant_id=tenant_number(session, tenant), who=COMMAND_LINE, now=now
            )
            for message in page:
                _note(session, message, "quarantine.release", now)
        asked.extend(page)
        if len(page) < wanted.limit:
            return asked
        wanted = replace(wanted, before=page[-1].id)


def _show_bulk(settings: Settings, wanted: HeldFilter, tenant: str | None, as_json: bool) -> None:
    """What a release in bulk would scan again, each with those of its findings that still count."""
    with reading(settings) as session:
        found = list(_pages(session, wanted, tenant_number(session, tenant), None))
        names = tenant_names(session, (message.facts.tenant_id for message in found))
        ignored = {(each.name, each.tenant_id) for each in list_ignored(session)}
    counting = [
        [name for name in message.finding_names if not {(name, None), (name, message.facts.tenant_id)} & ignored]
        for message in found
    ]
    if as_json:
        records = [list_record(message, names[message.facts.tenant_id]) for message in found]
        print_json([record | {"not_ignored": left} for record, left in zip(records, counting, strict=True)])
        return
    rows = [
        (one.id, [each.address for each in one.recipients], one.facts.subject, left or "all ignored by now")
        for one, left in zip(found, counting, strict=True)
    ]
    print_table(["!id", "recipients", "subject", "findings not ignored"], rows, "Nothing that is held fits.")
    if found:
        click.echo(f"{_counted(len(found))} would be scanned again. Nothing was changed.")


def _wait(settings: Settings, asked: Sequence[HeldMessage], seconds: float) -> list[HeldMessage]:
    """The messages as they are when every release has ended, or the time is over."""
    end = time.monotonic() + seconds
    numbers = [message.id for message in asked]
    while True:
        with reading(settings) as session:
            found = held_messages(session, numbers)
        if time.monotonic() >= end or not any(message.state in UNDER_WAY for message in found.values()):
            return [found[number] for number in numbers]
        time.sleep(LOOK_AGAIN_SECONDS)


def _tell_end(settings: Settings, asked: Sequence[HeldMessage], as_json: bool, *, is_end: bool) -> int:
    """A line for each, and a summary; gives the number of those that were to have been released and are not."""
    with reading(settings) as session:
        names = tenant_names(session, (message.facts.tenant_id for message in asked))
    if as_json:
        print_json([list_record(message, names[message.facts.tenant_id]) for message in asked])
    elif not asked:
        click.echo("Nothing that is held fits.")
    elif not is_end:
        asking = [(one.id, [each.address for each in one.recipients], one.facts.subject) for one in asked]
        print_table(["!id", "recipients", "subject"], asking, "")
        click.echo(f"The release of {_counted(len(asked))} is asked for; the work process scans again and sends.")
    else:
        rows = [(one.id, one.state, one.last_result or "not ended yet") for one in asked]
        print_table(["!id", "state", "result"], rows, "")
        released = sum(one.state is HeldState.RELEASED for one in asked)
        click.echo(f"{_counted(released)} released, {len(asked) - released} not.")
    return sum(message.state is not HeldState.RELEASED for message in asked) if is_end else 0


def _pages(session: Session, wanted: HeldFilter, tenant_id: int | None, limit: int | None) -> Iterator[HeldMessage]:
    """Every message that fits, page by page, up to the limit."""
    left = limit
    while page := list_held(session, wanted, tenant_id=tenant_id):
        yield from page[:left]
        left = None if left is None else left - len(page)
        if left is not None and left <= 0:
            return
        wanted = replace(wanted, before=page[-1].id)


def _note(session: Session, message: HeldMessage, action: str, now: datetime) -> None:
    record_action(
        session,
        at=now,
        tenant_id=message.facts.tenant_id,
        who=COMMAND_LINE,
        action=action,
        subject=str(message.id),
        details={"message_id": message.facts.message_id, "findings": ", ".join(message.finding_names)},
    )


def _counted(count: int) -> str:
    return f"{count} messages" if count != 1 else "1 message"
