"""Twisted's epoll reactor, which tries to write at once what it would otherwise first ask the kernel about.

A socket that has room is the rule. Twisted registers every write with epoll, polls, writes, and takes it back: two
system calls and a turn of the loop for each reply. Here a transport that wants to write is tried once, before the next
poll; only one that still wants to is registered. Nothing else differs: the same transports, the same order of what
each of them writes, the same end of a connection. Events are also passed on without the log context of Twisted's old
logging, which nothing of ours reads.

Used by the processes that carry mail (`mx`, `work`). Figures: docs/decisions/0010-a-reactor-that-writes-at-once.md.

Failure: as in Twisted: what a transport raises is logged and ends that transport.
Limits: Linux (`running.choose_reactor` takes it there alone).
"""

from typing import Any

from twisted.internet.epollreactor import EPollReactor
from twisted.logger import Logger

log = Logger()


class PromptReactor(EPollReactor):
    """Twisted's epoll reactor, save that a write is tried before it is waited for."""

    def __init__(self) -> None:
        self._hopeful: dict[Any, None] = {}
        """Who wants to write and was not tried yet, in order."""
        super().__init__()

    def addWriter(self, writer: Any) -> None:
        if writer.fileno() not in self._writes:
            self._hopeful[writer] = None

    def removeWriter(self, writer: Any) -> None:
        if writer in self._hopeful:
            del self._hopeful[writer]
        else:
            super().removeWriter(writer)

    def getWriters(self) -> list[Any]:
        return [*super().getWriters(), *self._hopeful]

    def removeAll(self) -> list[Any]:
        self._register(list(self._hopeful))
        everybody: list[Any] = super().removeAll()
        return everybody

    def doPoll(self, timeout: float | None) -> None:
        """Write what can be written, then wait for events and pass them on."""
        if self._hopeful:
            self._write_now()
            if timeout is None or timeout > 0:
                timeout = self.timeout()  # a transport that ended has asked for a call
        selectables = self._selectables
        for descriptor, event in self._poller.poll(timeout, len(selectables)):
            selectable = selectables.get(descriptor)
            if selectable is not None:
                self._pass_on(selectable, descriptor, event)

    doIteration = doPoll

    def _write_now(self) -> None:
        """One try for each; who came meanwhile is registered, so that this ends."""
        for writer in list(self._hopeful):
            # An earlier one may have ended it.
            if writer in self._hopeful:
                self._pass_on(writer, writer.fileno(), self._POLL_OUT)
        self._register(list(self._hopeful))

    def _register(self, writers: list[Any]) -> None:
        for writer in writers:
            del self._hopeful[writer]
            super().addWriter(writer)

    def _pass_on(self, selectable: Any, descriptor: int, event: int) -> None:
        try:
            self._doReadOrWrite(selectable, descriptor, event)
        except Exception:
            log.failure("a connection could not be ended")
