"""Routes and a Transfer -> what became of each copy. The entrance of this room.

Comes in: a domain's routes, and a Transfer, or the recipients to ask about. Goes out: one result for each recipient, in
order.
Routes are tried in the order of their priority, each at all its addresses, until one of them says anything: a refusal
is an answer, silence is not (RFC 5321 section 5.1). Where a next hop may have taken the copy, no other is tried.

Failure: when nothing answers in time, all copies are Unreachable, for the reason met last.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorPluggableNameResolver, IReactorTCP, IReactorTime

from mx.delivery.addresses import Addresses, NoAddress
from mx.delivery.connection import Address
from mx.delivery.contract import CopyResult, Delivered, InquiryResult, Transfer, Unreachable, Welcome
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

    async def _ask(
        self, routes: Sequence[Route], transfer: Transfer, seconds: float
    ) -> tuple[CopyResult | InquiryResult, ...]:
        end = self._clock.seconds() + seconds
        nothing: CopyResult | InquiryResult = Unreachable("there is no route")
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


@dataclass(frozen=True, slots=True)
class _Nothing:
    """The content of an inquiry."""

    octets: int = 0

    def chunks(self) -> Iterator[bytes]:
        return iter(())


_NOTHING = _Nothing()


def _of_a_copy(result: CopyResult | InquiryResult) -> CopyResult:
    if isinstance(result, Welcome):
        raise AssertionError("a transfer was answered as an inquiry is")
    return result


def _of_an_inquiry(result: CopyResult | InquiryResult) -> InquiryResult:
    if isinstance(result, Delivered):
        raise AssertionError("an inquiry was answered as a transfer is")
    return result


def _is_silence(result: CopyResult | InquiryResult) -> bool:
    """Nothing was heard, and nothing can have been taken: another next hop may be asked."""
    return isinstance(result, Unreachable) and not result.may_have_been_taken
