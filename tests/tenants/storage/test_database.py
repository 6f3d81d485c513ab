"""The database: durable at the end of a unit of work, undone by an exception, and plain about outages."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from tenants.storage.database import Database, DatabaseFull, DatabaseUnavailable
from tenants.storage.migration import migrate
from tenants.storage.tables import people
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW
from tests.servers.postgres_server import PostgresServer

USER = insert(people.app_user).values(email="rita@acme.example", created_at=NOW)
COUNT = select(func.count()).select_from(people.app_user)


def users(database: Database) -> int:
    with database.read(Reader.OPERATOR) as session:
        return session.scalar(COUNT) or 0


def test_a_unit_of_work_is_kept_when_it_ends(database: Database) -> None:
    """Another connection sees it."""
    with database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(USER)
    assert users(database) == 1


def test_a_unit_of_work_is_undone_when_it_raises(database: Database) -> None:
    """The exception itself passes through."""
    with pytest.raises(KeyError), database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(USER)
        raise KeyError
    assert users(database) == 0


def test_reading_undoes_what_it_wrote(database: Database) -> None:
    """Only units of work change anything."""
    with database.read(Reader.OPERATOR) as session:
        session.execute(USER)
    assert users(database) == 0


def test_a_bug_is_not_called_an_outage(database: Database) -> None:
    """A wrong statement and a broken constraint pass through as they are."""
    with pytest.raises(DBAPIError), database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(text("SELECT nothing FROM nowhere"))
    with pytest.raises(IntegrityError), database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(USER)
        session.execute(USER)


def test_sqlite_promises_what_a_250_needs(tmp_path: Path) -> None:
    """FULL: a committed row survives a power cut; WAL: readers do not wait for the writer."""
    database = Database(f"sqlite:///{tmp_path / 'new.sqlite'}")
    with database.read(Reader.OPERATOR) as session:
        asked = {
            name: session.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    database.close()
    assert asked == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_many_may_open_a_new_sqlite_at_the_same_moment(tmp_path: Path) -> None:
    """Only one of them can switch it to WAL, and SQLite does not let the others wait for that."""
    errors: list[BaseException] = []

    def open_new(url: str, barrier: threading.Barrier) -> None:
        database = Database(url)
        barrier.wait()
        try:
            with database.unit_of_work(Reader.OPERATOR) as session:
                session.execute(text("CREATE TABLE IF NOT EXISTS first (number INTEGER)"))
        except DatabaseUnavailable as error:
            errors.append(error)
        database.close()

    for number in range(25):
        barrier = threading.Barrier(6)
        arguments = (f"sqlite:///{tmp_path / str(number)}.sqlite", barrier)
        threads = [threading.Thread(target=open_new, args=arguments) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert errors == []


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    """And do not see what is not committed."""
    with database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(USER)
        assert users(database) == 0


def test_a_locked_sqlite_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the busy timeout, which this test shortens."""
    monkeypatch.setattr("tenants.storage.database._PRAGMAS", ("PRAGMA busy_timeout=1",))
    database = Database(f"sqlite:///{tmp_path / 'locked.sqlite'}")
    with database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(text("SELECT 1"))
        with (
            pytest.raises(DatabaseUnavailable, match="database is locked"),
            database.unit_of_work(Reader.OPERATOR) as other,
        ):
            other.execute(text("SELECT 1"))
    database.close()


def test_a_connection_that_broke_keeps_no_lock(tmp_path: Path) -> None:
    """Although a cursor of it is remembered, as by the error that broke it, with rows still to come."""
    database = Database(f"sqlite:///{tmp_path / 'broken.sqlite'}")
    with database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(text("CREATE TABLE numbers (number INTEGER)"))
        session.execute(text("INSERT INTO numbers VALUES (1), (2)"))
    with database.engine.connect() as connection:
        connection.execute(text("INSERT INTO numbers VALUES (3)"))
        remembered = connection.connection.cursor()
        remembered.execute("SELECT number FROM numbers")
        assert remembered.fetchone() == (1,)
        connection.invalidate()
    with database.unit_of_work(Reader.OPERATOR) as session:
        assert session.scalar(text("SELECT count(*) FROM numbers")) == 2
    database.close()


def test_a_full_disk_is_told_apart(tmp_path: Path) -> None:
    """So that it can be answered 452."""
    database = Database(f"sqlite:///{tmp_path / 'full.sqlite'}")
    with database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(text("CREATE TABLE fat (octets BLOB)"))
    with pytest.raises(DatabaseFull, match="full"), database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(text("PRAGMA max_page_count=10"))
        session.execute(text("INSERT INTO fat VALUES (zeroblob(1000000))"))
    database.close()


