"""In the process of an agent of somebody else's: reads calls, has the agent answer, tells so.

Comes in: the socket that leads to us, and what makes the agent. Goes out: an answer for every call, whatever the agent
does, as long as it lets go of the thread. Everything is written at once and whole: an agent that then computes for ever
cannot hold back that its call has begun.

Failure: an agent that cannot be made is said in `HELLO`; one that raises, in its answer. When the socket closes, the
process ends.
"""

import json
import select
import socket
from collections.abc import Callable, Coroutine
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure

from mx.agents.contract import HOOK_OF
from mx.agents.outside.wire import (
    Frame,
    Frames,
    answer_octets,
    event_of,
    frame_octets,
    hello_octets,
    wrong_octets,
)

log = Logger()

Make = Callable[[str, dict[str, str]], Any]
"""An agent by the name of its entry point, with its settings; raises what its factory raises."""


class AgentSide(Protocol):
    """The agent's end of the socket."""

    def __init__(self, to_us: socket.socket, make: Make, end: Callable[[], None]) -> None:
        """`to_us` is the same socket as the transport's, for writing; `end` ends the process."""
        self._to_us, self._make, self._end = to_us, make, end
        self._frames = Frames(None)
        self._agent: Any = None

    def dataReceived(self, data: bytes) -> None:
        for kind, number, body in self._frames.feed(data):
            match kind:
                case Frame.CONFIGURE:
                    self._configure(body)
                case Frame.PING:
                    self._send(Frame.BEGUN, number)
                case Frame.CALL:
                    self._send(Frame.BEGUN, number)
                    self._answer(number, body)
                case _:
                    self._end()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._end()

    def _configure(self, body: bytes) -> None:
        asked = json.loads(body)
        try:
            self._agent = self._make(asked["name"], asked["settings"])
            hello = hello_octets(self._agent)
        except Exception as error:  # a factory of somebody else's may raise anything
            hello = wrong_octets(f"{type(error).__name__}: {error}")
        self._send(Frame.HELLO, 0, hello)

    def _answer(self, number: int, body: bytes) -> None:
        answering = Deferred.fromCoroutine(self._asked(number, body))
        if not answering.called:
            self._send(Frame.WAITS, number)
        answering.addErrback(lambda failure: log.failure("agent.not-told", failure))

    async def _asked(self, number: int, body: bytes) -> None:
        try:
            event = event_of(body)
            method: Callable[[object], Coroutine[Any, Any, object]] = getattr(self._agent, HOOK_OF[type(event)].method)
            answer = answer_octets(await method(event))
        except Exception as error:  # whatever an agent raises
            log.failure("agent.raised", Failure())
            answer = wrong_octets(f"raised {type(error).__name__}")
        self._send(Frame.ANSWER, number, answer)

    def _send(self, kind: Frame, number: int, body: bytes = b"") -> None:
        octets = memoryview(frame_octets(kind, number, body))
        while octets:
            try:
                octets = octets[self._to_us.send(octets) :]
            except BlockingIOError:
                select.select((), (self._to_us,), ())
