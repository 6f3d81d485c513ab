"""The database: the engine, one unit of work at a time, and which errors are outages.

Everything that reads or writes rows is a function `f(session, ...)` in one of the books; it gets its session from
here and never commits. `unit_of_work` commits at its end and rolls back when the block raises; this file is the only
one that commits. The same code runs on SQLite (WAL, `synchronous=FULL`: a committed row survives a power cut) and on
PostgreSQL (`synchronous_commit=on`, said on each connection because a server's own default may be weaker).
Each transaction says for whom it works (`viewpoint.py`): on PostgreSQL it begins by taking that role.

SQLite: a writing transaction begins with BEGIN IMMEDIATE. A plain BEGIN takes its write lock at the first write, and
when another writer came between, SQLite answers "locked" at once without waiting its busy timeout.
Its log is brought into the file by `checkpoints.py`, never by SQLite at the end of a commit.

Failure: `DatabaseUnavailable` (locked for 5 s, connection lost, disk full, server away): the mail is answered 4xx and
the sender tries again. Anything else from SQLAlchemy is a bug of ours and passes through as it is.
"""

import gc
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, ExceptionContext, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from tenants.refusals import Refusal
from tenants.storage.checkpoints import Checkpoints
from tenants.storage.database_url import parse_url
from tenants.storage.viewpoint import Viewpoint, taking_role

BUSY_SECONDS = 5
"""How long a SQLite transaction waits for another's; the storing step of a message has 5 s (contract.md, Time)."""
POOL_CONNECTIONS = 16
_OLDEST_SQLITE = (3, 35, 0)
"""The first with RETURNING, which the leases need."""
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_BROKEN = ("SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN")
"""What SQLite calls it when the disk, not the database, is the trouble."""
_READ_ONLY = "pratique_read_only"
_VIEWPOINT = "pratique_viewpoint"
_POSTGRESQL_OPTIONS = "-c synchronous_commit=on -c lock_timeout=5s -c statement_timeout=30s -c timezone=UTC"
_LIVENESS = {
    "keepalives_idle": 3,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 9000,
}
"""A server that is gone without a word, with its machine or its network, is given up after 9 s; Linux would wait for
two hours or, where something was sent, for a quarter of one. The URL may say otherwise."""
_MOST_SWITCHES = 20
_PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}",
    "PRAGMA synchronous=FULL",
    # Without these macOS only asks the disk to write soon.
    "PRAGMA fullfsync=ON",
    "PRAGMA checkpoint_fullfsync=ON",
    # `checkpoints.py` makes them.
    "PRAGMA wal_autocheckpoint=0",
    "PRAGMA foreign_keys=ON",
)


class DatabaseUnavailable(Exception):
    """The database cannot serve now; the same call may well succeed later. Nothing was changed."""


class DatabaseFull(DatabaseUnavailable):
    """There is no room on the database's disk."""


