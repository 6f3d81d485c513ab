"""Scenario: every process that may hold mail in plain text is ended in a way that leaves a core file; none does (S1).

1. A letter is with an agent of another package, another in the middle of its content, a third waits for its next hop.
2. No process may be looked into by another of the same user: it is not dumpable, which the kernel heeds also where it
   pipes core files to a program and heeds no limit.
3. Each process gets SIGSEGV or SIGABRT. No core file is anywhere that one could be; a program of the same interpreter
   that takes no care may be looked into, and leaves one.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest

from tests.faults.node import AWAY, THERE, node_on
from tests.servers.gateway import PROGRAM, Gateway
from tests.servers.mail_client import connected, letter, send
from tests.servers.moody_hop import Mood, moody_hop
from tests.servers.plugin_folder import plugin_folder
from tests.servers.process_table import descendants, is_running
from tests.servers.program import server_folder, wait_until
from tests.servers.serving import TENANT

pytestmark = pytest.mark.system
PATTERN = Path("/proc/sys/kernel/core_pattern")
AGENT = """
from mx.agents.contract import About, Go, OnFailure

class Keeping:
    def __init__(self, reactor, settings):
        self.about = About("keeping", deadline_seconds=5, on_failure=OnFailure("451"))

    async def on_headers(self, event):
        self.kept = event
        return Go()
"""
PLAIN = ("setpriv", "--bounding-set=-sys_ptrace")
"""Root like any user: without the capability to look into every process."""
UNLIMITED = (*PLAIN, "prlimit", "--core=unlimited")
KINDS = ("mx", "work", "portal", "nursery", "cell", "agent")


def core_files(folders: set[Path]) -> list[Path]:
    return [file for folder in folders for file in folder.glob("core*") if file.is_file()]


def may_be_looked_into(pid: int) -> bool:
    """By a process of the same user."""
    look = [*PLAIN, "readlink", f"/proc/{pid}/exe"]
    return subprocess.run(look, capture_output=True, check=False).returncode == 0


@pytest.fixture(autouse=True)
def _here() -> None:
    if not PATTERN.exists() or not PATTERN.read_text().startswith("core") or os.getuid() != 0:
        pytest.skip("core files go somewhere else here, or this is not root")


@pytest.fixture
def one() -> Iterator[Gateway]:
    with (
        plugin_folder("keeping", AGENT, {"pratique.agents:keeping": "Keeping"}),
        moody_hop() as there,
        moody_hop(Mood.HOLDING) as away,
        server_folder("cores") as place,
        node_on(place, there, away, {"plugins": "keeping"}, (*UNLIMITED, *PROGRAM)) as started,
    ):
        started.do("policy", "set", "--tenant", TENANT, "agents=keeping")
        yield started


def is_ended_by(pid: int, number: int) -> bool:
    """Sent until it works: YARA-X has a handler of its own, which lets the first one pass where it is no fault."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)
    return not is_running(pid)


def processes(one: Gateway) -> dict[int, str]:
    """All of them but the parent, by what they are."""
    found = {process.pid: process for process in descendants(one.pid)}
    kinds = {
        pid: process.kind or ("agent" if "pratique.plugin_process" in process.words else "")
        for pid, process in found.items()
    }
    return {pid: kind for pid, kind in kinds.items() if kind}


def test_a_program_that_takes_no_care_leaves_a_core_file(tmp_path: Path) -> None:
    """Or the scenario would show nothing."""
    code = "import os; print(flush=True); input(); os.abort()"
    careless = subprocess.Popen(
        [*UNLIMITED, sys.executable, "-c", code],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with careless:
        assert careless.stdout is not None
        careless.stdout.readline()
        assert may_be_looked_into(careless.pid)
        careless.communicate(b"\n")
    assert core_files({tmp_path})


def test_no_process_leaves_a_core_file(one: Gateway) -> None:
    assert send(one.smtp_port, letter(uuid4().hex), [THERE]).code == 250
    queued = uuid4().hex
    # Its next hop has it and says nothing for as long as the session waits: it is queued, and offered again by `work`.
    assert send(one.smtp_port, letter(queued), [AWAY]).code == 250
    hit: dict[str, int] = {}
    folders = {Path(f"/proc/{one.pid}/cwd").readlink()}
    with connected(one.smtp_port) as client:
        client.mail("a@sender.example")
        client.rcpt(THERE)
        client.docmd("DATA")
        client.send(letter(uuid4().hex))
        for number, kind in ((number, kind) for number in (signal.SIGSEGV, signal.SIGABRT) for kind in KINDS):
            wait_until(lambda kind=kind: kind in processes(one).values(), f"there is a process of kind {kind}", 60)
            pid = next(pid for pid, found in processes(one).items() if found == kind)
            folders.add(Path(f"/proc/{pid}/cwd").readlink())
            # One that has just begun holds nothing yet.
            wait_until(lambda pid=pid: not may_be_looked_into(pid), f"{kind} is closed to others", 60)
            wait_until(lambda pid=pid, number=number: is_ended_by(pid, number), f"{kind} has ended", 60)
            hit[kind] = hit.get(kind, 0) + 1
    assert hit == dict.fromkeys(KINDS, 2)
    assert not may_be_looked_into(one.pid)
    os.kill(one.pid, signal.SIGSEGV)
    wait_until(lambda: not is_running(one.pid), "the parent has ended", 60)
    assert core_files(folders) == []
