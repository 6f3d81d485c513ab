"""Pieces of a message -> a transport, no faster than the network takes them.

Comes in: an iterator of pieces, the last of which holds the end of data. Goes out: writes. One piece is one write; more
are asked for one by one, when the one before has gone.

Failure: what the iterator raises (content that must not go out, a spool that cannot be read) goes to `when_failed`; the
end of data was then not sent, so the next hop takes nothing.
"""

from collections.abc import Callable, Iterator

from twisted.internet.interfaces import IConsumer, IPullProducer, ITransport
from twisted.python.failure import Failure
from zope.interface import implementer


@implementer(IPullProducer)
class Pieces:
    """One message on its way; `before_last` is called before the last piece is written."""

    def __init__(
        self,
        pieces: Iterator[bytes],
        before_last: Callable[[], None],
        transport: ITransport,
        when_failed: Callable[[Failure], None],
    ) -> None:
        self._pieces, self._before_last, self._transport, self._when_failed = (
            pieces,
            before_last,
            transport,
            when_failed,
        )
        self._next: bytes | None = b""

    def start(self) -> None:
        """Writes everything there is to write, now or as the network takes it."""
        if not self._step() or not self._step():
            return
        consumer = IConsumer(self._transport)
        consumer.registerProducer(self, False)

    def resumeProducing(self) -> None:
        if not self._step():
            IConsumer(self._transport).unregisterProducer()

    def stopProducing(self) -> None:
        """The transport has ended."""
        self._next = None

    def _step(self) -> bool:
        """Writes the piece that is due; false when there is none after it."""
        piece = self._next
        if piece is None:
            return False
        try:
            self._next = next(self._pieces, None)
            if self._next is None:
                self._before_last()
        except Exception:
            # Whatever it is, the caller of the transfer learns of it; in a producer it would be lost in the log.
            self._next = None
            self._when_failed(Failure())
            return False
        if piece:
            self._transport.write(piece)
        return self._next is not None
