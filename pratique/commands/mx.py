"""`pratique mx`: one kind of process, for installations that spread them over machines; `pratique up` runs all.

Failure: what keeps it from starting is one plain line and exit status 1.
"""

from collections.abc import Callable

import click

from pratique.options import starting_with_settings
from pratique.settings.settings import Settings


@click.command(epilog="Example: pratique mx --data /var/lib/pratique")
@starting_with_settings("smtp", "workers", "health")
def command(settings: Settings, read_again: Callable[[], Settings]) -> int:
    """Receive and scan, on this machine, and nothing else."""
    from pratique.processes.processes import run_mx

    return run_mx(settings, read_again)
