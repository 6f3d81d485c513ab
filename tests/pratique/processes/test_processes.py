"""`pratique up` with its real processes: one gateway for the whole file, and a few starts that must fail."""

import os
import re
import signal
import smtplib
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from pratique.opening import opened
from pratique.settings.settings import Settings
from tenants.storage.database import Database
from tenants.storage.viewpoint import Reader
from tests.servers.program import wait_until

READY = re.compile(r"ready smtp=127\.0\.0\.1:(\d+) portal=127\.0\.0\.1:(\d+)\n")


class Up:
    """One running `pratique up` on free ports."""

    def __init__(self, data: Path, *flags: str) -> None:
        command = [sys.executable, "-m", "pratique", "up", "--data", str(data), "--workers", "1"]
        with (data.parent / "stderr").open("w") as said:
            self.process = subprocess.Popen(
                [*command, "--smtp", "127.0.0.1:0", "--portal", "127.0.0.1:0", *flags],
                env=os.environ | {"PRATIQUE_CLAMD": "none", "PRATIQUE_CELLS": "1", "PRATIQUE_HOSTNAME": "mx.example"},
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
            )
        self.said = (data.parent / "stderr").read_text
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = READY.fullmatch(line)
        assert found, f"{line!r}: {self.said()}"
        self.smtp, self.portal = int(found[1]), int(found[2])

    def children(self) -> dict[str, int]:
        """The name and process id of each child that is alive."""
        command = ["ps", "-A", "-ww", "-o", "pid=,ppid=,args="]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found = re.findall(r"^ *(\d+) +(\d+) .* -m pratique\.processes\.child \S+ (\S+) \d+$", listed, re.MULTILINE)
        return {name: int(pid) for pid, parent, name in found if int(parent) == self.process.pid}

    def speaks_smtp(self) -> bool:
        """Whether a client is greeted, and the database answers (`<postmaster>` is looked up)."""
        with smtplib.SMTP("127.0.0.1", self.smtp, "client.example", timeout=60) as client:
            client.ehlo("client.example")
            client.mail("a@s.example")
            code, _ = client.rcpt("anna@unknown.example")
        return code == 550

    def shows_pages(self) -> bool:
        """Whether the portal answers."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.portal}/health", timeout=20) as answer:
            return bool(answer.status == 200)


def refused(data: Path, *flags: str) -> str:
    """The one line of a start that is refused."""
    done = subprocess.run(
        [sys.executable, "-m", "pratique", "up", "--data", str(data), *flags],
        env=os.environ | {"PRATIQUE_CLAMD": "none"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
    return done.stderr.rstrip("\n")


def is_alive(pid: int) -> bool:
    """Whether a process has this id; a zombie counts as gone."""
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(shown) and not shown.startswith("Z")


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A gateway that all tests of this file share, until the last one ends it."""
    one = Up(tmp_path_factory.mktemp("up") / "data")
    yield one
    if one.process.poll() is None:
        one.process.terminate()
    one.process.wait(30)
    assert one.process.stdout is not None
    one.process.stdout.close()


def test_one_line_says_that_it_serves(up: Up) -> None:
    """Mail is received and pages are shown from that moment."""
    assert sorted(up.children()) == ["mx1", "portal", "work"]
    assert up.speaks_smtp()
    assert up.shows_pages()


def test_a_child_that_is_killed_is_replaced(up: Up) -> None:
    """The port stays open: a client that comes meanwhile waits for the successor, and is served by it."""
    before = up.children()
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    assert up.speaks_smtp()
    assert up.shows_pages()
    wait_until(lambda: sorted(up.children()) == sorted(before), "all three are replaced", 60)
    assert not set(up.children().values()) & set(before.values())
    assert up.said().count(" process.died ") == 3


def test_a_port_in_use_is_one_line(up: Up, tmp_path: Path) -> None:
    """And nothing is made in the data folder."""
    line = refused(tmp_path / "data", "--smtp", f"127.0.0.1:{up.smtp}", "--portal", "127.0.0.1:0")
    sentence = "another program listens there already: stop it, or choose another port."
    assert line == f"Cannot listen on 127.0.0.1:{up.smtp}: {sentence}"
    assert not (tmp_path / "data").exists()


def test_sigterm_drains_and_ends_with_0(up: Up) -> None:
    """Within 30 s, with every child gone, and without a word of complaint."""
    pids = up.children().values()
    with smtplib.SMTP("127.0.0.1", up.smtp, "client.example", timeout=60) as idle:
        idle.ehlo("client.example")
        up.process.terminate()
        assert up.process.wait(30) == 0
        assert idle.getreply()[0] == 421
    assert not any(map(is_alive, pids))
    assert "Z error " not in up.said()


def test_children_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    """SIGKILL cannot be caught: the children notice, and the ports are free again."""
    one = Up(tmp_path / "data")
    pids = list(one.children().values())
    assert len(pids) == 3
    one.process.kill()
    assert one.process.wait(10) == -signal.SIGKILL
    wait_until(lambda: not any(map(is_alive, pids)), "the children end by themselves", 30)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", one.smtp)) != 0
    assert one.process.stdout is not None
    one.process.stdout.close()


def test_an_older_database_is_one_line(tmp_path: Path) -> None:
    """It names the command; the children that were already loading are gone with the parent."""
    settings = Settings(data=tmp_path / "data")
    with opened(settings):
        pass
    database = Database(settings.database_url)
    with database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(text("DROP TABLE alembic_version"))
    database.close()
    line = refused(settings.data, "--smtp", "127.0.0.1:0", "--portal", "127.0.0.1:0")
    assert line == "The database is of an older version of Pratique: run `pratique migrate`."


def test_a_data_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    """Here because a file is in its place; permissions say the same to anybody but root."""
    (tmp_path / "file").touch()
    line = refused(tmp_path / "file" / "data", "--smtp", "127.0.0.1:0", "--portal", "127.0.0.1:0")
    assert line == f"The data folder {tmp_path}/file/data cannot be made: Not a directory."
