"""`pratique up`: everything on one machine: receiving, scanning, the queue, the portal.

Prints one line `ready smtp=… portal=…` once it accepts mail; SIGTERM drains and ends it with status 0. SIGHUP has the
settings and certificates read again: the processes are replaced by others, and no connection is refused meanwhile.
Failure: what keeps it from starting (a port in use, an older database) is one plain line and exit status 1.
"""

from collections.abc import Callable
from dataclasses import replace

import click

from pratique.options import starting_with_settings
from pratique.settings.settings import Settings


@click.command(epilog="Example: pratique up --smtp 0.0.0.0:25 --portal 127.0.0.1:8025")
@click.option("--demo", is_flag=True, help="With a tenant, a mailbox and sample mail; nothing leaves this machine.")
@starting_with_settings("smtp", "portal", "workers")
def command(settings: Settings, read_again: Callable[[], Settings], demo: bool) -> int:
    """Receive, scan, deliver, and serve the portal: everything."""
    from pratique.processes.processes import run_up

    def adjusted(settings: Settings) -> Settings:
        return replace(settings, allow_private_routes=True) if demo else settings

    return run_up(adjusted(settings), lambda: adjusted(read_again()), is_demo=demo)
