"""Running a composed service, in a process of its own, because a reactor runs once."""

import os
import signal
import subprocess
import sys

import pytest

PROGRAM = """
import sys

import pytest
from twisted.application.service import Service
from twisted.internet import reactor, task
from pratique.processes.running import run_once, run_until_stopped
from pratique.settings.settings import LogLevel
from pratique.structured_log import log_to_stderr

class Noting(Service):
    def startService(self):
        super().startService()
        if "unstartable" in sys.argv:
            raise ValueError("no such thing")

    def stopService(self):
        print("draining", flush=True)
        return task.deferLater(reactor, 0.2, print, "stopped")

async def started():
    if "failing" in sys.argv:
        raise ValueError("not today")
    print("ready", flush=True)

async def once():
    await task.deferLater(reactor, 0, lambda: None)
    if "failing" in sys.argv:
        raise ValueError("not today")
    return "result"

log_to_stderr(LogLevel.INFO)
if "once" in sys.argv:
    print(run_once(reactor, once()))
else:
    sys.exit(run_until_stopped(reactor, Noting(), started))
"""


def start(*words: str) -> "subprocess.Popen[str]":
    """The program in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_signals_drain_once() -> None:
    """Ctrl-C reaches a child from the terminal and from its parent: it drains once, quietly, and ends with 0."""
    with start() as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        os.killpg(process.pid, signal.SIGINT)
        assert process.stdout.readline() == "draining\n"
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=10) == ("stopped\n", "")
        assert process.returncode == 0


def test_a_service_that_cannot_start_says_why_and_ends() -> None:
    """Whether a part or what comes after the start fails: one line, status 1, and what runs is stopped."""
    for words, why in ((("failing",), "not today"), (("unstartable",), "no such thing")):
        with start(*words) as process:
            out, err = process.communicate(timeout=10)
        assert (out, process.returncode) == ("draining\nstopped\n", 1)
        assert err.count("\n") == 1
        assert err.endswith(f' error start.failed reason="{why}"\n')


def test_one_piece_of_work_is_run_to_its_end() -> None:
    """What it returns comes back, and what it raises."""
    with start("once") as process:
        assert process.communicate(timeout=10) == ("result\n", "")
    with start("once", "failing") as process:
        assert process.communicate(timeout=10)[1].endswith("ValueError: not today\n")


def _chosen(first: str) -> str:
    code = f"{first}\nfrom pratique.processes.running import steady_reactor\nsteady_reactor()\nsteady_reactor()\n"
    show = "from twisted.internet import reactor\nprint(type(reactor).__name__)"
    return subprocess.run(
        [sys.executable, "-c", code + show], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Twisted chooses")
def test_a_process_without_a_reactor_gets_the_prompt_one():
    assert _chosen("") == "PromptReactor"


def test_a_reactor_that_was_chosen_stays():
    assert _chosen("from twisted.internet import selectreactor\nselectreactor.install()") == "SelectReactor"


def test_time_limits_run_by_a_clock_that_nobody_sets():
    """Twisted's own runs by the wall clock."""
    code = "from pratique.processes.running import steady_reactor; import time; reactor = steady_reactor()\n"
    show = "call = reactor.callLater(5, print)\nprint(abs(call.getTime() - time.monotonic() - 5) < 1)"
    done = subprocess.run([sys.executable, "-c", code + show], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
