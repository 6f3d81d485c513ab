"""`pratique engines`: what each node says of its engines, and the findings that do not count.

A false signature is ignored by its finding's name, for one tenant or for all, on every node within 10 s; then
`pratique quarantine release --finding NAME --since T` scans again what it held.

Failure: a name that is ignored already, or is not, is one plain line and exit status 1.
"""

from datetime import datetime, timedelta

import click
from sqlalchemy.orm import Session

from pratique.clock.service_clock import service_time
from pratique.commands.tenant import tenant_number
from pratique.opening import COMMAND_LINE, reading, writing
from pratique.options import json_option, with_settings
from pratique.printing import print_json, print_table
from pratique.settings.settings import Settings
from tenants.customers.audit import record_action
from tenants.engines.ignored_findings import IgnoredFinding, ignore_finding, list_ignored, stop_ignoring
from tenants.engines.states import EngineReport, list_engines

SILENT_AFTER = timedelta(minutes=2)


@click.group(invoke_without_command=True, epilog="Example: pratique engines --json")
@json_option
@with_settings()
@click.pass_context
def command(ctx: click.Context, settings: Settings, as_json: bool) -> None:
    """What each node says of its engines; findings to ignore."""
    if ctx.invoked_subcommand is not None:
        return
    now = service_time(settings.data)
    with reading(settings) as session:
        reports = list_engines(session)
    if as_json:
        print_json([_record(report, now) for report in reports])
        return
    rows = [
        (
            f"{report.engine} on {report.node}",
            _state(report, now),
            f"{report.version} / {report.signature_version or '-'}, {_age(report.signature_time, now)}",
            report.is_confined,
            f"{report.detections} of {report.scans}",
            _milliseconds(report.median_seconds),
        )
        for report in reports
    ]
    titles = ["engine", "state", "version / signatures, age", "confined", "found", "median"]
    print_table(titles, rows, "No engine has reported yet: start Pratique with `pratique up`.")


@command.command("ignore", epilog="Example: pratique engines ignore Win.Test.False-1 --tenant acme")
@click.argument("finding", metavar="NAME")
@click.option("--tenant", metavar="NAME", help="For this tenant only; otherwise for all.")
@json_option
@with_settings()
def ignore(settings: Settings, finding: str, tenant: str | None, as_json: bool) -> None:
    """Let findings of this name count no more."""
    now = service_time(settings.data)
    with writing(settings) as session:
        tenant_id = tenant_number(session, tenant)
        ignore_finding(session, name=finding, tenant_id=tenant_id, who=COMMAND_LINE, now=now)
        _note(session, tenant_id, "engines.ignore", finding, now)
    if as_json:
        print_json({"finding": finding, "tenant": tenant, "ignored": True})
    else:
        click.echo(f"Findings named {finding} do not count {_for_whom(tenant)}, on every node within 10 s.")


@command.command("heed", epilog="Example: pratique engines heed Win.Test.False-1")
@click.argument("finding", metavar="NAME")
@click.option("--tenant", metavar="NAME", help="For this tenant, for which alone it was ignored.")
@json_option
@with_settings()
def heed(settings: Settings, finding: str, tenant: str | None, as_json: bool) -> None:
    """Let findings of an ignored name count again."""
    now = service_time(settings.data)
    with writing(settings) as session:
        tenant_id = tenant_number(session, tenant)
        stop_ignoring(session, name=finding, tenant_id=tenant_id)
        _note(session, tenant_id, "engines.heed", finding, now)
    if as_json:
        print_json({"finding": finding, "tenant": tenant, "ignored": False})
    else:
        click.echo(f"Findings named {finding} count again {_for_whom(tenant)}, on every node within 10 s.")


@command.command("ignored", epilog="Example: pratique engines ignored")
@json_option
@with_settings()
def ignored(settings: Settings, as_json: bool) -> None:
    """List the findings that do not count."""
    with reading(settings) as session:
        found = list_ignored(session)
    if as_json:
        print_json([_ignored_record(one) for one in found])
        return
    rows = [(one.name, one.tenant_name or "all", one.since, one.who) for one in found]
    print_table(["finding", "tenant", "since (UTC)", "by"], rows, "Every finding counts.")


def _note(session: Session, tenant_id: int | None, action: str, finding: str, now: datetime) -> None:
    record_action(session, at=now, tenant_id=tenant_id, who=COMMAND_LINE, action=action, subject=finding)


def _for_whom(tenant: str | None) -> str:
    return f"for {tenant}" if tenant else "for anybody"


def _state(report: EngineReport, now: datetime) -> str:
    """What the engine's node said of it, or that the node says nothing any more."""
    return report.state if now - report.reported_at <= SILENT_AFTER else f"silent for {_age(report.reported_at, now)}"


def _age(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return "-"
    minutes = max(0, int((now - moment).total_seconds() // 60))
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"


def _milliseconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1000:.1f} ms"


def _record(report: EngineReport, now: datetime) -> dict[str, object]:
    age = None if report.signature_time is None else (now - report.signature_time).total_seconds()
    return {
        "node": report.node,
        "engine": report.engine,
        "version": report.version,
        "signature_version": report.signature_version,
        "signature_time": report.signature_time,
        "signature_age_seconds": age,
        "state": _state(report, now),
        "confined": report.is_confined,
        "scans": report.scans,
        "detections": report.detections,
        "median_seconds": report.median_seconds,
        "reported": report.reported_at,
    }


def _ignored_record(one: IgnoredFinding) -> dict[str, object]:
    return {"finding": one.name, "tenant": one.tenant_name or None, "since": one.since, "by": one.who}