@pytest.mark.parametrize("folder", ["missing/folder", ""])
def test_a_sqlite_that_cannot_be_opened_is_unavailable(tmp_path: Path, folder: str) -> None:
    """A folder that is not there, and a folder in its place."""
    database = Database(f"sqlite:///{tmp_path / folder}{'/x.sqlite' if folder else ''}")
    with pytest.raises(DatabaseUnavailable), database.read(Reader.OPERATOR) as session:
        session.execute(text("SELECT 1"))
    database.close()


def test_a_postgresql_that_is_away_is_unavailable_and_its_error_tells_no_secret() -> None:
    """Neither password nor statement."""
    database = Database("postgresql://pratique:s3cret@127.0.0.1:1/none")
    with pytest.raises(DatabaseUnavailable) as raised, database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(USER)
    assert "s3cret" not in str(raised.value) and "rita@" not in str(raised.value)
    database.close()


def test_a_lost_connection_is_unavailable_and_the_next_one_works(postgres: PostgresServer) -> None:
    """The server ended it; the pool makes a new one."""
    database = Database(postgres.new_database())
    migrate(database)
    with pytest.raises(DatabaseUnavailable), database.unit_of_work(Reader.OPERATOR) as session:
        pid = session.scalar(text("SELECT pg_backend_pid()"))
        with database.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        session.execute(text("SELECT 1"))
    with database.unit_of_work(Reader.OPERATOR) as session:
        assert session.scalar(text("SHOW synchronous_commit")) == "on"
    database.close()


def test_a_killed_writer_leaves_nothing_half_done(database_url: str) -> None:
    """SIGKILL between the statement and the commit."""
    program = (
        "import os, signal, sys\n"
        "from sqlalchemy import text\n"
        "from tenants.storage.database import Database\n"
        "from tenants.storage.viewpoint import Reader\n"
        "with Database(sys.argv[1]).unit_of_work(Reader.OPERATOR) as session:\n"
        "    session.execute(text(\"INSERT INTO app_user (email, created_at) VALUES ('a@acme.example', 0)\"))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", program, database_url], env=os.environ | {"PYTHONPATH": "."})
    assert killed.returncode == -9
    database = Database(database_url)
    assert users(database) == 0
    with database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(USER)
    assert users(database) == 1
    database.close()


def test_a_file_that_is_no_database_is_an_outage(tmp_path: Path) -> None:
    """Mail is answered 4xx until somebody has put it right; nothing is written over."""
    file = tmp_path / "pratique.sqlite"
    file.write_bytes(b"This is not a database. " * 100)
    database = Database(f"sqlite:///{file}")
    with pytest.raises(DatabaseUnavailable, match="damaged"), database.read(Reader.OPERATOR) as session:
        session.execute(COUNT)
    assert file.read_bytes().startswith(b"This is not")


def test_files_of_a_broken_disk_are_let_go(tmp_path: Path) -> None:
    """So that it can be mounted anew; the same Database then goes on with what is there. Here a page is damaged."""
    file = tmp_path / "pratique.sqlite"
    database = Database(f"sqlite:///{file}")
    with database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(text("CREATE TABLE kept (id INTEGER)"))
        session.execute(text("INSERT INTO kept VALUES (1)"))
    database.close()
    good = file.read_bytes()
    with database.read(Reader.OPERATOR) as session:
        session.execute(text("SELECT 1"))
    assert database.engine.pool.checkedin() == 1  # type: ignore[attr-defined]
    with file.open("r+b") as whole:
        whole.seek(len(good) // 2)
        whole.write(b"\xff" * (len(good) // 2))
    with pytest.raises(DatabaseUnavailable, match="damaged"), database.read(Reader.OPERATOR) as session:
        session.execute(text("SELECT * FROM kept"))
    assert database.engine.pool.checkedin() == 0  # type: ignore[attr-defined]
    file.write_bytes(good)
    with database.read(Reader.OPERATOR) as session:
        assert session.execute(text("SELECT id FROM kept")).scalar_one() == 1
    database.close()


def test_a_commit_can_be_seen_without_asking_the_database(tmp_path: Path) -> None:
    """By another process too; what changes nothing, or is only read, is no commit."""
    url = f"sqlite:///{tmp_path}/mail.sqlite"
    writing, watching = Database(url), Database(url)
    assert watching.mark() is None
    migrate(writing)
    before = watching.mark()
    assert before is not None
    users(writing)
    with writing.unit_of_work(Reader.OPERATOR) as session:
        session.execute(text("DELETE FROM app_user"))
    assert watching.mark() == before
    seen = {before}
    for number in range(20):
        with writing.unit_of_work(Reader.OPERATOR) as session:
            session.execute(insert(people.app_user).values(email=f"{number}@acme.example", created_at=NOW))
        mark = watching.mark()
        assert mark is not None and mark not in seen
        seen.add(mark)
    writing.close()
    watching.close()


def test_commits_to_postgresql_cannot_be_seen_so() -> None:
    """Whoever wants to know has to ask."""
    assert Database("postgresql://pratique@127.0.0.1:1/none").mark() is None
