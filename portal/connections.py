"""One browser's connection to the portal, kept no longer than it is of use.

Comes in: a connection. Goes out: the same, to uvicorn's own protocol, which has no limit for a client that says
nothing, or never ends what it says: so a stranger with as many idle connections as are allowed would keep everybody
out. Two rules here:

* From its first octet or the last answer on, a whole request and its answer have EXCHANGE_SECONDS.
* Over MOST_OPEN connections, the one that has been waited for longest ends, not the one that has just come: an honest
  request is there within a second, and is never the oldest.

Standards: RFC 9112 section 9.5 (a server may close a connection that is idle, or fails to make progress).
Failure: a connection that ends so is cut, with no answer; its request is not carried out, because it is not whole.
Limits: those two, and REFUSED_OCTETS of a body whose request has been answered already.
"""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

EXCHANGE_SECONDS = 60.0
MOST_OPEN = 180
"""Below the number of requests at a time (`serve.py`), so that it is never idle ones that have others refused."""
REFUSED_OCTETS = 8 * 1024 * 1024
"""So much of a body that was refused is still read, so that the browser comes to read why."""


class PunctualConnection(H11Protocol):
    """One connection; those of a server know each other, in the order in which they began to be waited for."""

    _deadline: asyncio.TimerHandle | None = None
    _unwanted_octets = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Make room if there is none, and begin to wait."""
        super().connection_made(transport)
        self._wait_anew()
        if len(self.connections) > MOST_OPEN:
            self._end_oldest()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, but not for ever what nobody wants."""
        if self.conn.our_state is h11.DONE and self.is_owing:
            self._unwanted_octets += len(data)
            if self._unwanted_octets > REFUSED_OCTETS:
                self.transport.abort()
                return
        super().data_received(data)

    def on_response_complete(self) -> None:
        """One exchange is over; the next has its own time."""
        super().on_response_complete()
        self._wait_anew()

    @property
    def is_owing(self) -> bool:
        """Whether the client has a request to begin, or to end."""
        return self.conn.their_state in (h11.IDLE, h11.SEND_BODY) and not self.transport.is_closing()

    def _wait_anew(self) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(EXCHANGE_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()

    def _end_oldest(self) -> None:
        others: set[Any] = self.connections
        waiting = [each for each in others if isinstance(each, PunctualConnection) and each.is_owing]
        oldest = min(waiting, key=PunctualConnection._ends_at, default=None)
        if oldest is not None:
            oldest.transport.abort()

    def _ends_at(self) -> float:
        return self._deadline.when() if self._deadline is not None else 0.0
