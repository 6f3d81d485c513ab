"""Confinement, seen from within a process that has confined itself."""

import json
import subprocess
import sys

import pytest

from mx.cell.confinement import filter_program

ATTEMPTS = """
import json, os, socket, sys
from mx.cell.confinement import allow_cpu_seconds, confine
applied = confine()
allow_cpu_seconds(0.0, 5.0)
refused = []
def attempt(name, action):
    try:
        action()
    except (OSError, MemoryError) as error:
        refused.append(name)
attempt("open", lambda: open("/etc/hostname"))
attempt("socket", lambda: socket.socket())
attempt("fork", os.fork)
attempt("exec", lambda: os.execv("/bin/true", ["true"]))
attempt("kill", lambda: os.kill(os.getppid(), 0))
attempt("memory", lambda: bytes(2 << 30))
print(json.dumps([applied, refused, len(os.environ)]))
"""


def _run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
def test_a_confined_process_can_do_nothing_but_compute() -> None:
    """No files, no sockets, no processes, no signals, no large memory, no environment."""
    done = _run(ATTEMPTS)
    assert done.returncode == 0, done.stderr
    applied, refused, variables = json.loads(done.stdout)
    assert applied[:3] == ["limits", "no-new-privileges", "not-dumpable"]
    if "system-call-filter" not in applied:
        pytest.skip("this machine allows no system call filter")
    assert refused == ["open", "socket", "fork", "exec", "kill", "memory"]
    assert variables == 0


def test_cpu_time_that_is_spent_ends_the_process() -> None:
    """The kernel ends a process that goes on past its CPU time."""
    code = "from mx.cell.confinement import allow_cpu_seconds; allow_cpu_seconds(0.0, 0.0)\nwhile True: pass"
    assert _run(code).returncode < 0


def test_the_filter_jumps_to_its_end() -> None:
    """Each denied call leads to the refusal, all others past it, and no jump is too far for its octet."""
    program = filter_program(0xC000003E, (1, 2, 3))
    assert len(program) == 8 * 9
    assert program[-4:] == (0x00050001).to_bytes(4, sys.byteorder)
    assert program[-12:-8] == (0x7FFF0000).to_bytes(4, sys.byteorder)
    assert [program[8 * line + 2] for line in (4, 5, 6)] == [3, 2, 1]
