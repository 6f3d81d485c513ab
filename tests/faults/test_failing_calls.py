"""Calls of the operating system that fail in the running program (D9): nothing is answered 250 and lost.

libfiu stands between the program and the C library, in every process, and makes one kind of call fail with EIO: a third
of the time, then always, while letters are sent. SQLite, the blob folder and Python itself meet it as they would meet
a disk that fails. `tests/tenants/storage/blobs/` has the same for each single call of the folder.
"""

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest

from tests.faults.node import AWAY, THERE, lost, node_on
from tests.faults.trial import letter_of
from tests.servers.gateway import PROGRAM, Gateway
from tests.servers.mail_client import send
from tests.servers.moody_hop import Mood, MoodyHop, moody_hop
from tests.servers.process_table import descendants
from tests.servers.program import ServerMissing, find_program, server_folder, wait_until

pytestmark = pytest.mark.system
LETTERS = 6
WELL_SECONDS = 10.0
NEEDED = ("rw/write", "rw/pwrite", "sync/fsync", "oc/open", "dir/rename")
"""Without these nothing can be stored."""
CALLS = ("rw/write", "rw/pwrite", "rw/pread", "sync/fsync", "sync/fdatasync", "oc/open", "dir/rename", "dir/unlink")


@dataclass
class Failing:
    """A gateway in whose processes calls can be made to fail, and what it has taken."""

    one: Gateway
    control: Path
    there: MoodyHop
    away: MoodyHop
    taken: list[str] = field(default_factory=list)

    def say(self, words: str) -> None:
        """A command for libfiu in each process that handles mail."""
        for process in descendants(self.one.pid):
            if process.kind in ("mx", "work"):
                command = ["fiu-ctrl", "-f", str(self.control), "-c", words, str(process.pid)]
                subprocess.run(command, check=True, timeout=30, capture_output=True)

    def is_sent(self, recipient: str) -> bool:
        """Whether a letter was answered 250: it counts as taken then."""
        mark = f"{uuid4().hex}.fiu"
        with suppress(OSError):
            if send(self.one.smtp_port, letter_of(mark), [recipient], seconds=60).code == 250:
                self.taken.append(mark)
                return True
        return False


@pytest.fixture(scope="module")
def failing() -> Iterator[Failing]:
    try:
        run = find_program("fiu-run")
    except ServerMissing as missing:
        pytest.skip(str(missing))
    with moody_hop() as there, moody_hop(Mood.AWAY) as away, server_folder("fiu") as place:
        control = place / "control"
        program = (str(run), "-x", "-f", str(control), *PROGRAM)
        with node_on(place, there, away, program=program) as one:
            yield Failing(one, control, there, away)


@pytest.mark.parametrize("share", ["0.3", "1"])
@pytest.mark.parametrize("call", CALLS)
def test_what_was_answered_250_is_there(failing: Failing, call: str, share: str) -> None:
    """While the calls fail and afterwards; and mail is stored again at once when they do not."""
    failing.say(f"enable_random name=posix/io/{call},probability={share},failinfo=5")
    try:
        are_sent = [failing.is_sent(AWAY if number % 2 else THERE) for number in range(LETTERS)]
    finally:
        failing.say(f"disable name=posix/io/{call}")
    if share == "1" and call in NEEDED:
        assert not any(are_sent[1::2]), "the calls did not fail"
    wait_until(lambda: failing.is_sent(AWAY), "mail is stored again", WELL_SECONDS)
    assert lost(failing.one, failing.taken, failing.there, failing.away) == []


def test_the_rows_are_whole(failing: Failing) -> None:
    """What SQLite says of its own file after all that."""
    with sqlite3.connect(failing.one.data / "pratique.sqlite") as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
