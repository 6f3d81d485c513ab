"""The DNS in a hurry: so many seconds for all questions together; what is not answered by then has failed.

For checks that ask one question after the other while a sender waits, about domains whose DNS is somebody else's.

Failure: `DnsFailed`, at once when the time is over; what was asked is not waited for.
"""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from mx.authentication.questions import Dns
from mx.deadline import within
from mx.names.failures import DnsFailed

T = TypeVar("T")


class Hurried:
    """`Dns`, for so many seconds from now."""

    def __init__(self, dns: Dns, reactor: Any, seconds: float) -> None:
        self._dns, self._reactor = dns, reactor
        self._ends = reactor.seconds() + seconds

    async def txt(self, name: str) -> tuple[bytes, ...]:
        """See `mx.authentication.questions.Dns`; so are all others."""
        return await self._ask(lambda: self._dns.txt(name), name)

    async def addresses(self, name: str, version: int) -> tuple[str, ...]:
        return await self._ask(lambda: self._dns.addresses(name, version), name)

    async def mail_exchangers(self, name: str) -> tuple[str, ...]:
        return await self._ask(lambda: self._dns.mail_exchangers(name), name)

    async def names(self, address: str) -> tuple[str, ...]:
        return await self._ask(lambda: self._dns.names(address), address)

    async def _ask(self, ask: Callable[[], Coroutine[Any, Any, T]], name: str) -> T:
        left = self._ends - self._reactor.seconds()
        if left <= 0:
            raise DnsFailed(f"{name}: no time left")

        async def asked() -> T | DnsFailed:
            try:
                return await ask()
            except DnsFailed as failed:
                return failed

        found = await within(asked, left, self._reactor, lambda reason: DnsFailed(f"{name}: {reason}"))
        if isinstance(found, DnsFailed):
            raise found
        return found
