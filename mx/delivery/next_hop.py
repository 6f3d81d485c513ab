"""Routes and a Transfer -> what became of each copy. The entrance of this room.

Comes in: a domain's routes, and a Transfer. Goes out: one CopyResult for each recipient, in order.
Routes are tried in the order of their priority, each at all its addresses, until one of them says anything: a refusal
is an answer, silence is not (RFC 5321 section 5.1). Where a next hop may have taken the copy, no other is tried.

Failure: when nothing answers in time, all copies are Unreachable, for the reason met last.
"""

from collections.abc import Sequence
from typing import cast

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorPluggableNameResolver, IReactorTCP, IReactorTime

from mx.delivery.addresses import Addresses, NoAddress
from mx.delivery.connection import Address
from mx.delivery.contract import CopyResult, Transfer, Unreachable
from mx.delivery.pool import MOST_OPEN, ConnectionPool
from tenants.routes import Route


class NextHops(Service):
    """Delivers to next hops over kept connections; stopping it waits for the transfers under way."""

    def __init__(
        self, reactor: IReactorTCP, our_name: str, *, allow_private: bool = False, most_open: int = MOST_OPEN
    ) -> None:
        """`our_name` is what EHLO says; `allow_private` lets next hops be on loopback and in private networks."""
        self._clock = cast(IReactorTime, reactor)
        self._addresses = Addresses(cast(IReactorPluggableNameResolver, reactor), allow_private=allow_private)
        self._pool = ConnectionPool(reactor, our_name, most_open=most_open)

    async def deliver(self, routes: Sequence[Route], transfer: Transfer, seconds: float) -> tuple[CopyResult, ...]:
        """See `mx.delivery.contract.Forwarding`."""
        end = self._clock.seconds() + seconds
        nothing: CopyResult = Unreachable("there is no route")
        results = (nothing,) * len(transfer.recipients)
        for route in sorted(routes, key=lambda route: route.priority):
            try:
                hosts = await self._addresses.of(route.host, end - self._clock.seconds())
            except NoAddress as error:
                results = (Unreachable(str(error)),) * len(transfer.recipients)
                continue
            for host in hosts:
                remaining = end - self._clock.seconds()
                if remaining <= 0:
                    return results
                results = await self._pool.transfer(Address(host, route.port), transfer, remaining)
                if not all(_is_silence(result) for result in results):
                    return results
        return results

    def stopService(self) -> Deferred[None]:
        """Closes the connections; fires when the last has gone."""
        super().stopService()
        return self._pool.close()


def _is_silence(result: CopyResult) -> bool:
    """Nothing was heard, and nothing can have been taken: another next hop may be asked."""
    return isinstance(result, Unreachable) and not result.may_have_been_taken
