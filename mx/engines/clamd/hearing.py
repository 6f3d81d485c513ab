"""The answer of a clamd on this machine, whose question is on its way whole: a socket that is only read from.

Comes in: a connected unix socket. Goes out: an Answer, once clamd has closed. Most questions are small and go out in
one call; a transport of Twisted's, which could also write, costs half as much again as all the rest of them.

Failure: as in `connection.py`. Cancelling closes the connection.
"""

import socket
from collections.abc import Callable
from typing import cast

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFDSet, IReactorTime, IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from mx.engines.answer import Answer, NoAnswer
from mx.engines.clamd.protocol import MOST_ANSWER_OCTETS

TOO_LONG = "clamd's answer is too long"


@implementer(IReadDescriptor)
class Hearing:
    """Reads until clamd closes; `answer` fires with what `read` makes of all that it said."""

    def __init__(self, reactor: IReactorTime, connection: socket.socket, read: Callable[..., Answer]) -> None:
        """`read` is of `protocol.py`. The connection does not block, and is closed by this."""
        self._reactor, self._connection, self._read = cast(IReactorFDSet, reactor), connection, read
        self._raw = b""
        self.answer: Deferred[Answer] = Deferred(lambda _cancelled: self._close())
        self._reactor.addReader(self)

    def fileno(self) -> int:
        """-1 once it is closed."""
        return self._connection.fileno()

    def logPrefix(self) -> str:
        """Whose it is."""
        return "clamd"

    def doRead(self) -> None:
        """What has come. clamd closes right behind its answer, so the end is looked for at once."""
        try:
            while octets := self._connection.recv(MOST_ANSWER_OCTETS):
                self._raw += octets
                if len(self._raw) > MOST_ANSWER_OCTETS:
                    self._end(NoAnswer(TOO_LONG))
                    return
        except BlockingIOError:
            return
        except OSError:
            # It has closed, and did not read all of the question.
            self._end(self._read(self._raw, is_asked=False))
            return
        self._end(self._read(self._raw, is_asked=True))

    def connectionLost(self, reason: Failure) -> None:
        """The reactor has given the connection up."""
        if self.fileno() >= 0:
            self._end(NoAnswer("the connection to clamd was lost"))

    def _end(self, answer: Answer) -> None:
        self._close()
        self.answer.callback(answer)

    def _close(self) -> None:
        self._reactor.removeReader(self)
        self._connection.close()
