"""Which processes run in `up`, `mx`, `work` and `portal`, and how they start and end.

The process that a person started binds the sockets and starts its children: `mx` (as many as the setting `workers`
says), `work`, `portal`, and `health` where the setting of that name gives it an address; `up` has all of them, the
others one kind. It prepares the data folder while they load, lets them begin, and prints `ready smtp=… portal=…` when
all of them serve.

At SIGHUP the settings are read again and the children replaced (`reloading.py` says what may change).

Failure: a setting, a port or a database that cannot be used is one plain line and exit status 1; nothing was served.
What cannot be used at SIGHUP is one line in the log, and everything goes on as before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from socket import socket

import click
from twisted.logger import Logger

from mx.smtp.tally import new_tally
from pratique.clamd_at_start import with_clamd_found
from pratique.clock.service_clock import open_clock
from pratique.clock.watch import ClockWatch
from pratique.compose.stopping import OrderedService
from pratique.plugins import require_plugins
from pratique.portal_address import note_portal_address
from pratique.processes.listening import listen, shown_address
from pratique.processes.reloading import at_port, successor_settings
from pratique.processes.running import at_hangup, run_until_stopped, steady_reactor
from pratique.processes.supervisor import CannotStartError, ChildKind, Supervisor
from pratique.settings.settings import Settings, SettingsError
from pratique.structured_log import log_to_stderr
from tenants.refusals import Refusal

ReadAgain = Callable[[], Settings]
log = Logger()


def run_up(settings: Settings, read_again: ReadAgain, *, is_demo: bool) -> int:
    """All processes, until told to stop; returns the exit status. `read_again` is asked at SIGHUP."""
    sockets = _listen(settings, is_receiving=True, has_portal=True)
    return _run(settings, read_again, sockets, ("mx", "work", "portal"), is_demo=is_demo)


def run_mx(settings: Settings, read_again: ReadAgain) -> int:
    """The `mx` processes alone."""
    return _run(settings, read_again, _listen(settings, is_receiving=True), ("mx",))


def run_work(settings: Settings, read_again: ReadAgain) -> int:
    """The `work` process alone."""
    return _run(settings, read_again, _listen(settings), ("work",))


def run_portal(settings: Settings, read_again: ReadAgain) -> int:
    """The `portal` process alone."""
    return _run(settings, read_again, _listen(settings, has_portal=True), ("portal",))


@dataclass(frozen=True, slots=True)
class _Sockets:
    """What this process has bound, for its children to serve."""

    smtp: tuple[socket, ...]
    portal: socket | None
    health: socket | None

    def kinds(self, names: Sequence[str], workers: int) -> list[ChildKind]:
        """The children of these kinds."""
        receiving = tuple(sock.fileno() for sock in self.smtp)
        tally = new_tally() if "mx" in names else None
        kinds = []
        if "mx" in names:
            kinds += [ChildKind("mx", f"mx{number}", receiving, tally) for number in range(1, workers + 1)]
        if "work" in names:
            kinds.append(ChildKind("work", "work", ()))
        if self.portal is not None:
            kinds.append(ChildKind("portal", "portal", (self.portal.fileno(),)))
        if self.health is not None:
            kinds.append(ChildKind("health", "health", (self.health.fileno(),)))
        return kinds

    def ready_line(self) -> str:
        """What is said on standard output once all of them serve."""
        shown = [f"smtp={','.join(map(shown_address, self.smtp))}"] if self.smtp else []
        pages = {"portal": self.portal, "health": self.health}
        shown += [f"{name}={shown_address(sock)}" for name, sock in pages.items() if sock is not None]
        return " ".join(["ready", *(shown or ["work"])])


def _listen(settings: Settings, *, is_receiving: bool = False, has_portal: bool = False) -> _Sockets:
    log_to_stderr(settings.log_level)
    return _Sockets(
        tuple(listen(address) for address in settings.smtp) if is_receiving else (),
        listen(settings.portal) if has_portal else None,
        listen(settings.health) if settings.health is not None else None,
    )


def _run(
    settings: Settings, read_again: ReadAgain, sockets: _Sockets, names: Sequence[str], *, is_demo: bool = False
) -> int:
    if sockets.portal is not None:
        settings = at_port(settings, sockets.portal.getsockname()[1])

    reactor = steady_reactor()
    supervisor = Supervisor(sockets.kinds(names, settings.workers), reactor)
    supervisor.start_processes()
    try:
        settings = prepare(settings)
        # Imported here for the same reason as in `prepare`.
        from pratique.clock.agreement import require_agreement

        # Open as long as this process lives: its children, and theirs that replace them, go by the same clock.
        clock = open_clock(settings.data)
        require_agreement(settings, clock)
        if sockets.portal is not None:
            note_portal_address(settings)
    except BaseException:
        supervisor.abandon()
        raise
    if not settings.clamd and "mx" in names:
        click.echo("No clamd answers on its usual socket: YARA-X scans alone (PRATIQUE_CLAMD names one).", err=True)
    supervisor.give_settings(settings.to_json().encode())
    at_hangup(reactor, lambda: _reload(supervisor, settings, read_again))

    async def started() -> None:
        await supervisor.ready()
        click.echo(sockets.ready_line())
        if is_demo:
            from pratique.demo import show_demo

            await show_demo(settings, reactor, sockets.smtp[0].getsockname()[:2])

    return run_until_stopped(reactor, OrderedService([ClockWatch(clock, reactor), supervisor]), started)


async def _reload(supervisor: Supervisor, running: Settings, read_again: ReadAgain) -> None:
    try:
        settings = prepare(successor_settings(running, read_again()))
        await supervisor.reload(settings.to_json().encode())
        log.info("settings.reloaded")
    except (SettingsError, Refusal, CannotStartError, OSError) as error:
        log.error("settings.not-reloaded", reason=str(error))


def prepare(settings: Settings) -> Settings:
    """Database, keys and certificate are made once, here, before any process needs them; the settings with clamd found.

    Raises Refusal.
    """
    # Imported here, because the children import the same at this moment.
    from pratique.opening import opened
    from pratique.secrets.certificate import tls_of

    with opened(settings):
        tls_of(settings)
    settings = with_clamd_found(settings)
    require_plugins(settings)
    return settings
