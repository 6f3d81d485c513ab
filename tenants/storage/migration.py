"""Bringing a database to the tables that this release needs, and telling how far it is.

`state` reads one row and needs no Alembic, whose import costs 0.2 s; `migrate` runs what is missing of
`migrations/versions`, in one transaction, under a lock, so that two processes that start together do it once. A
revision is the number that its file's name begins with, and each is newer than all smaller numbers.

Migrations expand, and contract a release later, so that the release before runs on the tables of the next: it goes on
while that is put in place, and can be taken back. The database says which releases may (OLDEST_THAT_RUNS).

On PostgreSQL roles, grants and policies are then made as `row_security.py` lists them, in the same transaction.

Failure: `DatabaseUnavailable`; `Refusal` where the owner may not make roles. A migration that fails is undone as a
whole, and the database stays at its old revision.
"""

import re
from enum import Enum, auto
from importlib.resources import files

from sqlalchemy import Connection, inspect, text

from tenants.storage.database import Database, plain_errors

_REVISION_FILE = re.compile(r"(\d{3})_.*\.py")
OLDEST_THAT_RUNS = "017"
"""The last revision of the oldest release that still runs on the tables of this one. A migration that takes away what a
release needs is written when this has become that of a release which does not; 017 is the first that asks."""
_FIRST_LOCK_THEN_LOOK = "SELECT pg_advisory_xact_lock(7083211)"
"""Any number that nothing else in this database locks."""


class SchemaState(Enum):
    """How the database's tables compare with what this release needs."""

    CURRENT = auto()
    EMPTY = auto()
    OLDER = auto()
    NEWER = auto()
    AHEAD = auto()
    """Newer, and made so that this release runs on them."""


def revisions() -> tuple[str, ...]:
    """The revisions of this release, oldest first."""
    names = (entry.name for entry in (files("migrations") / "versions").iterdir())
    return tuple(sorted(match[1] for name in names if (match := _REVISION_FILE.fullmatch(name))))


def state(database: Database) -> SchemaState:
    """How far this database is. Raises DatabaseUnavailable."""
    with plain_errors(), database.engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        if "alembic_version" not in tables:
            # A database with tables of somebody else's is for `migrate` to refuse, not for us to call empty.
            return SchemaState.OLDER if "tenant" in tables else SchemaState.EMPTY
        row = connection.execute(text("SELECT * FROM alembic_version")).mappings().one_or_none()
    known = revisions()
    if row is None:
        return SchemaState.EMPTY
    if row["version_num"] in known:
        return SchemaState.CURRENT if row["version_num"] == known[-1] else SchemaState.OLDER
    # Databases of before revision 017 have no such column.
    return SchemaState.AHEAD if known[0] <= (row.get("oldest") or "") <= known[-1] else SchemaState.NEWER


def migrate(database: Database) -> None:
    """Bring the database to this release's tables. Raises DatabaseUnavailable, Refusal."""
    with plain_errors(), database.engine.begin() as connection:
        if not database.is_sqlite:
            connection.execute(text(_FIRST_LOCK_THEN_LOOK))
        _upgrade(connection)
        connection.execute(text("UPDATE alembic_version SET oldest = :oldest"), {"oldest": OLDEST_THAT_RUNS})
        if not database.is_sqlite:
            # Imported here, as Alembic is: all tables at once are needed for nothing else.
            from tenants.storage.row_security import secure

            secure(connection)


def _upgrade(connection: Connection) -> None:
    # Imported here: only a database that is not current pays for it.
    from alembic import command
    from alembic.config import Config

    configuration = Config()
    configuration.set_main_option("script_location", str(files("migrations")).replace("%", "%%"))
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, "head")
