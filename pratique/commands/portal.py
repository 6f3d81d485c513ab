"""`pratique portal`: one kind of process, for installations that spread them over machines; `pratique up` runs all.

Failure: what keeps it from starting is one plain line and exit status 1.
"""

import click

from pratique.options import starting_with_settings
from pratique.settings import Settings


@click.command(epilog="Example: pratique portal --data /var/lib/pratique")
@starting_with_settings("portal")
def command(settings: Settings) -> int:
    """Serve the web portal in this process alone."""
    from pratique.processes import run_portal_alone

    return run_portal_alone(settings)
