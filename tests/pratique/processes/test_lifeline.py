"""The lifeline of a child, in a process of its own, because it is about standard input and signals."""

import signal
import subprocess
import sys

CHILD = """
import signal, sys
from pratique.processes.lifeline import follow_lifeline, say_ready, settings_line
line = settings_line()
if line is None:
    sys.exit("no parent")
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
follow_lifeline()
say_ready()
print(line.strip(), flush=True)
while True:
    signal.pause()
"""


def start() -> "subprocess.Popen[str]":
    """The child, on two pipes."""
    return subprocess.Popen(
        [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_the_end_of_standard_input_is_a_sigterm() -> None:
    """The line of settings is read and nothing else; the child then lives as long as the pipe."""
    with start() as child:
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write("settings\nanything behind it is not read as settings\n")
        child.stdin.flush()
        assert [child.stdout.readline(), child.stdout.readline()] == ["ready\n", "settings\n"]
        assert child.poll() is None
        child.stdin.close()
        assert child.wait(10) == 3


def test_a_parent_that_is_gone_before_the_settings_is_noticed() -> None:
    """The half line that it may have written is not used."""
    with start() as child:
        assert child.communicate('{"data": ', 10) == ("", "no parent\n")
        assert child.returncode not in (0, -signal.SIGTERM)
