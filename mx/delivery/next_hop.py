"""Routes and a Transfer -> what became of each copy. The entrance of this room.

Comes in: a domain's routes, and a Transfer, or the recipients to ask about. Goes out: one result for each recipient, in
order.
Routes are tried in the order of their priority, each at all its hosts and their addresses, until one of them says
anything: a refusal is an answer, silence is not (RFC 5321 section 5.1). Where a next hop may have taken the copy, no
other is tried. A hop that was silent several times in a row is left alone for a while (`breaker.py`), so that the
sender need not wait for it; the queue, for which nobody waits, stands by until it may be asked again, so that a retry
that a person wants is not in vain. A route with a rate is sent no more than that (`pace.py`).

Failure: when nothing answers in time, all copies are Unreachable, for the reason met last. Where every route leads
nowhere for good (null MX, a name that has been absent for an hour), they are refused.
"""

from collections.abc import Callable, Sequence
from random import random
from typing import cast

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTCP, IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from mx.artifact import Octets
from mx.delivery.breaker import Breaker
from mx.delivery.contract import (
    CopyResult,
    Delivered,
    InquiryResult,
    NextHopReply,
    PermanentlyRefused,
    Stage,
    Transfer,
    Unreachable,
    Welcome,
)
from mx.delivery.hops.addresses import NoAddress
from mx.delivery.hops.hop import Hop
from mx.delivery.hops.route_order import in_order
from mx.delivery.hops.surroundings import Surroundings, make_hops
from mx.delivery.pace import Pace
from mx.delivery.pool import ConnectionPool
from tenants.domains.route_terms import Rate
from tenants.domains.routes import Route

PATIENCE_SECONDS = 5.0
"""So long a message waits for its turn on a route with a rate; then it is stored."""
FAIR_SECONDS = 3.0
"""A hop that was given less time to answer in is not counted as silent."""
STANDING_BY_SECONDS = 10.0
"""So long the queue waits for its turn at a hop that was silent."""
QUEUE_MOST_SECONDS = 5.0
"""So long, at most, the queue leaves a hop alone: its own rests are longer, and known to all nodes."""
POLL_SECONDS = 0.25
OWN_NAMES_SECONDS = 300.0
_NOTHING = Octets(b"")
"""The content of an inquiry."""

log = Logger()

Results = tuple[CopyResult | InquiryResult, ...]


