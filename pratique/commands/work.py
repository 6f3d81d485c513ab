"""`pratique work`: one kind of process, for installations that spread them over machines; `pratique up` runs all.

Failure: what keeps it from starting is one plain line and exit status 1.
"""

from collections.abc import Callable

import click

from pratique.options import starting_with_settings
from pratique.settings.settings import Settings


@click.command(epilog="Example: pratique work --data /var/lib/pratique")
@starting_with_settings("health")
def command(settings: Settings, read_again: Callable[[], Settings]) -> int:
    """Run the queue, the releases and the periodic jobs, and nothing else."""
    from pratique.processes.processes import run_work

    return run_work(settings, read_again)
