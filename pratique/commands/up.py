"""`pratique up`: everything on one machine: receiving, scanning, the queue, the portal.

Prints one line `ready smtp=… portal=…` once it accepts mail; SIGTERM drains and ends it with status 0.
Failure: what keeps it from starting (a port in use, an older database) is one plain line and exit status 1.
"""

from dataclasses import replace

import click

from pratique.options import starting_with_settings
from pratique.settings import Settings


@click.command(epilog="Example: pratique up --smtp 0.0.0.0:25 --portal 127.0.0.1:8025")
@click.option("--demo", is_flag=True, help="With a tenant, a mailbox and sample mail; nothing leaves this machine.")
@starting_with_settings("smtp", "portal", "workers")
def command(settings: Settings, demo: bool) -> int:
    """Receive, scan, deliver, and serve the portal: everything."""
    from pratique.processes import run_up

    return run_up(replace(settings, allow_private_routes=True) if demo else settings, is_demo=demo)
