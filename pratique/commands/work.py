"""`pratique work`: one kind of process, for installations that spread them over machines; `pratique up` runs all.

Failure: what keeps it from starting is one plain line and exit status 1.
"""

import click

from pratique.options import starting_with_settings
from pratique.settings import Settings


@click.command(epilog="Example: pratique work --data /var/lib/pratique")
@starting_with_settings()
def command(settings: Settings) -> int:
    """Run the queue, the releases and the periodic jobs in this process alone."""
    from pratique.processes import run_work

    return run_work(settings)
