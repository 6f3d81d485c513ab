"""How long a process waits for a processor."""

import os
import subprocess
import sys

import pytest

from mx.cell.run_queue import queued_seconds

SPIN = "import os\nos.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\nprint()\nwhile True: pass"


def test_a_process_that_is_gone_waits_for_nothing() -> None:
    """And no number is none."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert queued_seconds(ended.pid) == 0.0
    assert queued_seconds(os.getpid()) >= 0.0


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux says it")
def test_of_two_on_one_processor_one_always_waits() -> None:
    """Each of them notices."""
    spinning = [subprocess.Popen([sys.executable, "-c", SPIN], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        for one in spinning:
            assert one.stdout is not None
            one.stdout.readline()
        while not all(queued_seconds(one.pid) > 0.05 for one in spinning):
            assert all(one.poll() is None for one in spinning)
    finally:
        for one in spinning:
            one.kill()
            one.communicate()
