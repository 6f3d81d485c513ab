"""Keeps the child processes of `pratique up` alive.

Each child is `python -P -m pratique.processes.child KIND NAME SOCKETS`, with the listening sockets it serves as
inherited descriptors and the settings as one line of JSON on its standard input. That input then stays open as the
child's lifeline: when this process is gone, however it went, the child reads the end of it, drains and ends. A child
says `ready` on its standard output, and is replaced when it dies, at once the first time, then with growing waits.
`-P`: the folder that the service is started in is no place to import from; who may write there could run as Pratique.

`reload` gives all of them successors with other settings: those that serve go on until every successor is ready, and
then drain. The sockets are this process's, so no connection is refused meanwhile.

The children are started before the database is looked at: they import what they need meanwhile, and begin with their
work when the settings come.

Failure: a child that dies STARTS_ALLOWED times before it was ever ready stops the service (its own last line on
standard error says why). A child that dies later costs its open connections only.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from twisted.application.service import Service
from twisted.internet.defer import Deferred, FirstError, gatherResults
from twisted.internet.interfaces import IDelayedCall, IProcessTransport, IReactorProcess, IReactorTime
from twisted.internet.protocol import ProcessProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure

from pratique.processes.lifeline import FIRST_SOCKET
from pratique.settings.settings import PREFIX

STARTS_ALLOWED = 3
LONGEST_WAIT_SECONDS = 5.0
READY_SECONDS = 60.0
"""Successors that need longer are given up."""
DRAIN_SECONDS = 27.0
"""From SIGTERM to SIGKILL; the whole service must have stopped within 30 s."""

log = Logger()


class Reactor(IReactorProcess, IReactorTime):
    """What is needed of the reactor."""


@dataclass(frozen=True, slots=True)
class ChildKind:
    """What one child is: its kind, a name for the log, the descriptors it is given."""

    kind: str
    name: str
    sockets: tuple[int, ...]
    tally: int | None = None
    """The memory in which processes of its kind count together, behind the sockets."""


class CannotStartError(Exception):
    """A child never became ready."""


class Child(ProcessProtocol):
    """One slot for a child process: the running one, or the wait for its successor."""

    transport: IProcessTransport | None

    def __init__(self, kind: ChildKind, reactor: Reactor) -> None:
        self.ready: Deferred[None] = Deferred()
        self.stopped: Deferred[None] = Deferred()
        self._kind, self._reactor, self._settings_line = kind, reactor, b""
        self._was_ready, self._is_stopping = False, False
        self._deaths = 0
        self._waiting: IDelayedCall | None = None
        self._kill_timer: IDelayedCall | None = None
        self._output = b""

    def start(self) -> None:
        """Start the process, with nothing inherited but its sockets and standard error."""
        self._waiting, self._output = None, b""
        kind = self._kind
        given = kind.sockets if kind.tally is None else (*kind.sockets, kind.tally)
        descriptors = {FIRST_SOCKET + index: descriptor for index, descriptor in enumerate(given)}
        program = [sys.executable, "-P", "-m", "pratique.processes.child"]
        command = [*program, kind.kind, kind.name, str(len(kind.sockets))]
        try:
            environment = _without_settings(os.environ)
            inherited: dict[int, int | str] = {0: "w", 1: "r", 2: 2, **descriptors}
            self._reactor.spawnProcess(self, sys.executable, command, env=environment, childFDs=inherited)
        except OSError as error:
            self._replace(str(error))

    def give_settings(self, line: bytes) -> None:
        """What the process, and each that replaces it, is to work with."""
        self._settings_line = line
        if self._is_running:
            self.connectionMade()

    def abandon(self) -> None:
        """Kill the process: the start is given up."""
        self._is_stopping = True
        self._start_no_more()
        self._signal("KILL")

    @property
    def _is_running(self) -> bool:
        return self.transport is not None and self.transport.pid is not None

    def _signal(self, name: str) -> None:
        if self.transport is not None and self._is_running:
            self.transport.signalProcess(name)

    def connectionMade(self) -> None:
        if self.transport is not None and self._settings_line:
            self.transport.writeToChild(0, self._settings_line)

    def outReceived(self, data: bytes) -> None:
        self._output = (self._output + data)[-4096:]
        if b"ready\n" not in self._output:
            return
        self._output, self._deaths = b"", 0
        if not self._was_ready:
            self._was_ready = True
            self.ready.callback(None)

    def processEnded(self, reason: Failure) -> None:
        if self._kill_timer is not None and self._kill_timer.active():
            self._kill_timer.cancel()
        if self._is_stopping:
            self.stopped.callback(None)
            return
        self._replace(reason.getErrorMessage())

    def _replace(self, why: str) -> None:
        self._deaths += 1
        if not self._was_ready and self._deaths >= STARTS_ALLOWED:
            sentence = f"The {self._kind.name} process did not start; its last line above says why."
            self.ready.errback(CannotStartError(sentence))
            return
        # The exponent has a bound of its own: a process may die for days.
        wait = 0.0 if self._deaths == 1 else min(0.2 * 2.0 ** min(self._deaths, 10), LONGEST_WAIT_SECONDS)
        log.warn("process.died", process=self._kind.name, reason=why, restart_seconds=wait)
        self._waiting = self._reactor.callLater(wait, self.start)

    def stop(self) -> Deferred[None]:
        """Ask the process to drain and end; fires when it is gone."""
        if self._is_stopping:
            return self.stopped
        self._is_stopping = True
        self._start_no_more()
        if self._is_running:
            self._signal("TERM")
            self._kill_timer = self._reactor.callLater(DRAIN_SECONDS, self._kill)
        else:
            self.stopped.callback(None)
        return self.stopped

    def _start_no_more(self) -> None:
        if self._waiting is not None and self._waiting.active():
            self._waiting.cancel()

    def _kill(self) -> None:
        log.warn("process.killed", process=self._kind.name, drain_seconds=DRAIN_SECONDS)
        self._signal("KILL")


class Supervisor(Service):
    """All children of one `pratique up`."""

    def __init__(self, kinds: Sequence[ChildKind], reactor: Reactor) -> None:
        self._kinds, self._reactor = tuple(kinds), reactor
        self._children = [Child(kind, reactor) for kind in kinds]
        self._leaving: list[Deferred[None]] = []
        self._successors: list[Child] = []

    def start_processes(self) -> None:
        """Start them all; they wait for their settings."""
        for child in self._children:
            child.start()

    def give_settings(self, line: bytes) -> None:
        """Let them all begin."""
        for child in self._children:
            child.give_settings(line)

    def abandon(self) -> None:
        """Kill them all: this process ends without ever running."""
        for child in self._children:
            child.abandon()

    def ready(self) -> Deferred[list[None]]:
        """Fires when every child has said that it is ready; fails with what the first that gave up said."""
        ready = gatherResults([child.ready for child in self._children], consumeErrors=True)
        return ready.addErrback(_first_of_all)

    async def reload(self, line: bytes) -> None:
        """Replace every child by one with these settings. Raises CannotStartError, and those before serve on then."""
        if self._successors:
            raise CannotStartError("The processes are being replaced already.")
        self._successors = [Child(kind, self._reactor) for kind in self._kinds]
        leaving = self._successors
        try:
            for child in self._successors:
                child.start()
                child.give_settings(line)
            ready = gatherResults([child.ready for child in self._successors], consumeErrors=True)
            await ready.addTimeout(READY_SECONDS, self._reactor, _not_in_time).addErrback(_first_of_all)
            leaving, self._children = self._children, self._successors
        finally:
            # Those that did become ready may have clients already: they drain like the others.
            self._successors = []
            self._leaving = [waiting for waiting in self._leaving if not waiting.called]
            self._leaving += [child.stop() for child in leaving]

    def stopService(self) -> Deferred[list[None]]:
        super().stopService()
        stopping = [child.stop() for child in (*self._children, *self._successors)]
        return gatherResults([*stopping, *self._leaving], consumeErrors=True)


def _first_of_all(failure: Failure) -> Failure:
    first = failure.value
    return first.subFailure if isinstance(first, FirstError) else failure


def _not_in_time(_: object, seconds: float) -> None:
    raise CannotStartError(f"The new processes were not ready within {seconds:g} s.")


def _without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """What a child inherits: its settings come another way, for anybody with our rights may read an environment."""
    return {name: value for name, value in environment.items() if not name.startswith(PREFIX)}
