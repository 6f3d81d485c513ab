"""The processes of one plug-in of another package: who is asked, who stands by, and what a lost one costs.

Comes in: what starts a process of it, and calls. Goes out: an answer for each call, or `NoAnswer`.

A plug-in that computes for ever is killed SILENCE_SECONDS behind the deadline of its call. Meanwhile other calls go to
a second process, which stands by from the start, because starting one takes longer than most deadlines. A process that
ends takes along what it had begun; what it had not read goes to another.

Failure: a call that is lost with its process is `NoAnswer`.
Limits: two processes of one plug-in beside each process of ours, three where a call has waited for HURRY_SECONDS; a
second between two starts. What waits longer than its deadline for one of them is no answer. A call that a process did
not read in time, and then reads nevertheless, is seen twice, and answered once.
"""

from collections import deque
from collections.abc import Callable
from itertools import count
from socket import socket
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from mx.outside.frames import MOST_OCTETS_BACK, Frame, Frames, Nonsense, frame_octets
from mx.outside.process import HELLO_SECONDS, Call, NoAnswer, OutsideProcess, Speech, Started, told_by

HURRY_SECONDS = 0.1
PROCESSES, MOST_PROCESSES = 2, 3
PAUSE_SECONDS = 1.0

log = Logger()

Start = Callable[[], Started]
"""Starts a process, which says `HELLO` once it is ready. Raises OSError."""


class CannotBegin(Exception):
    """There is no such plug-in; the text says why."""


class Crew:
    """All processes of one plug-in."""

    def __init__(self, reactor: Any, name: str, speech: Speech, start: Start) -> None:
        """`name` is for the log."""
        self._reactor, self._name, self._speech, self._start = reactor, name, speech, start
        self._numbers = count(1)
        self._waiting: deque[Call] = deque()
        self._processes: list[OutsideProcess] = []
        self._is_stopped, self._gone = False, Deferred[None]()
        self._next_start = 0.0
        self._look: IDelayedCall | None = None

    def adopt(self, first: Started, told: object) -> None:
        """Begin with this process, which has said `HELLO`, and this."""
        self._adopt(first, told)
        self._pass_on()

    @property
    def processes(self) -> int:
        """How many there are that have said what they are."""
        return sum(process.told is not None for process in self._processes)

    def ask(self, body: bytes) -> Deferred[Any]:
        """The answer to this call, as the speech reads it, or NoAnswer; who cancels it waits for it no more."""
        number = next(self._numbers)
        call = Call(number, frame_octets(Frame.CALL, number, body), Deferred(lambda _: self._give_up(call)))
        self._waiting.append(call)
        self._pass_on()
        return call.answered

    def stop(self) -> Deferred[None]:
        """End its processes, and fire once they are gone; nobody is asked any more."""
        self._is_stopped = True
        if self._look is not None and self._look.active():
            self._look.cancel()
        for process in list(self._processes):
            process.kill()
        if not self._processes and not self._gone.called:
            self._gone.callback(None)
        return self._gone

    def _give_up(self, call: Call) -> None:
        if call in self._waiting:
            self._waiting.remove(call)
        else:
            any(process.doubt(call) for process in self._processes)

    def _pass_on(self) -> None:
        """Give what waits to who is ready; look again where nobody is, or nobody stands by."""
        while self._waiting and (process := next((each for each in self._processes if each.is_ready), None)):
            process.give(self._waiting.popleft())
        if (self._waiting or len(self._processes) < PROCESSES) and self._look is None and not self._is_stopped:
            wait = HURRY_SECONDS if self._processes else 0.0
            self._look = self._reactor.callLater(max(wait, self._next_start - self._reactor.seconds()), self._tend)

    def _tend(self) -> None:
        self._look = None
        is_one_coming = any(process.told is None for process in self._processes)
        enough = MOST_PROCESSES if self._waiting else PROCESSES
        if not is_one_coming and len(self._processes) < enough:
            self._start_one()
        self._pass_on()

    def _start_one(self) -> None:
        try:
            self._adopt(self._start(), None)
        except OSError as error:
            self._next_start = self._reactor.seconds() + PAUSE_SECONDS
            log.warn("plugin.not-started", plugin=self._name, reason=str(error))

    def _adopt(self, started: Started, told: object) -> None:
        self._next_start = self._reactor.seconds() + PAUSE_SECONDS
        self._processes.append(
            OutsideProcess(self._reactor, started, self._speech, told, self._pass_on, self._back, self._lost)
        )

    def _back(self, call: Call) -> None:
        if not call.answered.called:
            self._waiting.appendleft(call)
            self._pass_on()

    def _lost(self, process: OutsideProcess, calls: list[Call]) -> None:
        self._processes.remove(process)
        if self._is_stopped and not self._processes and not self._gone.called:
            self._gone.callback(None)
        if not self._is_stopped:
            log.warn("plugin.process-lost", plugin=self._name, calls=len(calls))
        for call in calls:
            if call.is_begun or self._is_stopped:
                call.settle(NoAnswer("its process ended"))
            elif not call.answered.called:
                self._waiting.appendleft(call)
        self._pass_on()


def begin(reactor: Any, name: str, speech: Speech, start: Start) -> tuple[Any, Crew]:
    """What the plug-in says of itself, and its crew, the first process ready. Raises CannotBegin.

    Waits for it, and no reactor need run.
    """
    try:
        process, ours = start()
    except OSError as error:
        raise CannotBegin(str(error)) from error
    try:
        told = _heard(ours, speech)
    except (OSError, Nonsense) as error:
        process.kill()
        process.wait()
        ours.close()
        raise CannotBegin(str(error)) from error
    ours.setblocking(False)
    crew = Crew(reactor, name, speech, start)
    crew.adopt((process, ours), told)
    reactor.addSystemEventTrigger("after", "shutdown", crew.stop)
    return told, crew


def _heard(ours: socket, speech: Speech) -> object:
    """What the plug-in says of itself. Raises OSError, Nonsense."""
    ours.settimeout(HELLO_SECONDS)
    frames = Frames(MOST_OCTETS_BACK)
    while raw := ours.recv(1 << 16):
        for kind, _, body in frames.feed(raw):
            if kind is not Frame.HELLO:
                raise Nonsense("it does not say what it is")
            return told_by(speech, body)
    raise Nonsense("its process ended")
