"""A child that is not kept by a supervisor; `test_processes.py` sees them at work."""

import subprocess
import sys
from pathlib import Path

import pytest

from pratique.processes.listening import listen
from pratique.settings.settings import Address, Settings


def run(kind: str, line: str, sockets: int = 0) -> tuple[int, str, str]:
    """Exit status and outputs of a child that ends by itself; without a line, its parent is gone at once."""
    with subprocess.Popen(
        [sys.executable, "-m", "pratique.processes.child", kind, kind, str(sockets)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdin is not None and child.stdout is not None and child.stderr is not None
        if line:
            child.stdin.write(line)
            child.stdin.flush()
        else:
            child.stdin.close()
        return child.wait(30), child.stdout.read(), child.stderr.read()


@pytest.mark.parametrize("kind", ["portal", "work"])
def test_a_parent_that_gave_the_start_up_is_no_error(kind: str) -> None:
    """It has said why itself."""
    assert run(kind, "") == (0, "", "")


def test_a_refusal_is_one_line(tmp_path: Path) -> None:
    """A data folder that is no folder any more."""
    (tmp_path / "file").touch()
    status, out, err = run("work", Settings(data=tmp_path / "file", clamd=()).to_json())
    assert (status, out, err) == (1, "", f"The data folder {tmp_path}/file cannot be made: File exists.\n")


def test_a_socket_that_was_promised_must_be_there(tmp_path: Path) -> None:
    """A socket of its parent that it did not inherit is none of its own."""
    with listen(Address("127.0.0.1", 0)):
        status, out, err = run("portal", Settings(data=tmp_path).to_json(), sockets=1)
    assert (status, out, err) == (1, "", "[Errno 9] Bad file descriptor\n")
