"""Confinement, seen from within a process that has confined itself."""

import json
import subprocess
import sys

import pytest

ATTEMPTS = """
import json, os, signal
from mx.cell.confinement import allow_cpu_seconds, confine
from tests.contracts.exploit import break_out
other = os.fork()
if other == 0:
    os.closerange(0, 3)
    signal.alarm(30)
    signal.pause()
applied = confine()
allow_cpu_seconds(0.0, 5.0)
print(json.dumps([applied, break_out(other), len(os.environ)]), flush=True)
os._exit(0)
"""


def _run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
def test_a_confined_process_can_do_nothing_but_compute() -> None:
    """Code of a stranger's that runs in a cell gets nowhere: each of these attempts is refused."""
    done = _run(ATTEMPTS)
    assert done.returncode == 0, done.stderr
    applied, got, variables = json.loads(done.stdout)
    assert applied[:3] == ["limits", "no-new-privileges", "not-dumpable"]
    if "system-call-filter" not in applied:
        pytest.skip("this machine allows no system call filter")
    assert got == []
    assert variables == 0


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
def test_the_filter_binds_every_thread() -> None:
    """A thread that was there before is no way out."""
    code = (
        "import threading; from mx.cell.confinement import confine\n"
        "hold, done, failed = threading.Event(), threading.Event(), []\n"
        "def other():\n"
        "    hold.wait()\n"
        "    try: open('/etc/hostname')\n"
        "    except OSError: failed.append(True)\n"
        "    done.set()\n"
        "threading.Thread(target=other, daemon=True).start()\n"
        "applied = confine(); hold.set(); done.wait(10)\n"
        "print(failed == [True] or 'system-call-filter' not in applied)"
    )
    assert _run(code).stdout == "True\n"


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
def test_a_process_whose_parent_is_gone_does_not_begin() -> None:
    """The parent may die before the kernel has been told."""
    code = "from mx.cell.confinement import die_with_parent; die_with_parent(1 << 22)"
    assert "ProcessLookupError" in _run(code).stderr


def test_cpu_time_that_is_spent_ends_the_process() -> None:
    """The kernel ends a process that goes on past its CPU time."""
    code = "from mx.cell.confinement import allow_cpu_seconds; allow_cpu_seconds(0.0, 0.0)\nwhile True: pass"
    assert _run(code).returncode < 0


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
def test_a_process_that_leaves_no_core_is_not_dumpable_and_has_no_room_for_one() -> None:
    """Either would do where cores are files; where they go to a program, only the first does."""
    code = (
        "import resource; from mx.cell.confinement import leave_no_core, _process_control\n"
        "before = _process_control()(3, 0, 0, 0, 0); leave_no_core()\n"
        "print(before, _process_control()(3, 0, 0, 0, 0), *resource.getrlimit(resource.RLIMIT_CORE))"
    )
    assert _run(code).stdout == "1 0 0 0\n"
