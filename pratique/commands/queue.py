"""`pratique queue`: mail that was answered 250 and waits for its next hop, one delivery for each recipient.

Failure: a delivery that is not there, or not queued any more, is one plain line and exit status 1.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

import click
from sqlalchemy.orm import Session

from pratique.clock.service_clock import service_time
from pratique.commands.tenant import tenant_number
from pratique.opening import COMMAND_LINE, reading, writing
from pratique.options import json_option, with_settings
from pratique.printing import print_facts, print_json, print_table
from pratique.settings.settings import Settings
from tenants.customers.audit import record_action
from tenants.customers.book import tenant_names
from tenants.queue.listing import (
    Delivery,
    DeliveryFilter,
    drop_delivery,
    get_delivery,
    hold_delivery,
    list_deliveries,
    retry_all,
    retry_delivery,
)

PAGE_ROWS = 500


@click.group(epilog="Example: pratique queue list --tenant acme")
def command() -> None:
    """Mail that waits for its next hop: list, show, retry, flush, hold, drop."""


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
    rows = [(one.id, one.recipient, one.attempts, _next_try(one), one.last_reply) for one in found]
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
    if everything:
        _retry_all(settings, tenant, as_json)
        return
    now = service_time(settings.data)
    with writing(settings) as session:
        for number in deliveries:
            retry_delivery(session, number, tenant_id=None, now=now)
    _say_retried(len(deliveries), as_json)


@command.command("flush", epilog="Example: pratique queue flush --tenant acme")
@click.option("--tenant", metavar="NAME", help="Everything of this tenant.")
@json_option
@with_settings()
def flush(settings: Settings, tenant: str | None, as_json: bool) -> None:
    """Have everything tried now: the same as retry --all."""
    _retry_all(settings, tenant, as_json)


@command.command("hold", epilog="Example: pratique queue hold 17 18")
@click.argument("deliveries", type=int, nargs=-1, required=True, metavar="ID...")
@json_option
@with_settings()
def hold(settings: Settings, deliveries: tuple[int, ...], as_json: bool) -> None:
    """Hold deliveries back until somebody has them tried with retry ID."""
    now = service_time(settings.data)
    with writing(settings) as session:
        held = [_hold(session, number, now) for number in dict.fromkeys(deliveries)]
        records = _records(session, held)
    if as_json:
        print_json(records)
    else:
        click.echo(f"{_counted(len(held))} held back.")


@command.command("drop", epilog="Example: pratique queue drop 17 18")
@click.argument("deliveries", type=int, nargs=-1, required=True, metavar="ID...")
@click.option("--yes", is_flag=True, help="Do not ask. Nobody is asked when standard input is no terminal.")
@json_option
@with_settings()
def drop(settings: Settings, deliveries: tuple[int, ...], yes: bool, as_json: bool) -> None:
    """Take deliveries out of the queue for good: nobody is told, and the mail is gone."""
    if not yes and sys.stdin.isatty():
        click.confirm(f"Drop {_counted(len(deliveries))} for good?", abort=True, err=True)
    now = service_time(settings.data)
    with writing(settings) as session:
        dropped = [_drop(session, number, now) for number in dict.fromkeys(deliveries)]
        records = _records(session, dropped)
    if as_json:
        print_json(records)
    else:
        click.echo(f"{_counted(len(dropped))} dropped.")


def _retry_all(settings: Settings, tenant: str | None, as_json: bool) -> None:
    with writing(settings) as session:
        count = retry_all(session, tenant_id=tenant_number(session, tenant), now=service_time(settings.data))
    _say_retried(count, as_json)


def _say_retried(count: int, as_json: bool) -> None:
    if as_json:
        print_json({"retried": count})
    else:
        click.echo("The queue is empty." if count == 0 else f"{_counted(count)} will be tried now.")


def _hold(session: Session, number: int, now: datetime) -> Delivery:
    held = hold_delivery(session, number, tenant_id=None, who=COMMAND_LINE, now=now)
    _note(session, "queue.hold", held, now)
    return held


def _drop(session: Session, number: int, now: datetime) -> Delivery:
    dropped = drop_delivery(session, number, tenant_id=None, who=COMMAND_LINE, now=now)
    _note(session, "queue.drop", dropped, now)
    return dropped


def _note(session: Session, action: str, delivery: Delivery, now: datetime) -> None:
    record_action(
        session,
        at=now,
        tenant_id=delivery.facts.tenant_id,
        who=COMMAND_LINE,
        action=action,
        subject=str(delivery.id),
        details={"recipient": delivery.recipient, "message_id": delivery.facts.message_id},
    )


def _pages(session: Session, wanted: DeliveryFilter, tenant_id: int | None, limit: int | None) -> Iterator[Delivery]:
    """Every delivery that fits, page by page, up to the limit."""
    left = limit
    while page := list_deliveries(session, wanted, tenant_id=tenant_id):
        yield from page[:left]
        left = None if left is None else left - len(page)
        if left is not None and left <= 0:
            return
        wanted = replace(wanted, before=page[-1].id)


def _next_try(delivery: Delivery) -> datetime | str:
    """The later of the delivery's own time and its next hop's."""
    if delivery.is_on_hold:
        return "held back"
    return max(delivery.next_attempt_at, delivery.resting_until or delivery.next_attempt_at)


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
            "next_attempt": None if delivery.is_on_hold else delivery.next_attempt_at,
            "next_hop_rests_until": delivery.resting_until,
            "held_back": delivery.is_on_hold,
            "notice": delivery.notice,
            "expires": delivery.expires_at,
            "being_tried": delivery.is_leased,
        }
        for delivery in listed
    ]
