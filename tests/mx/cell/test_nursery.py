"""A real nursery, ordered about over its socket."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM, send_fds, socket, socketpair

import pytest

from mx.cell.orders import Buried, Forked, Notice, NoticeReader, Order, order_octets
from mx.cell.spawn import spawn_nursery
from mx.cell.wire import FrameKind, FrameReader


class Ordered:
    """A nursery, and what it said."""

    def __init__(self, process: "subprocess.Popen[bytes]", control: socket) -> None:
        self.process, self.control = process, control
        control.settimeout(30)
        self._reader = NoticeReader()
        self._notices: list[Notice] = []

    def fork(self, number: int) -> tuple[Forked, socket]:
        ours, theirs = socketpair(AF_UNIX, SOCK_STREAM)
        ours.settimeout(30)
        with theirs:
            send_fds(self.control, [order_octets(Order.FORK, number)], [theirs.fileno()])
        notice = self.notice()
        assert isinstance(notice, Forked)
        return notice, ours

    def bury(self, number: int) -> Buried:
        self.control.send(order_octets(Order.BURY, number))
        notice = self.notice()
        assert isinstance(notice, Buried)
        return notice

    def notice(self) -> Notice:
        while not self._notices:
            self._notices.extend(self._reader.feed(self.control.recv(4096)))
        return self._notices.pop(0)


@contextmanager
def nursery() -> Iterator[Ordered]:
    process, control = spawn_nursery()
    with control:
        yield Ordered(process, control)
    assert process.wait(30) == 0


def about(ours: socket) -> dict[str, object]:
    """What a cell says when it is ready."""
    ((kind, body),) = FrameReader().feed(ours.recv(4096))
    assert kind is FrameKind.READY
    read: dict[str, object] = json.loads(body)
    return read


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_cells_are_light_first_and_deep_once_it_has_been_deepened() -> None:
    """Each says what it is; all are confined alike."""
    with nursery() as one:
        _, light = one.fork(1)
        one.control.send(order_octets(Order.DEEPEN))
        _, deep = one.fork(2)
        said = [about(light), about(deep)]
        assert [each["is_deep"] for each in said] == [False, True]
        assert said[0]["confinement"] == said[1]["confinement"]
        assert isinstance(said[1]["missing"], list)
        light.close()
        deep.close()


def test_a_cell_ends_with_its_socket_and_is_reaped_by_order() -> None:
    """Its id is nobody else's until then."""
    with nursery() as one:
        forked, ours = one.fork(7)
        about(ours)
        ours.close()
        assert is_there(forked.pid)
        assert one.bury(7) in (Buried(7, 0, None), Buried(7, -signal.SIGKILL, None))
        assert not is_there(forked.pid)
        assert one.bury(7) == Buried(7, 0, None)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_says_how_a_cell_ended(number: signal.Signals) -> None:
    """The signal, as its exit code."""
    with nursery() as one:
        forked, ours = one.fork(1)
        about(ours)
        os.kill(forked.pid, number)
        assert ours.recv(1) == b""
        assert one.bury(1).exit_code == -number
        ours.close()


def test_all_its_cells_end_with_it() -> None:
    """The socket closes: it kills and reaps them, also those that hang."""
    with nursery() as one:
        cells = [one.fork(number) for number in range(3)]
        for _, ours in cells:
            about(ours)
        os.kill(cells[0][0].pid, signal.SIGSTOP)
    assert not any(is_there(forked.pid) for forked, _ in cells)
    for _, ours in cells:
        ours.close()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel does it on Linux alone")
def test_a_nursery_that_is_killed_takes_its_cells_with_it() -> None:
    """Even one that is stopped."""
    process, control = spawn_nursery()
    with control:
        forked, ours = Ordered(process, control).fork(1)
        about(ours)
        os.kill(forked.pid, signal.SIGSTOP)
        process.kill()
        process.wait(30)
        assert ours.recv(1) == b""
        ours.close()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_cell_holds_nothing_of_the_nursery_or_of_another_cell() -> None:
    """Its only socket is its own."""
    with nursery() as one:
        _, first = one.fork(1)
        about(first)
        forked, second = one.fork(2)
        about(second)
        links = [os.readlink(entry) for entry in Path(f"/proc/{forked.pid}/fd").iterdir()]
        assert len([link for link in links if link.startswith("socket:")]) == 1
        first.close()
        second.close()