class NextHops(Service):
    """Delivers to next hops over kept connections; stopping it waits for the transfers under way."""

    def __init__(
        self,
        reactor: IReactorTCP,
        our_name: str,
        surroundings: Surroundings,
        *,
        is_queue: bool = False,
        chance: Callable[[], float] = random,
    ) -> None:
        """`our_name` is what EHLO says; `is_queue`: nobody waits for an answer."""
        self._clock = cast(IReactorTime, reactor)
        self._addresses, self._hops = make_hops(reactor, surroundings, chance)
        self._pool = ConnectionPool(reactor, our_name, surroundings.clients)
        self._breaker: Breaker[Hop] = Breaker(QUEUE_MOST_SECONDS) if is_queue else Breaker()
        self._patience = STANDING_BY_SECONDS if is_queue else 0.0
        self._pace: Pace[Route] = Pace()
        self._chance = chance
        self._next_look: IDelayedCall | None = None

    async def deliver(self, routes: Sequence[Route], transfer: Transfer, seconds: float) -> tuple[CopyResult, ...]:
        """See `mx.delivery.contract.Forwarding`."""
        results = await self._ask(routes, transfer, seconds)
        return tuple(_of_a_copy(result) for result in results)

    async def inquire(
        self, routes: Sequence[Route], recipients: Sequence[str], seconds: float
    ) -> tuple[InquiryResult, ...]:
        """See `mx.delivery.contract.Inquiring`."""
        is_smtputf8 = not all(address.isascii() for address in recipients)
        inquiry = Transfer("", tuple(recipients), b"", _NOTHING, False, is_smtputf8, is_inquiry=True)
        results = await self._ask(routes, inquiry, seconds)
        return tuple(_of_an_inquiry(result) for result in results)

    async def _ask(self, routes: Sequence[Route], transfer: Transfer, seconds: float) -> Results:
        end = self._clock.seconds() + seconds
        results: Results = ()
        refusals: list[NextHopReply] = []
        for route in in_order(routes, self._chance):
            try:
                results = await self._try_route(route, transfer, end)
            except NoAddress as error:
                results = _all(transfer, Unreachable(str(error)))
                if error.refusal is not None:
                    refusals.append(error.refusal)
                continue
            if not _is_silence(results) or self._clock.seconds() >= end:
                return results
        if refusals and len(refusals) == len(routes):
            return _all(transfer, PermanentlyRefused(refusals[-1], Stage.ROUTING))
        return results or _all(transfer, Unreachable("there is no route"))

    async def _try_route(self, route: Route, transfer: Transfer, end: float) -> Results:
        """The first answer of any host of the route, or silence. Raises NoAddress when there is no host at all."""
        hosts = await self._hops.hosts_of(route, self._left(end))
        rate = None if transfer.is_inquiry else route.terms.rate
        if rate is not None and not await self._has_turn(route, rate, end):
            return _all(transfer, Unreachable(f"the route's rate, {rate}, is used up", is_unasked=True))
        failure: NoAddress | None = None
        results: Results = ()
        for host in hosts:
            try:
                hops = await self._hops.at(route, host, self._left(end), requires_tls=transfer.requires_tls)
            except NoAddress as error:
                failure = error
                continue
            for hop in hops:
                if results and self._left(end) <= 0:
                    return results
                results = await self._try_hop(hop, transfer, end)
                if not _is_silence(results):
                    return results
        if not results and failure is not None:
            raise failure
        return results

    async def _try_hop(self, hop: Hop, transfer: Transfer, end: float) -> Results:
        if wait := await self._closed_for(hop, min(self._patience, self._left(end))):
            reason = f"{self._breaker.reason(hop)}; {hop.host} is asked again in {wait:.0f} s"
            return _all(transfer, Unreachable(reason, is_unasked=True))
        self._breaker.begun(hop)
        began = self._clock.seconds()
        is_answered: bool | None = None
        reason = ""
        try:
            results = await self._pool.transfer(hop, transfer, self._left(end))
            is_answered = _is_answer(results, end - began)
            reason = "" if is_answered else _reason(results)
        finally:
            opened = self._breaker.ended(hop, self._clock.seconds(), is_answered=is_answered, reason=reason)
            if opened:
                log.warn("next-hop.left-alone", address=hop.host, port=hop.port, seconds=opened, reason=reason)
        return results

    async def _closed_for(self, hop: Hop, patience: float) -> float:
        """Seconds for which the hop is to be left alone, once patience has come to its end; 0.0: go ahead."""
        until = self._clock.seconds() + patience
        while wait := self._breaker.closed_for(hop, self._clock.seconds()):
            if self._clock.seconds() + POLL_SECONDS > until:
                return wait
            await deferLater(self._clock, POLL_SECONDS)
        return 0.0

    async def _has_turn(self, route: Route, rate: Rate, end: float) -> bool:
        patience = min(PATIENCE_SECONDS, self._left(end))
        wait = self._pace.take(route, rate, self._clock.seconds(), patience)
        if wait:
            await deferLater(self._clock, wait)
        return wait is not None

    def _left(self, end: float) -> float:
        return max(0.0, end - self._clock.seconds())

    def startService(self) -> None:
        """Learn our own addresses, now and again."""
        super().startService()
        self._learn_own()

    def _learn_own(self) -> None:
        self._next_look = self._clock.callLater(OWN_NAMES_SECONDS, self._learn_own)
        learning = Deferred.fromCoroutine(self._addresses.learn_own(OWN_NAMES_SECONDS / 10))
        learning.addErrback(lambda failure: log.failure("next-hop.own-names-unknown", failure))

    def stopService(self) -> Deferred[None]:
        """Closes the connections; fires when the last has gone."""
        super().stopService()
        if self._next_look is not None:
            self._next_look.cancel()
            self._next_look = None
        return self._pool.close()


def _all(transfer: Transfer, result: Unreachable | PermanentlyRefused) -> Results:
    return (result,) * len(transfer.recipients)


def _of_a_copy(result: CopyResult | InquiryResult) -> CopyResult:
    if isinstance(result, Welcome):
        raise AssertionError("a transfer was answered as an inquiry is")
    return result


def _of_an_inquiry(result: CopyResult | InquiryResult) -> InquiryResult:
    if isinstance(result, Delivered):
        raise AssertionError("an inquiry was answered as a transfer is")
    return result


def _is_silence(results: Results) -> bool:
    """Nothing was heard, and nothing can have been taken: another next hop may be asked."""
    return all(isinstance(result, Unreachable) and not result.may_have_been_taken for result in results)


def _reason(results: Results) -> str:
    return next((result.reason for result in results if isinstance(result, Unreachable)), "")


def _is_answer(results: Results, seconds: float) -> bool | None:
    """Whether the hop is there, as far as this shows; None where it was not asked, or given too little time."""
    if not all(isinstance(result, Unreachable) for result in results):
        return True
    was_asked = not any(isinstance(result, Unreachable) and result.is_unasked for result in results)
    return False if was_asked and seconds >= FAIR_SECONDS else None
