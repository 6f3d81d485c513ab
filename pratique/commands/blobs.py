"""`pratique blobs`: whether the store of sealed mail and the database agree.

Octets without a row are left by a process that died between storing and committing; the sweep removes them within two
hours. A row without octets is a message that cannot be read any more: somebody has removed its octets, or lost a disk.
Nothing is changed here. A message that is being stored in this moment may be named as octets without a row.

Failure: a store that cannot be listed is one plain line and exit status 1; rows without octets: exit status 1 as well.
"""

import sys

import click

from pratique.opening import opened
from pratique.options import json_option, with_settings
from pratique.printing import print_json
from pratique.settings.settings import Settings
from tenants.encryption.sealed import named_by_rows
from tenants.refusals import Refusal
from tenants.storage.viewpoint import Reader


@click.group(epilog="Example: pratique blobs check")
def command() -> None:
    """The store of sealed mail: check it against the database."""


@command.command("check", epilog="Example: pratique blobs check --json")
@json_option
@with_settings()
def check(settings: Settings, as_json: bool) -> None:
    """Name what stands in the store or in the database alone."""
    with opened(settings) as parts:
        # The rows first: octets are stored before their row, so a row seen here has octets by now.
        with parts.database.read(Reader.SWEEPER) as session:
            rows = named_by_rows(session)
        try:
            stored = set(parts.store.names())
        except OSError as error:
            raise Refusal(f"The store of sealed mail cannot be listed: {error}.") from error
        # Once more, because mail is swept while this looks.
        with parts.database.read(Reader.SWEEPER) as session:
            missing = sorted((rows - stored) & named_by_rows(session))
    orphans = sorted(stored - rows)
    if as_json:
        print_json({"rows": len(rows), "rows_without_octets": missing, "octets_without_row": orphans})
    else:
        click.echo(f"{len(rows)} rows, {len(missing)} of them without octets; {len(orphans)} octets without a row.")
        for name in missing:
            click.echo(f"no octets: {name}")
    sys.exit(1 if missing else 0)
