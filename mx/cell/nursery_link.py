"""Our side of one nursery: orders go out, notices come back, its process is waited for.

Comes in: which cell to fork or bury, by number. Goes out: our end of a new cell's socket; how a cell ended.

Failure: a nursery that dies or takes no order is lost, and `lost` is called once; its cells are gone with it. A burial
that it does not answer within a second is answered with None.
"""

import subprocess
from collections.abc import Callable
from socket import AF_UNIX, SOCK_STREAM, send_fds, socket, socketpair
from typing import Any
from typing import Protocol as Seam

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from mx.cell.connection import OneProtocol, Wire
from mx.cell.orders import Buried, Forked, NoticeReader, Order, order_octets

_BURIAL_SECONDS = 1.0
_END_SECONDS = 1.0
_REAP_SECONDS = 0.01

Spawn = Callable[[], tuple[subprocess.Popen[bytes], socket]]
"""Starts a nursery: it, and our end of its socket."""


class Reactor(Seam):
    """What is asked of Twisted's reactor."""

    def seconds(self) -> float: ...

    def callLater(self, delay: float, callable: Callable[..., object], *args: object) -> IDelayedCall: ...

    def adoptStreamConnection(self, fileDescriptor: int, addressFamily: Any, factory: Any) -> Any: ...


class NurseryLink(Protocol):
    """One nursery, from its start to its end."""

    transport: Wire  # type: ignore[assignment]  # Twisted's class says ITransport | None

    def __init__(
        self, reactor: Any, nursery: tuple[subprocess.Popen[bytes], socket], lost: Callable[["NurseryLink"], None]
    ) -> None:
        self.gone: Deferred[None] = Deferred()
        """Fires once the process has been reaped, and with it all its cells."""
        self._reactor: Reactor = reactor
        self._lost = lost
        self._process, self._control = nursery
        self._notices = NoticeReader()
        self._burials: dict[int, Deferred[Buried | None]] = {}
        self._pids: dict[int, int] = {}
        reactor.adoptStreamConnection(self._control.fileno(), AF_UNIX, OneProtocol(self))

    @property
    def pid(self) -> int:
        return self._process.pid

    def pid_of(self, number: int) -> int:
        """A cell's process id; 0 while it has none."""
        return self._pids.get(number, 0)

    def fork(self, number: int) -> socket:
        """Order a cell; our end of its socket, which closes when there can be none. Raises OSError."""
        ours, theirs = socketpair(AF_UNIX, SOCK_STREAM)
        with theirs:
            try:
                send_fds(self._control, [order_octets(Order.FORK, number)], [theirs.fileno()])
            except BaseException:
                ours.close()
                raise
        ours.setblocking(False)
        return ours

    def deepen(self) -> None:
        """Have it import what deep cells need. Raises OSError."""
        self._control.send(order_octets(Order.DEEPEN))

    def bury(self, number: int) -> "Deferred[Buried | None]":
        """Have this cell killed and reaped; how it ended, or None where nobody can say."""
        burial: Deferred[Buried | None] = Deferred()
        self._burials[number] = burial
        burial.addTimeout(_BURIAL_SECONDS, self._reactor)  # type: ignore[arg-type]
        burial.addErrback(lambda failure: failure.trap(TimeoutError) and None)
        try:
            self._control.send(order_octets(Order.BURY, number))
        except OSError:
            self._answer(number, None)
        return burial

    def end(self) -> None:
        """Close its socket: it ends its cells, and itself."""
        self._control.close()
        self.transport.abortConnection()

    def kill(self) -> None:
        """End it now, without asking."""
        self._process.kill()

    def dataReceived(self, data: bytes) -> None:
        for notice in self._notices.feed(data):
            match notice:
                case Forked():
                    self._pids[notice.number] = notice.pid
                case Buried():
                    self._answer(notice.number, notice)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._control.close()
        for number in list(self._burials):
            self._answer(number, None)
        self._lost(self)
        self._reap(self._reactor.seconds() + _END_SECONDS)

    def _answer(self, number: int, buried: Buried | None) -> None:
        self._pids.pop(number, None)
        burial = self._burials.pop(number, None)
        if burial is not None and not burial.called:
            burial.callback(buried)

    def _reap(self, patience_ends: float) -> None:
        try:
            self._process.wait(0)
        except subprocess.TimeoutExpired:
            if self._reactor.seconds() >= patience_ends:
                self._process.kill()
            self._reactor.callLater(_REAP_SECONDS, self._reap, patience_ends)
        else:
            self.gone.callback(None)
