"""Which processes run in `up`, `mx`, `work` and `portal`, and how they start and end.

`up` binds the sockets, starts `mx` (as many as the setting `workers` says), `work` and `portal` as children, prepares
the data folder while they load, lets them begin, and prints `ready smtp=… portal=…` when all of them serve. Alone, each
kind runs in this process.

Failure: a setting, a port or a database that cannot be used is one plain line and exit status 1; nothing was served.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from socket import socket
from typing import Any

import click

from pratique.clamd_at_start import with_clamd_found
from pratique.listening import listen, shown_address
from pratique.plugins import require_plugins
from pratique.portal_address import note_portal_address
from pratique.running import run_until_stopped
from pratique.settings import Address, Settings
from pratique.structured_log import log_to_stderr
from pratique.supervisor import ChildKind, Supervisor


def run_up(settings: Settings, *, is_demo: bool) -> int:
    """All processes, until told to stop; returns the exit status."""
    log_to_stderr(settings.log_level)
    smtp = [listen(address) for address in settings.smtp]
    web = listen(settings.portal)
    settings = at_port(settings, web.getsockname()[1])

    from twisted.internet import reactor

    supervisor = Supervisor(_kinds(settings, smtp, web), reactor)  # type: ignore[arg-type]
    supervisor.start_processes()
    try:
        prepare(settings)
        note_portal_address(settings)
        settings = with_clamd_found(settings)
        require_plugins(settings)
    except BaseException:
        supervisor.abandon()
        raise
    if not settings.clamd:
        click.echo("No clamd answers on its usual socket: YARA-X scans alone (PRATIQUE_CLAMD names one).", err=True)
    supervisor.give_settings(settings.to_json().encode())

    async def started() -> None:
        await supervisor.ready()
        click.echo(f"ready smtp={','.join(map(shown_address, smtp))} portal={shown_address(web)}")
        if is_demo:
            from pratique.demo import show_demo

            await show_demo(settings, reactor, smtp[0].getsockname()[:2])

    return run_until_stopped(reactor, supervisor, started)


def _kinds(settings: Settings, smtp: Sequence[socket], web: socket) -> list[ChildKind]:
    receiving = tuple(sock.fileno() for sock in smtp)
    workers = [ChildKind("mx", f"mx{number}", receiving) for number in range(1, settings.workers + 1)]
    return [*workers, ChildKind("work", "work", ()), ChildKind("portal", "portal", (web.fileno(),))]


def run_mx(settings: Settings) -> int:
    """One `mx` process alone, on sockets of its own."""
    from pratique.compose.mx import compose_mx

    smtp = [listen(address) for address in settings.smtp]
    return _run_alone(settings, compose_mx, smtp, "mx", f"ready smtp={','.join(map(shown_address, smtp))}")


def run_work(settings: Settings) -> int:
    """One `work` process alone."""
    from pratique.compose.work import compose_work

    return _run_alone(settings, compose_work, [], "work", "ready work")


def run_portal_alone(settings: Settings) -> int:
    """One `portal` process alone."""
    from pratique.compose.portal import run_portal

    log_to_stderr(settings.log_level)
    prepare(settings)
    web = listen(settings.portal)
    shown = shown_address(web)
    settings = at_port(settings, web.getsockname()[1])
    note_portal_address(settings)
    return run_portal(settings, web, lambda: click.echo(f"ready portal={shown}"), lifeline=None)


def _run_alone(
    settings: Settings, compose: Callable[..., Any], sockets: Sequence[socket], name: str, ready: str
) -> int:
    log_to_stderr(settings.log_level)
    prepare(settings)

    from twisted.internet import reactor

    async def started() -> None:
        click.echo(ready)

    return run_until_stopped(reactor, compose(with_clamd_found(settings), reactor, sockets, name), started)


def prepare(settings: Settings) -> None:
    """Database, keys and certificate are made once, here, before any process needs them. Raises Refusal."""
    # Imported here, because `up` has its children import the same at this moment.
    from pratique.certificate import context_factory
    from pratique.opening import opened

    with opened(settings):
        context_factory(settings.smtp_tls_certificate, settings.smtp_tls_key, settings.data, settings.hostname)


def at_port(settings: Settings, port: int) -> Settings:
    """The settings with the port that the portal really has, where any free one was asked for."""
    if settings.portal.port == port:
        return settings
    # An address of links that followed from the port follows it again.
    follows = settings.portal_url == f"http://{settings.portal}"
    address = Address(settings.portal.host, port)
    return replace(settings, portal=address, portal_url="" if follows else settings.portal_url)
