"""How long a process has computed."""

import os
import subprocess
import sys
import time

import pytest

from mx.cell.cpu_time import computed_seconds

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux says it")
SPIN = "import time\nwhile time.process_time() < 0.5: pass\nprint(time.process_time(), flush=True)\ninput()"


def test_of_a_process_that_is_gone_nothing_is_known() -> None:
    """Which is not the same as that it has not computed."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert computed_seconds(ended.pid) is None


def test_it_is_what_the_process_itself_knows() -> None:
    """And time that it waits is not counted."""
    spinning = subprocess.Popen([sys.executable, "-c", SPIN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert spinning.stdout is not None
        own = float(spinning.stdout.readline())
        before = computed_seconds(spinning.pid)
        assert before == pytest.approx(own, abs=0.1)
        time.sleep(0.3)
        assert computed_seconds(spinning.pid) == pytest.approx(before, abs=0.02)
    finally:
        spinning.communicate("\n")
    assert computed_seconds(os.getpid()) == pytest.approx(time.process_time(), abs=0.1)


@pytest.mark.skipif(os.getuid() != 0, reason="only root may mount /proc anew and be somebody else")
def test_a_process_that_is_hidden_is_known_all_the_same() -> None:
    """As under systemd, with ProtectProc=invisible: the modules are imported before it is."""
    hidden = subprocess.Popen(["sleep", "600"], user=65534)
    code = f"""
import ctypes, os, subprocess
from mx.cell.cpu_time import computed_seconds
assert ctypes.CDLL(None).mount(b"proc", b"/proc", b"proc", 0, b"hidepid=invisible") == 0
os.setgroups([])
os.setgid(65533)
os.setuid(65533)
print(os.path.exists("/proc/{hidden.pid}"), computed_seconds({hidden.pid}) is not None)
"""
    try:
        words = ["unshare", "--mount", sys.executable, "-c", code]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if "unshare" in done.stderr or "AssertionError" in done.stderr:
            pytest.skip("this machine lets nobody mount /proc")
        assert done.stdout == "False True\n", done.stderr
    finally:
        hidden.kill()
        hidden.wait()
