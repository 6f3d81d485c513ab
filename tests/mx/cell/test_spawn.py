"""A fresh cell process."""

import json
import socket
import subprocess

import pytest

from mx.cell import spawn as spawn_module
from mx.cell.spawn import spawn_cell
from mx.cell.wire import FrameKind, FrameReader


def test_a_child_says_what_it_is_and_ends_with_its_socket() -> None:
    """READY comes first; closing our end is all it takes to end it."""
    process, ours = spawn_cell()
    with ours:
        ours.settimeout(30)
        ((kind, body),) = FrameReader().feed(ours.recv(4096))
    assert kind is FrameKind.READY
    assert "limits" in json.loads(body)["confinement"]
    assert process.wait(30) == 0


def test_a_child_imports_no_server() -> None:
    """Twisted, SQLAlchemy and the like never come near hostile octets."""
    code = (
        "import sys; import mx.cell.child; "
        "print([name for name in ('twisted', 'sqlalchemy', 'fastapi', 'cryptography', 'ssl') if name in sys.modules])"
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
        spawn_cell()
    assert [end.fileno() for end in made] == [-1, -1]
