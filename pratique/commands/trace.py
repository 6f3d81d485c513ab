"""`pratique trace`: what became of a message, event by event.

Failure: nothing found is not an error: an empty list, exit status 0. The trace may lag a second behind the mail.
"""

from datetime import datetime

import click

from pratique.commands.tenant import tenant_number
from pratique.opening import reading
from pratique.options import PointInTime, json_option, with_settings
from pratique.printing import escaped, plain_value, print_json, shown
from pratique.settings.settings import Settings
from tenants.customers.book import tenant_names
from tenants.trace.book import MOST_FOUND, MessageTrace, find
from tenants.trace.events import Event
from tenants.trace.form import to_json


@click.command(epilog="Example: pratique trace --recipient anna@acme.example --since 2h")
@click.option("--message-id", metavar="ID", help="The message's Message-ID, with or without angle brackets.")
@click.option("--recipient", metavar="ADDRESS", help="One of its recipients.")
@click.option("--transaction", metavar="ID", help="Our own id, as in the Received header.")
@click.option("--since", type=PointInTime(), metavar="TIME", help="Received since then: 2h, 3d, or 2026-11-24T10:00.")
@click.option("--tenant", metavar="NAME", help="Only this tenant's.")
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=MOST_FOUND,
    show_default=True,
    help="At most so many, the newest.",
)
@json_option
@with_settings()
def command(
    settings: Settings,
    message_id: str | None,
    recipient: str | None,
    transaction: str | None,
    since: datetime | None,
    tenant: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """What became of a message, event by event."""
    with reading(settings) as session:
        traces = find(
            session,
            tenant_id=tenant_number(session, tenant),
            message_id=message_id,
            recipient=recipient,
            transaction=transaction,
            since=since,
            limit=limit,
        )
        names = tenant_names(session, (trace.facts.tenant_id for trace in traces))
    if as_json:
        print_json([_record(trace, names[trace.facts.tenant_id]) for trace in traces])
        return
    if not traces:
        click.echo("No message fits.")
    for trace in traces:
        _print(trace, names[trace.facts.tenant_id])


def _record(trace: MessageTrace, tenant: str) -> dict[str, object]:
    facts = trace.facts
    return {
        "transaction": facts.transaction,
        "time": facts.received_at,
        "tenant": tenant,
        "message_id": facts.message_id,
        "subject": facts.subject,
        "reverse_path": facts.reverse_path,
        "recipients": facts.recipients,
        "client_address": facts.client_address,
        "octets": facts.octets,
        "verdict": facts.verdict,
        "events": [to_json(event) for event in trace.events],
    }


def _print(trace: MessageTrace, tenant: str) -> None:
    facts = trace.facts
    click.echo(f"{facts.transaction}  {tenant}  {escaped(facts.message_id) or '-'}  {shown(facts.subject)}")
    click.echo(f"  from <{escaped(facts.reverse_path)}> at {facts.client_address}, {facts.octets:,} octets")
    for event in trace.events:
        click.echo(f"  {event.at:%Y-%m-%d %H:%M:%S}  {event.name:18} {_facts(event)}")
    click.echo()


def _facts(event: Event) -> str:
    """The event's own facts as `name=value`, those of the message itself left out."""
    record = to_json(event)
    known = {"event", "at", "message_id", "subject", "reverse_path", "octets", "client_address"}
    said = {name: plain_value(value) for name, value in record.items() if name not in known}
    return " ".join(f"{name}={shown(value)}" for name, value in said.items() if value not in ("", [], 0, False))
