"""One run of a command, by small programs that behave and by some that do not."""

import os
import sys
import threading
from pathlib import Path

import pytest

from mx.engines.command.run import CAN_RUN, MOST_OUTPUT_OCTETS, Ended, Run
from tests.contracts.engine import MEBIBYTE, Octets
from tests.servers.program import wait_until

pytestmark = pytest.mark.skipif(not CAN_RUN, reason="no memory without a name on this system")


def python(text: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", text]


def run(words: list[str], raw: bytes = b"some octets", seconds: float = 20.0) -> Ended:
    return Run(words, Octets(raw), seconds).to_its_end()


COUNT = "import sys; print(len(open({where}, 'rb').read())); sys.exit(3)"


@pytest.mark.parametrize("where", ["0", "'{file}'"])
def test_a_command_reads_the_octets_and_says_something(where: str) -> None:
    """As its standard input, or by a path; all of them."""
    words = [word.replace("{where}", where) for word in python(COUNT)]
    for octets in (0, 10, 3 * MEBIBYTE):
        assert run(words, bytes(octets)) == Ended(3, f"{octets}\n")


def test_nothing_is_written_to_a_disk() -> None:
    """The path is that of memory which has no name."""
    ended = run(python("import os; print(os.readlink('{file}'))"))
    assert ended.output.startswith("/memfd:")


def test_a_command_gets_little_of_ours() -> None:
    """No setting, no secret, no descriptor but its own."""
    os.environ["PRATIQUE_MASTER_KEY"] = "opensesame"
    try:
        ended = run(python("import os; print(dict(os.environ)); print(sorted(os.listdir('/proc/self/fd')))"))
    finally:
        del os.environ["PRATIQUE_MASTER_KEY"]
    assert "opensesame" not in ended.output
    assert "'0', '1', '2', '3']" in ended.output, "three of its own, and the one that lists them"


def test_a_command_that_hangs_is_killed_with_what_it_started(tmp_path: Path) -> None:
    """Its children too, though they hold its output."""
    note = tmp_path / "pid"
    text = (
        "import subprocess; p = subprocess.Popen(['sleep', '600']); "
        f"open({str(note)!r}, 'w').write(str(p.pid)); p.wait()"
    )
    assert run(python(text), seconds=1.5) == Ended(None, reason="it took too long")
    pid = int(note.read_text())
    wait_until(lambda: _is_gone(pid), "the child's child is gone")


def test_what_a_command_leaves_behind_is_ended(tmp_path: Path) -> None:
    """Though it ended itself as it should."""
    note = tmp_path / "pid"
    text = (
        "import subprocess as s; p = s.Popen(['sleep', '600'], stdout=s.DEVNULL, stderr=s.DEVNULL); "
        f"open({str(note)!r}, 'w').write(str(p.pid))"
    )
    assert run(python(text)) == Ended(0)
    wait_until(lambda: _is_gone(int(note.read_text())), "what it left behind is gone")


ENDS = {
    "it writes without end": ("while True: print('x' * 999)", "it wrote too much"),
    "it writes a little too much": (f"print('x' * {MOST_OUTPUT_OCTETS})", "it wrote too much"),
    "it crashes": ("import os; os.abort()", "signal 6 ended it"),
    "it closes its output and goes on": (
        "import os, time; os.close(1); os.close(2); time.sleep(600)",
        "it took too long",
    ),
}


@pytest.mark.parametrize(("text", "reason"), ENDS.values(), ids=ENDS)
def test_a_command_that_does_not_end_as_it_should_has_no_status(text: str, reason: str) -> None:
    """Its output does not count either."""
    assert run(python(text), seconds=2.0) == Ended(None, reason=reason)


def test_a_command_that_is_not_there_cannot_be_started() -> None:
    """Nor can octets that cannot be read be shown to anybody."""
    with pytest.raises(OSError, match="nonexistent"):
        run(["/nonexistent/scanner"])


def test_a_run_can_be_stopped_from_elsewhere() -> None:
    """When nobody waits for it any more."""
    running = Run(python("import time; time.sleep(600)"), Octets(b"x"), 60.0)
    threading.Timer(0.2, running.stop).start()
    assert running.to_its_end() == Ended(None, reason="it was stopped")


def _is_gone(pid: int) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True
