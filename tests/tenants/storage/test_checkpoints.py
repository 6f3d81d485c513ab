"""Checkpoints: the log is emptied once it is long, and nobody commits meanwhile."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from tenants.storage.checkpoints import LONG_OCTETS, Checkpoints
from tenants.storage.database import Database
from tenants.storage.viewpoint import Reader

ROW = text("INSERT INTO rows VALUES (zeroblob(500000))")
ENOUGH_ROWS = LONG_OCTETS // 500_000 + 1


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "one.sqlite"


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    one = Database(f"sqlite:///{file}")
    with one.unit_of_work(Reader.OPERATOR) as session:
        session.execute(text("CREATE TABLE rows (octets BLOB)"))
    yield one
    one.close()


def add_rows(database: Database, count: int) -> None:
    for _ in range(count):
        with database.unit_of_work(Reader.OPERATOR) as session:
            session.execute(ROW)


def log_octets(file: Path) -> int:
    return Path(f"{file}-wal").stat().st_size


def test_a_long_log_is_emptied(database: Database, file: Path) -> None:
    """And everything in it is in the file: it is there when the log is not."""
    add_rows(database, ENOUGH_ROWS)
    assert log_octets(file) < LONG_OCTETS
    assert file.stat().st_size > LONG_OCTETS
    with closing(sqlite3.connect(f"file:{file}?immutable=1", uri=True)) as without_log:
        assert without_log.execute("SELECT count(*) FROM rows").fetchone()[0] >= ENOUGH_ROWS - 1


def test_sqlite_makes_none_by_itself(database: Database) -> None:
    """Its own run while others commit, which some releases cannot do."""
    with database.read(Reader.OPERATOR) as session:
        assert session.scalar(text("PRAGMA wal_autocheckpoint")) == 0


def test_a_reader_is_let_finish(database: Database, file: Path) -> None:
    """What it sees stays; the log is emptied when it has grown as much again, and the reader is gone."""
    with database.read(Reader.OPERATOR) as session:
        before = session.scalar(text("SELECT count(*) FROM rows"))
        add_rows(database, ENOUGH_ROWS)
        assert session.scalar(text("SELECT count(*) FROM rows")) == before
        assert log_octets(file) >= LONG_OCTETS
    add_rows(database, ENOUGH_ROWS)
    assert log_octets(file) < LONG_OCTETS


def test_a_writer_is_not_run_beside(database: Database, file: Path) -> None:
    """Where one holds its lock for longer than is waited for, there is no checkpoint."""
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("PRAGMA wal_autocheckpoint=0")
        for _ in range(ENOUGH_ROWS):
            writer.execute("INSERT INTO rows VALUES (zeroblob(500000))")
        long, size = log_octets(file), file.stat().st_size
        writer.execute("BEGIN IMMEDIATE")
        Checkpoints(str(file)).make_if_due()
        writer.execute("ROLLBACK")
    assert long >= LONG_OCTETS
    assert (log_octets(file), file.stat().st_size) == (long, size)


def test_rows_of_many_writers_are_all_there(database: Database, file: Path) -> None:
    """Each commits by itself, on two databases as two processes would; every log that grows long is emptied."""
    other = Database(f"sqlite:///{file}")

    def write(one: Database) -> None:
        add_rows(one, ENOUGH_ROWS)

    threads = [threading.Thread(target=write, args=(one,)) for one in (database, other) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    with database.read(Reader.OPERATOR) as session:
        assert session.scalar(text("SELECT count(*) FROM rows")) == 6 * ENOUGH_ROWS
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"


def test_a_database_that_is_gone_is_for_the_next_transaction_to_tell(tmp_path: Path) -> None:
    """Nothing is raised, and nothing is made."""
    missing = tmp_path / "missing" / "one.sqlite"
    Checkpoints(str(missing)).make_if_due()
    assert not missing.parent.exists()
    log = tmp_path / "other.sqlite-wal"
    log.write_bytes(bytes(LONG_OCTETS))
    (tmp_path / "other.sqlite").mkdir()
    Checkpoints(str(tmp_path / "other.sqlite")).make_if_due()
    assert log.stat().st_size == LONG_OCTETS
