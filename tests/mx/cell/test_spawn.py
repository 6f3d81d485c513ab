"""A fresh nursery process."""

import socket
import subprocess

import pytest

from mx.cell import spawn as spawn_module
from mx.cell.spawn import spawn_nursery


def test_a_nursery_ends_with_its_socket() -> None:
    """Closing our end is all it takes."""
    process, ours = spawn_nursery()
    ours.close()
    assert process.wait(30) == 0


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