class Database:
    """One database, its pool of connections, and its units of work. Safe to use from several threads."""

    def __init__(self, url: str) -> None:
        """`url`: `sqlite:////absolute/path` or `postgresql://...`. Connects at first use."""
        parsed = parse_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite:
            if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
                raise Refusal(f"Python's SQLite {sqlite3.sqlite_version} is too old: 3.35 or newer is needed.")
            self.engine = create_engine(
                parsed, pool_size=POOL_CONNECTIONS, max_overflow=0, connect_args={"check_same_thread": False}
            )
            self._checkpoints = Checkpoints(parsed.database) if parsed.database else None
            self.file = Path(parsed.database) if parsed.database else None
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
            event.listen(self.engine, "handle_error", _forget_broken_files)
            event.listen(self.engine, "invalidate", _end_transaction)
        else:
            self._checkpoints = self.file = None
            self.engine = create_engine(
                parsed.set(drivername="postgresql+psycopg"),
                pool_size=POOL_CONNECTIONS,
                max_overflow=0,
                pool_pre_ping=True,
                connect_args={
                    "connect_timeout": BUSY_SECONDS,
                    "options": _POSTGRESQL_OPTIONS,
                    **{name: value for name, value in _LIVENESS.items() if name not in parsed.query},
                },
            )
            event.listen(self.engine, "connect", _prepare_postgresql)
            event.listen(self.engine, "begin", _begin_postgresql)

    @contextmanager
    def unit_of_work(self, viewpoint: Viewpoint) -> Iterator[Session]:
        """A session whose changes are durable when the block has ended, or undone when it raises."""
        with plain_errors(), Session(self.engine, autoflush=False) as session, session.begin():
            session.connection(execution_options={_VIEWPOINT: viewpoint})
            yield session
        if self._checkpoints is not None:
            self._checkpoints.make_if_due()

    @contextmanager
    def read(self, viewpoint: Viewpoint) -> Iterator[Session]:
        """A session for reading: it never waits for writers, and what it might write is undone."""
        with plain_errors(), Session(self.engine, autoflush=False) as session:
            session.connection(execution_options={_VIEWPOINT: viewpoint, _READ_ONLY: True})
            yield session

    def mark(self) -> object | None:
        """Something that is another one after each commit, by whomever; None where that cannot be told.

        Each commit is written behind the others in SQLite's log, which our checkpoints alone empty.
        """
        try:
            seen = Path(f"{self.file}-wal").stat() if self.file is not None else None
        except OSError:
            return None
        return None if seen is None else (seen.st_ino, seen.st_size, seen.st_mtime_ns)

    def close(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn what SQLAlchemy raises when the database is away, locked or full into DatabaseUnavailable."""
    try:
        yield
    except PoolTimeoutError as error:
        raise DatabaseUnavailable("All connections to the database are in use.") from error
    except DBAPIError as error:
        outage = _outage(error)
        if outage is None:
            raise
        raise outage from error


def _outage(error: DBAPIError) -> DatabaseUnavailable | None:
    # Only the driver's own words: SQLAlchemy's text would carry the statement, and with it people's addresses.
    words = " ".join(str(error.orig).split())
    if getattr(error.orig, "sqlite_errorname", "") == "SQLITE_FULL" or getattr(error.orig, "sqlstate", "") == "53100":
        return DatabaseFull(f"The database's disk is full: {words}")
    # SQLite calls a missing table or a wrong statement "operational" too.
    if getattr(error.orig, "sqlite_errorname", "") == "SQLITE_ERROR":
        return None
    if getattr(error.orig, "sqlite_errorname", "") in _DAMAGED:
        return DatabaseUnavailable(f"The database is damaged: {words}")
    if isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated:
        return DatabaseUnavailable(f"The database does not answer: {words}")
    return None


def _forget_broken_files(context: ExceptionContext) -> None:
    # A disk that broke can be mounted anew only when nobody has files of the old one open. "Corrupt" is among what a
    # dead disk looks like to SQLite.
    name = getattr(context.original_exception, "sqlite_errorname", "")
    if name.startswith((*_BROKEN, *_DAMAGED)) and context.engine is not None:
        context.is_disconnect = True
        context.engine.dispose()
        # Errors that went before remember cursors in cycles, and with them open files.
        gc.collect()


def _end_transaction(connection: DBAPIConnection, *_: object) -> None:
    # SQLite keeps a closed connection, and its lock on all writers, for as long as an error remembers a cursor of it.
    with suppress(sqlite3.Error):
        connection.rollback()


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # Python's driver would begin transactions by itself, late and never for SELECT or DDL; `_begin_sqlite` does it.
    connection.isolation_level = None
    try:
        with closing(connection.cursor()) as cursor:
            for pragma in _PRAGMAS:
                cursor.execute(pragma)
            _switch_to_wal(cursor)
    except sqlite3.Error:
        # The error remembers the connection, and with it the files of a dead disk, until Python looks for cycles.
        connection.close()
        raise


def _switch_to_wal(cursor: DBAPICursor) -> None:
    # Of several that open a new database at the same moment, one switches; the others are told "locked" at once,
    # because for this SQLite does not wait its busy timeout. For a transaction it does, and then the switch is done.
    for _ in range(_MOST_SWITCHES):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith("SQLITE_BUSY"):
                raise
        cursor.execute("BEGIN IMMEDIATE")
        cursor.execute("ROLLBACK")
    cursor.execute("PRAGMA journal_mode=WAL")


def _begin_sqlite(connection: Connection) -> None:
    is_read_only = connection.get_execution_options().get(_READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if is_read_only else "BEGIN IMMEDIATE")


def _prepare_postgresql(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The driver would send a BEGIN of its own; `_begin_postgresql` sends it together with the role, in one round trip.
    connection.autocommit = True


def _begin_postgresql(connection: Connection) -> None:
    viewpoint = connection.get_execution_options().get(_VIEWPOINT)
    # Only migrations work without one: as the owner of the tables.
    statement = "BEGIN" if viewpoint is None else f"BEGIN; {taking_role(viewpoint)}"
    connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
