"""What the load trials measure: an honest client's letters, and what the program's processes take.

Linux only, because it reads `/proc`.
"""

import os
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from json import loads
from pathlib import Path
from uuid import uuid4

from tests.faults.node import THERE
from tests.servers.gateway import Gateway
from tests.servers.mail_client import letter, send
from tests.servers.process_table import descendants

ROOT = Path(__file__).resolve().parents[2]
BETWEEN_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Honest:
    """One sender's letters, one after the other: how many were answered 250, and after how long."""

    sent: int
    taken: int
    p50: float
    p95: float
    worst: float

    def __str__(self) -> str:
        times = f"p50 {self.p50:.3f} s, p95 {self.p95:.3f} s, worst {self.worst:.3f} s"
        return f"honest mail: {self.taken} of {self.sent} taken, {times}"


def honest_mail(port: int, seconds: float) -> Honest:
    """Sends for so long."""
    times, taken, end = [], 0, time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.monotonic()
        with suppress(OSError, smtplib.SMTPException):
            taken += send(port, letter(uuid4().hex), [THERE], seconds=60).code == 250
        times.append(time.monotonic() - begun)
        time.sleep(BETWEEN_SECONDS)
    times.sort()
    return Honest(len(times), taken, times[len(times) // 2], times[int(len(times) * 0.95)], times[-1])


def resident_octets(one: Gateway, *kinds: str) -> int:
    """What the processes of these kinds have in memory; of all kinds, and the parent, when none is named."""
    pids = [process.pid for process in descendants(one.pid) if not kinds or process.kind in kinds]
    return sum(_resident(pid) for pid in (pids if kinds else [one.pid, *pids]))


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


@dataclass(frozen=True, slots=True)
class Use:
    """What one process takes at one moment."""

    pid: int
    parent: int
    octets: int
    descriptors: int


def uses(one: Gateway) -> list[Use]:
    """Of the parent and of each process below it."""
    pids = [(one.pid, 0), *((process.pid, process.parent) for process in descendants(one.pid))]
    return [Use(pid, parent, _resident(pid), _descriptors(pid)) for pid, parent in pids]


def _descriptors(pid: int) -> int:
    """How many files and sockets it has open."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0


@dataclass
class Held:
    """The hostile connections of one process; `got_in` and `closed` are known at the end."""

    got_in: int = 0
    closed: int = 0


@contextmanager
def hostile(kind: str, port: int, count: int) -> Iterator[Held]:
    """So many connections of this kind, held while the block runs."""
    command = [sys.executable, "-m", "tests.load.hostile", kind, str(port), str(count), THERE]
    held = Held()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None and process.stdin is not None
        held.got_in = int(process.stdout.readline().split()[1])
        try:
            yield held
        finally:
            process.stdin.close()
            figures = loads(process.stdout.readline())
            held.got_in, held.closed = figures["got_in"], figures["closed"]
