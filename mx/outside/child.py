"""In the process of a plug-in of another package: reads calls, has the plug-in answer, tells so.

Comes in: the socket that leads to us, and what makes the plug-in. Goes out: an answer for every call, whatever the
plug-in does, as long as it lets go of the thread. Everything is written at once and whole: a plug-in that then computes
for ever cannot hold back that its call has begun.

Failure: a plug-in that cannot be made is said in `HELLO`; one that raises, in its answer. When the socket closes, the
process ends.
"""

import json
import select
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure

from mx.outside.frames import Frame, Frames, frame_octets, wrong_octets

log = Logger()


@dataclass(frozen=True, slots=True)
class Served:
    """A plug-in that has been made."""

    hello: bytes
    """The body of `HELLO`."""
    answer: Callable[[bytes], Coroutine[Any, Any, bytes]]
    """The body of `ANSWER` to that of a `CALL`; may raise whatever the plug-in raises."""


Make = Callable[[dict[str, Any]], Served]
"""A plug-in by the document of `CONFIGURE`; raises what its factory raises."""


class PluginSide(Protocol):
    """The plug-in's end of the socket."""

    def __init__(self, to_us: socket.socket, make: Make, end: Callable[[], None]) -> None:
        """`to_us` is the same socket as the transport's, for writing; `end` ends the process."""
        self._to_us, self._make, self._end = to_us, make, end
        self._frames = Frames(None)
        self._served: Served | None = None

    def dataReceived(self, data: bytes) -> None:
        for kind, number, body in self._frames.feed(data):
            match kind:
                case Frame.CONFIGURE:
                    self._configure(body)
                case Frame.PING:
                    self._send(Frame.BEGUN, number)
                case Frame.CALL if self._served is not None:
                    self._send(Frame.BEGUN, number)
                    self._answer(self._served, number, body)
                case _:
                    self._end()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._end()

    def _configure(self, body: bytes) -> None:
        try:
            self._served = self._make(json.loads(body))
            hello = self._served.hello
        except Exception as error:  # a factory of somebody else's may raise anything
            hello = wrong_octets(f"{type(error).__name__}: {error}")
        self._send(Frame.HELLO, 0, hello)

    def _answer(self, served: Served, number: int, body: bytes) -> None:
        answering = Deferred.fromCoroutine(self._asked(served, number, body))
        if not answering.called:
            self._send(Frame.WAITS, number)
        answering.addErrback(lambda failure: log.failure("plugin.not-told", failure))

    async def _asked(self, served: Served, number: int, body: bytes) -> None:
        try:
            answer = await served.answer(body)
        except Exception as error:  # whatever a plug-in raises
            log.failure("plugin.raised", Failure())
            answer = wrong_octets(f"raised {type(error).__name__}")
        self._send(Frame.ANSWER, number, answer)

    def _send(self, kind: Frame, number: int, body: bytes = b"") -> None:
        octets = memoryview(frame_octets(kind, number, body))
        while octets:
            try:
                octets = octets[self._to_us.send(octets) :]
            except BlockingIOError:
                select.select((), (self._to_us,), ())
