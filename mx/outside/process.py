"""One process of a plug-in of another package, seen from here: what it was asked, and whether it still listens.

It is given one call at a time, and the next when the plug-in has answered or waits for somebody. So a call that makes
it compute for ever has no other behind it; one that it does not read within UNREAD_SECONDS, and a second for each
OCTETS_A_SECOND of it, because it computes behind a wait, goes back to who gave it.

Failure: nonsense, and an end by itself, are the end of the process; `lost` is called once, with the calls that it had.
Limits: SILENCE_SECONDS without a sign, once somebody doubts it, and it is killed; HELLO_SECONDS to say what it is.
"""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from socket import AF_UNIX, socket
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IDelayedCall
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure

from mx.outside.frames import MOST_OCTETS_BACK, Frame, Frames, Nonsense, frame_octets

log = Logger()

SILENCE_SECONDS, UNREAD_SECONDS = 1.0, 0.5
OCTETS_A_SECOND = 16 << 20
HELLO_SECONDS = 15.0
Started = tuple[subprocess.Popen[bytes], socket]
"""A process, and our end of its socket."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nothing will come any more; the reason is for the trace."""

    reason: str


@dataclass(frozen=True, slots=True)
class Speech:
    """How what a plug-in of one group says is read; both functions raise Nonsense."""

    told_of: Callable[[bytes], object]
    """What it says of itself; a text where it says why there is none."""
    answer_of: Callable[[bytes], object]
    """What it answers."""


@dataclass(eq=False, slots=True)
class Call:
    """One question on its way to an answer."""

    number: int
    octets: bytes
    answered: Deferred[Any]
    is_begun: bool = False

    def settle(self, given: object) -> None:
        """Answer it, unless nobody waits for it any more."""
        if not self.answered.called:
            self.answered.callback(given)


class OutsideProcess(Protocol):
    """Our end of the socket."""

    transport: Any

    def __init__(
        self,
        reactor: Any,
        started: Started,
        speech: Speech,
        told: object,
        free: Callable[[], None],
        back: Callable[[Call], None],
        lost: Callable[["OutsideProcess", list[Call]], None],
    ) -> None:
        """`told`: what it has said of itself already; `free` is called whenever it may be given a call; `back` with one
        that it does not read."""
        self._process, ours = started
        self.told, self._speech = told, speech
        self._reactor = reactor
        self._free, self._back, self._lost = free, back, lost
        self._frames = Frames(MOST_OCTETS_BACK)
        self._calls: dict[int, Call] = {}
        self._busy: int | None = None
        """The number of the call, 0 for a ping, over which it has the thread, as far as is known."""
        self._unread: IDelayedCall | None = None
        """The time that is left for reading it."""
        self._doubt: IDelayedCall | None = None if told is not None else reactor.callLater(HELLO_SECONDS, self.kill)
        with ours:
            reactor.adoptStreamConnection(ours.fileno(), AF_UNIX, _OneProtocol(self))

    @property
    def is_ready(self) -> bool:
        """Whether a call may be given to it now."""
        return self.told is not None and self._busy is None

    def give(self, call: Call) -> None:
        """Have it answer this call."""
        self._calls[call.number] = call
        self._busy = call.number
        self._unread = self._reactor.callLater(
            UNREAD_SECONDS + len(call.octets) / OCTETS_A_SECOND, self._give_back, call
        )
        self.transport.write(call.octets)

    def doubt(self, call: Call) -> bool:
        """Nobody waits for this call any more; whether this process has it, and must now show that it lives."""
        if call.number not in self._calls:
            return False
        if self._busy is None:
            self._busy = 0
            self.transport.write(frame_octets(Frame.PING, 0))
        if self._doubt is None:
            self._doubt = self._reactor.callLater(SILENCE_SECONDS, self.kill)
        return True

    def kill(self) -> None:
        """End it now."""
        self._process.kill()
        self.transport.abortConnection()

    def dataReceived(self, data: bytes) -> None:
        try:
            for kind, number, body in self._frames.feed(data):
                self._take(kind, number, body)
        except Nonsense as wrong:
            log.warn("plugin.nonsense", reason=str(wrong))
            self.kill()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._believe()
        if self._unread is not None and self._unread.active():
            self._unread.cancel()
        self._process.kill()
        self._process.wait()
        calls, self._calls = list(self._calls.values()), {}
        self._lost(self, calls)

    def _take(self, kind: Frame, number: int, body: bytes) -> None:
        match kind:
            case Frame.HELLO if self.told is None:
                self._believe()
                self.told = told_by(self._speech, body)
            case Frame.BEGUN if number == self._busy:
                self._begun(number)
            case Frame.WAITS | Frame.ANSWER:
                self._busy = None if number == self._busy else self._busy
                if kind is Frame.ANSWER and (call := self._calls.pop(number, None)):
                    call.settle(self._speech.answer_of(body))
            case _:
                raise Nonsense("a frame out of its turn")
        self._free()

    def _begun(self, number: int) -> None:
        self._believe()
        if self._unread is not None and self._unread.active():
            self._unread.cancel()
        if number == 0:
            self._busy = None
        elif call := self._calls.get(number):
            call.is_begun = True

    def _give_back(self, call: Call) -> None:
        if self._calls.pop(call.number, None) is not None:
            self._back(call)

    def _believe(self) -> None:
        if self._doubt is not None and self._doubt.active():
            self._doubt.cancel()
        self._doubt = None


def told_by(speech: Speech, body: bytes) -> object:
    """What a process says of its plug-in. Raises Nonsense where there is none."""
    told = speech.told_of(body)
    if isinstance(told, str):
        raise Nonsense(told)
    return told


class _OneProtocol(Factory):
    noisy = False

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol

    def buildProtocol(self, addr: IAddress | None) -> Protocol:
        return self._protocol
