"""The plug-in's side of the socket: every call is begun, and answered, whatever the agent does."""

import json
import socket
from typing import Any

import pytest

from mx.agents.contract import ALL_RIGHTS, Hook
from mx.agents.outside.wire import event_octets
from mx.outside.child import PluginSide
from mx.outside.frames import MOST_OCTETS_BACK, Frame, Frames, frame_octets
from tests.contracts.agent import events_for
from tests.contracts.outside import event, make

CONFIGURE = frame_octets(Frame.CONFIGURE, 0, b'{"name": "odd", "settings": {"a": "b"}}')


def call(number: int, does: str) -> bytes:
    """A call that asks for something."""
    return frame_octets(Frame.CALL, number, event_octets(event(does), ALL_RIGHTS))


def answered(*octets: bytes, make: Any = make) -> list[tuple[Frame, int, bytes]]:
    """The frames that come back."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.setblocking(False)
        side = PluginSide(theirs, make, lambda: None)
        for each in octets:
            side.dataReceived(each)
        ours.setblocking(False)
        return list(Frames(MOST_OCTETS_BACK).feed(ours.recv(1 << 20)))


def test_a_call_is_begun_and_answered() -> None:
    """In this order, and so is a ping."""
    hello, *frames = answered(CONFIGURE, call(5, "adds"), frame_octets(Frame.PING, 0))
    assert hello[0] is Frame.HELLO and json.loads(hello[2])["hooks"] == ["on_headers"]
    assert [frame[:2] for frame in frames] == [(Frame.BEGUN, 5), (Frame.ANSWER, 5), (Frame.BEGUN, 0)]
    assert json.loads(frames[1][2])["answers"][0]["is"] == "add"


def test_a_call_that_waits_lets_others_pass() -> None:
    """It is answered when it is, or never."""
    _, *frames = answered(CONFIGURE, call(1, "waits"), call(2, "adds"))
    assert [frame[:2] for frame in frames] == [
        (Frame.BEGUN, 1),
        (Frame.WAITS, 1),
        (Frame.BEGUN, 2),
        (Frame.ANSWER, 2),
    ]


@pytest.mark.parametrize(
    ("octets", "wrong"),
    [
        (call(1, "raises"), "raised RuntimeError"),
        (frame_octets(Frame.CALL, 1, b"no pickle"), "raised UnpicklingError"),
        (frame_octets(Frame.CALL, 1, event_octets(events_for()[Hook.HELO], ALL_RIGHTS)), "raised AttributeError"),
    ],
)
def test_what_fails_is_said(octets: bytes, wrong: str) -> None:
    """And the process goes on."""
    frames = answered(CONFIGURE, octets, call(2, "adds"))
    assert json.loads(frames[2][2]) == {"wrong": wrong}
    assert frames[-1][:2] == (Frame.ANSWER, 2)


def test_a_plug_in_that_cannot_be_made_is_said() -> None:
    """With what its factory raised."""

    def raising(asked: dict[str, Any]) -> Any:
        raise KeyError(asked["settings"]["a"])

    [(kind, _, body)] = answered(CONFIGURE, make=raising)
    assert kind is Frame.HELLO and json.loads(body) == {"wrong": "KeyError: 'b'"}


def test_the_end_of_the_socket_is_the_end() -> None:
    """So that no process stays behind."""
    ends: list[bool] = []
    with socket.socket() as to_us:
        PluginSide(to_us, make, lambda: ends.append(True)).connectionLost()
    assert ends == [True]
