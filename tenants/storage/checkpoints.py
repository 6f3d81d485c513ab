"""SQLite's checkpoints, made by us: what has gathered in the write-ahead log goes into the database file.

Comes in: the end of each writing transaction. Goes out: nothing; the log is emptied once it is long.

By itself SQLite checkpoints at the end of any commit, while others commit. Its releases from 3.7.0 up to 3.51.2 have a
race there (sqlite.org/wal.html, "The WAL-Reset Bug"): a checkpoint that runs while another connection starts the log
from its beginning may note that pages are in the database file which are not, and committed rows are lost. In the mode
TRUNCATE a checkpoint holds the writers' lock from its first step to its last, so nobody commits meanwhile, and it
leaves an empty log. The checkpoint when the last connection closes holds the lock of the whole file.

Failure: none that counts. The transaction before is durable in the log; whatever ails the disk is met, and told, by the
next one. Where a writer or a reader does not let go within WAIT_MILLISECONDS, it is tried again LONG_OCTETS later.
Limits: a reader that stays for ever lets the log grow, as it would by SQLite's own ways.
"""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

LONG_OCTETS = 4 << 20
"""SQLite's own measure: a thousand pages."""
WAIT_MILLISECONDS = 500
"""A tenth of what other writers, who wait meanwhile, may wait."""
_PREPARED = (
    f"PRAGMA busy_timeout={WAIT_MILLISECONDS}",
    "PRAGMA checkpoint_fullfsync=ON",
    # Where a writer is busy for longer, the checkpoint would go on without the lock: better none.
    "BEGIN IMMEDIATE",
    "ROLLBACK",
)


class Checkpoints:
    """Of one database file, by one process: one at a time, each on a connection of its own."""

    def __init__(self, file: str) -> None:
        self._file, self._log = file, Path(f"{file}-wal")
        self._turn = threading.Lock()
        self._due_octets = LONG_OCTETS

    def make_if_due(self) -> None:
        """After a commit, outside of any transaction. Does not raise for what a disk or other connections do."""
        octets = self._log_octets()
        if octets < self._due_octets or not self._turn.acquire(blocking=False):
            return
        try:
            self._due_octets = LONG_OCTETS if self._is_made() else octets + LONG_OCTETS
        finally:
            self._turn.release()

    def _is_made(self) -> bool:
        try:
            with closing(sqlite3.connect(self._file, isolation_level=None)) as connection:
                for statement in _PREPARED:
                    connection.execute(statement)
                (is_busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                return not is_busy
        except sqlite3.Error:
            return False

    def _log_octets(self) -> int:
        try:
            return self._log.stat().st_size
        except OSError:
            return 0
