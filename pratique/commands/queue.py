"""`pratique queue`: mail that was answered 250 and waits for its next hop, one delivery for each recipient.

Failure: a delivery that is not there, or not queued any more, is one plain line and exit status 1.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import click
from sqlalchemy.orm import Session

from pratique.commands.tenant import tenant_number
from pratique.opening import COMMAND_LINE, reading, writing
from pratique.options import json_option, with_settings
from pratique.printing import print_facts, print_json, print_table
from pratique.settings import Settings
from tenants.audit import record_action
from tenants.customers import tenant_names
from tenants.queue_listing import (
    Delivery,
    DeliveryFilter,
    drop_delivery,
    get_delivery,
    list_deliveries,
    retry_all,
    retry_delivery,
)

PAGE_ROWS = 500


@click.group(epilog="Example: pratique queue list --tenant acme")
def command() -> None:
    """Mail that waits for its next hop: list, show, retry, drop."""


@command.command("list", epilog="Example: pratique queue list --domain acme.example --json")
@click.option("--tenant", metavar="NAME", help="Only this tenant's.")
@click.option("--domain", default="", metavar="DOMAIN", help="Only for this domain.")
@click.option("--search", default="", metavar="WORDS", help="Only with these words in subject or addresses.")
@click.option("--limit", type=click.IntRange(1), help="At most so many, the newest.")
@json_option
@with_settings()
def list_all(
    settings: Settings, tenant: str | None, domain: str, search: str, limit: int | None, as_json: bool
) -> None:
    """List what waits, newest first."""
    wanted = DeliveryFilter(search=search, domain=domain.lower(), limit=min(limit or PAGE_ROWS, PAGE_ROWS))
    with reading(settings) as session:
        found = list(_pages(session, wanted, tenant_number(session, tenant), limit))
        records = _records(session, found)
    if as_json:
        print_json(records)
        return
    rows = [(one.id, one.recipient, one.attempts, one.next_attempt_at, one.last_reply) for one in found]
    print_table(["!id", "recipient", "tries", "next try (UTC)", "last reply"], rows, "The queue is empty.")


@command.command("show", epilog="Example: pratique queue show 17")
@click.argument("delivery", type=int, metavar="ID")
@json_option
@with_settings()
def show(settings: Settings, delivery: int, as_json: bool) -> None:
    """Show one delivery, whatever became of it."""
    with reading(settings) as session:
        [record] = _records(session, [get_delivery(session, delivery, tenant_id=None)])
    if as_json:
        print_json(record)
    else:
        print_facts((name.replace("_", " "), value) for name, value in record.items())


@command.command("retry", epilog="Example: pratique queue retry --all")
@click.argument("deliveries", type=int, nargs=-1, metavar="ID...")
@click.option("--all", "everything", is_flag=True, help="Everything in the queue.")
@click.option("--tenant", metavar="NAME", help="With --all: everything of this tenant.")
@json_option
@with_settings()
def retry(settings: Settings, deliveries: tuple[int, ...], everything: bool, tenant: str | None, as_json: bool) -> None:
    """Have deliveries tried now instead of at their next time."""
    if everything == bool(deliveries) or (tenant and not everything):
        raise click.UsageError("Name the deliveries by ID, or everything with --all [--tenant NAME].")
    now = datetime.now(UTC)
    with writing(settings) as session:
        if everything:
            count = retry_all(session, tenant_id=tenant_number(session, tenant), now=now)
        else:
            for number in deliveries:
                retry_delivery(session, number, tenant_id=None, now=now)
            count = len(deliveries)
    if as_json:
        print_json({"retried": count})
    else:
        click.echo("The queue is empty." if count == 0 else f"{_counted(count)} will be tried now.")


@command.command("drop", epilog="Example: pratique queue drop 17 18")
@click.argument("deliveries", type=int, nargs=-1, required=True, metavar="ID...")
@click.option("--yes", is_flag=True, help="Do not ask. Nobody is asked when standard input is no terminal.")
@json_option
@with_settings()
def drop(settings: Settings, deliveries: tuple[int, ...], yes: bool, as_json: bool) -> None:
    """Take deliveries out of the queue for good: nobody is told, and the mail is gone."""
    if not yes and sys.stdin.isatty():
        click.confirm(f"Drop {_counted(len(deliveries))} for good?", abort=True, err=True)
    now = datetime.now(UTC)
    with writing(settings) as session:
        dropped = [_drop(session, number, now) for number in dict.fromkeys(deliveries)]
        records = _records(session, dropped)
    if as_json:
        print_json(records)
    else:
        click.echo(f"{_counted(len(dropped))} dropped.")


def _drop(session: Session, number: int, now: datetime) -> Delivery:
    dropped = drop_delivery(session, number, tenant_id=None, who=COMMAND_LINE, now=now)
    record_action(
        session,
        at=now,
        tenant_id=dropped.facts.tenant_id,
        who=COMMAND_LINE,
        action="queue.drop",
        subject=str(number),
        details={"recipient": dropped.recipient, "message_id": dropped.facts.message_id},
    )
    return dropped


def _pages(session: Session, wanted: DeliveryFilter, tenant_id: int | None, limit: int | None) -> Iterator[Delivery]:
    """Every delivery that fits, page by page, up to the limit."""
    left = limit
    while page := list_deliveries(session, wanted, tenant_id=tenant_id):
        yield from page[:left]
        left = None if left is None else left - len(page)
        if left is not None and left <= 0:
            return
        wanted = replace(wanted, before=page[-1].id)


def _counted(count: int) -> str:
    return f"{count} deliveries" if count != 1 else "1 delivery"


def _records(session: Session, deliveries: Iterable[Delivery]) -> list[dict[str, object]]:
    listed = list(deliveries)
    names = tenant_names(session, (delivery.facts.tenant_id for delivery in listed))
    return [
        {
            "id": delivery.id,
            "time": delivery.queued_at,
            "tenant": names[delivery.facts.tenant_id],
            "recipient": delivery.recipient,
            "domain": delivery.domain,
            "message_id": delivery.facts.message_id,
            "subject": delivery.facts.subject,
            "reverse_path": delivery.facts.reverse_path,
            "transaction": delivery.facts.transaction,
            "octets": delivery.facts.octets,
            "state": delivery.state,
            "attempts": delivery.attempts,
            "last_reply": delivery.last_reply,
            "next_attempt": delivery.next_attempt_at,
            "expires": delivery.expires_at,
            "being_tried": delivery.is_leased,
        }
        for delivery in listed
    ]
