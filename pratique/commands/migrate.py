"""`pratique migrate`: brings the database to the tables of this version.

An empty SQLite is migrated by the first command on it; an older one, and any PostgreSQL, by this command alone.

Failure: a migration that fails is undone as a whole; one plain line and exit status 1.
"""

import click

from pratique.opening import migrate_database
from pratique.options import json_option, with_settings
from pratique.printing import print_json
from pratique.settings.settings import Settings


@click.command(epilog="Example: PRATIQUE_DATABASE_URL=postgresql://pratique@db.example/pratique pratique migrate")
@json_option
@with_settings()
def command(settings: Settings, as_json: bool) -> None:
    """Bring the database to this version; one that is there already stays as it is."""
    was_changed = migrate_database(settings)
    if as_json:
        print_json({"migrated": was_changed})
    else:
        click.echo("The database is migrated." if was_changed else "The database is of this version already.")
