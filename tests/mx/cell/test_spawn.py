"""A fresh nursery process."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from mx.cell import spawn as spawn_module
from mx.cell.spawn import spawn_nursery
from tests.servers.program import wait_until


def test_a_nursery_ends_with_its_socket() -> None:
    """Closing our end is all it takes."""
    process, ours = spawn_nursery()
    ours.close()
    assert process.wait(30) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the environment of another process is Linux's to tell")
def test_nothing_of_our_environment_reaches_a_nursery(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting, no secret: two words about memory are all that it has."""
    monkeypatch.setenv("PRATIQUE_SECRET", "x")
    process, ours = spawn_nursery()
    environment = Path(f"/proc/{process.pid}/environ")
    # For a moment after it has begun, the kernel shows none.
    wait_until(lambda: environment.read_bytes() != b"", "the nursery's environment is shown")
    words = environment.read_bytes().split(b"\0")
    ours.close()
    assert process.wait(30) == 0
    assert {word.partition(b"=")[0] for word in words if word} == {b"MALLOC_TRIM_THRESHOLD_", b"MALLOC_MMAP_THRESHOLD_"}


def test_a_nursery_imports_no_server() -> None:
    """Twisted, SQLAlchemy and the like never come near hostile octets, and light cells have no reader's library."""
    code = (
        "import sys; import mx.cell.nursery; "
        "print([name for name in ('twisted', 'sqlalchemy', 'fastapi', 'ssl', 'libarchive', 'py7zr', 'oletools') "
        "if name in sys.modules])"
    )
    done = subprocess.run([spawn_module.sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_no_socket_is_left_when_no_process_can_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error goes on, both ends are closed."""
    made: list[socket.socket] = []
    make_pair = socket.socketpair

    def pair(*arguments: int) -> tuple[socket.socket, socket.socket]:
        made.extend(make_pair(*arguments))
        return made[0], made[1]

    def refuse(*arguments: object, **settings: object) -> None:
        raise BlockingIOError("no process")

    monkeypatch.setattr(spawn_module.socket, "socketpair", pair)
    monkeypatch.setattr(spawn_module.subprocess, "Popen", refuse)
    with pytest.raises(BlockingIOError):
        spawn_nursery()
    assert [end.fileno() for end in made] == [-1, -1]
