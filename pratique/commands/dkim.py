"""`pratique dkim`: the DNS records with which others check that mail of our own is ours.

Failure: a key file that cannot be used is one plain line and exit status 1.
"""

import click

from pratique.opening import make_data_folder
from pratique.options import json_option, with_settings
from pratique.printing import print_json
from pratique.secrets.dkim_keys import open_dkim_keys, records_of
from pratique.settings.settings import Settings


@click.command(epilog="Example: pratique dkim")
@json_option
@with_settings()
def command(settings: Settings, as_json: bool) -> None:
    """Print the TXT records to publish for the signatures of this node's own mail (DSNs, sign-in links)."""
    make_data_folder(settings.data)
    records = records_of(open_dkim_keys(settings.data), settings.hostname)
    if as_json:
        print_json(records)
    else:
        click.echo("\n".join(records))
