"""Open connections to next hops, kept and used again.

Comes in: a hop and a Transfer. Goes out: one CopyResult for each recipient.
Each hop has a lane of its own, so a next hop that hangs fills its own lane and nobody else's. In a lane the connection
used last is used first; the others fall idle and are closed.

A connection that was kept may have been closed by the next hop at any moment. Where it ends before it answered
anything, no end of data was sent, so the transfer is tried once more on a fresh connection.
Where a TLS handshake fails, the hop is spoken to in plain text for an hour, if its route allows that.

Standards: RFC 5321 section 4.5.3.2 (timeouts: ours are shorter, since the queue tries again), section 3.8 (421).

Failure: no free connection in time makes the copies Unreachable.
Limits: the hop's own number of connections, MOST_TRANSACTIONS a connection, IDLE_SECONDS unused.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import cast

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import TimeoutError as TooLate
from twisted.internet.interfaces import IDelayedCall, IReactorTCP, IReactorTime

from mx.delivery.connection import CannotOpen, NextHopConnection, open_connection
from mx.delivery.contract import CopyResult, InquiryResult, Transfer, Unreachable
from mx.delivery.esmtp.client import Client, Settled
from mx.delivery.hops.hop import Hop
from mx.delivery.hops.tls import NO_CLIENTS, NoSuchClient, TlsContexts

MOST_TRANSACTIONS = 100
IDLE_SECONDS = 30.0
PLAIN_SECONDS = 3600.0


@dataclass(slots=True)
class _Lane:
    """All connections to one hop."""

    hop: Hop
    open: int = 0
    """Connections that are open, opening or closing."""
    idle: list[NextHopConnection] = field(default_factory=list)
    """The one used last stands last."""
    waiting: deque["Deferred[NextHopConnection | None]"] = field(default_factory=deque)
    """Each gets a connection, or None: the right to open one (counted in `open` already)."""
    plain_until: float = 0.0
    """A TLS handshake failed here: no other is tried before this time."""


class ConnectionPool:
    """The connections of one process."""

    def __init__(self, reactor: IReactorTCP, our_name: str, clients: Mapping[str, Path] = NO_CLIENTS) -> None:
        """`our_name` is what EHLO says; `clients`: name -> file of a certificate of ours."""
        self._reactor, self._our_name = reactor, our_name
        self._clock = cast(IReactorTime, reactor)
        self._tls = TlsContexts(clients)
        self._lanes: dict[Hop, _Lane] = {}
        self._sweep: IDelayedCall | None = None
        self._closed: Deferred[None] | None = None

    async def transfer(self, hop: Hop, transfer: Transfer, seconds: float) -> tuple[CopyResult | InquiryResult, ...]:
        """One result for each recipient, in order, at most `seconds` from now."""
        end = self._clock.seconds() + seconds
        lane = self._lanes.get(hop) or self._lanes.setdefault(hop, _Lane(hop))
        try:
            connection = await self._take(lane, end)
            is_fresh = connection is None
            connection = connection or await self._open(lane, end)
            settled = await self._use(lane, connection, transfer, end)
            if settled.is_unheard and not is_fresh:
                lane.open += 1
                settled = await self._use(lane, await self._open(lane, end), transfer, end)
        except CannotOpen as error:
            return (Unreachable(str(error), is_unasked=error.is_unasked),) * len(transfer.recipients)
        return settled.results

    def close(self) -> "Deferred[None]":
        """Closes what is idle now and the rest as it becomes so; fires when no connection is left."""
        self._closed = closed = Deferred[None]()
        for lane in list(self._lanes.values()):
            while lane.idle:
                lane.idle.pop().leave()
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        self._tell_when_closed()
        return closed

    # One transfer

    async def _take(self, lane: _Lane, end: float) -> NextHopConnection | None:
        """A kept connection, or None: the right to open one. Raises CannotOpen when neither is free in time."""
        while lane.idle:
            connection = lane.idle.pop()
            if connection.is_usable:
                return connection
        if lane.open < lane.hop.most_open:
            lane.open += 1
            return None
        turn: Deferred[NextHopConnection | None] = Deferred()
        lane.waiting.append(turn)
        alarm = self._clock.callLater(max(0.0, end - self._clock.seconds()), turn.errback, TooLate())
        try:
            return await turn
        except (TooLate, CancelledError) as error:
            lane.waiting.remove(turn)
            if isinstance(error, CancelledError):
                raise
            raise CannotOpen("no connection was free in time", is_unasked=True) from None
        finally:
            if alarm.active():
                alarm.cancel()

    async def _open(self, lane: _Lane, end: float) -> NextHopConnection:
        """A fresh connection, for the right that the caller has; gives the right back when it raises CannotOpen."""
        wants_tls = self._clock.seconds() >= lane.plain_until
        try:
            return await self._open_once(lane, end, wants_tls=wants_tls)
        except CannotOpen as error:
            if not error.is_tls_to_blame or not lane.hop.security.is_plain_allowed:
                raise
            lane.plain_until = self._clock.seconds() + PLAIN_SECONDS
        lane.open += 1
        return await self._open_once(lane, end, wants_tls=False)

    async def _open_once(self, lane: _Lane, end: float, *, wants_tls: bool) -> NextHopConnection:
        requires_tls = not lane.hop.security.is_plain_allowed
        client = Client(self._our_name, wants_tls=wants_tls, requires_tls=requires_tls)
        seconds = max(0.0, end - self._clock.seconds())
        when_over = partial(self._gone, lane)
        try:
            tls = self._tls.of(lane.hop.security)
        except NoSuchClient as error:
            when_over(None)
            raise CannotOpen(str(error), is_unasked=True) from None
        return await open_connection(self._reactor, lane.hop, client, tls, seconds, when_over)

    async def _use(self, lane: _Lane, connection: NextHopConnection, transfer: Transfer, end: float) -> Settled:
        settled = await connection.transfer(transfer, max(0.0, end - self._clock.seconds()))
        if settled.may_reuse:
            self._keep(lane, connection)
        return settled

    # The lane

    def _keep(self, lane: _Lane, connection: NextHopConnection) -> None:
        if self._closed is not None or connection.transactions >= MOST_TRANSACTIONS:
            connection.leave()
        elif lane.waiting:
            lane.waiting.popleft().callback(connection)
        else:
            connection.idle_since = self._clock.seconds()
            lane.idle.append(connection)
            if self._sweep is None:
                self._sweep = self._clock.callLater(IDLE_SECONDS, self._close_idle)

    def _gone(self, lane: _Lane, connection: NextHopConnection | None) -> None:
        """A connection of this lane is no more, or could not be made: who waits may open one."""
        if connection in lane.idle:
            lane.idle.remove(connection)
        lane.open -= 1
        if lane.waiting and lane.open < lane.hop.most_open:
            lane.open += 1
            lane.waiting.popleft().callback(None)
        if not lane.open and not lane.waiting and self._clock.seconds() >= lane.plain_until:
            self._lanes.pop(lane.hop, None)
        self._tell_when_closed()

    def _close_idle(self) -> None:
        self._sweep = None
        now = self._clock.seconds()
        for lane in list(self._lanes.values()):
            while lane.idle and now - lane.idle[0].idle_since >= IDLE_SECONDS:
                lane.idle.pop(0).leave()
        remaining = [lane.idle[0].idle_since for lane in self._lanes.values() if lane.idle]
        if remaining:
            self._sweep = self._clock.callLater(min(remaining) + IDLE_SECONDS - now, self._close_idle)

    def _tell_when_closed(self) -> None:
        if self._closed is not None and not self._closed.called and not any(lane.open for lane in self._lanes.values()):
            self._closed.callback(None)
