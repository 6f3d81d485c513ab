"""Look-ups of hosts, each asked once at a time, whoever waits for it.

Comes in: a host, and how long somebody will wait. Goes out: its addresses.
A DNS that is slow for one tenant's host then takes one thread of this machine's look-up, and not one for each message,
so that other tenants' hosts are looked up as quickly as ever.

Failure: `TimeoutError` of Twisted, for who has waited long enough; what the look-up raises, for all that wait. A
look-up that nobody waits for any more is given up.
"""

from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

Addresses = tuple[str, ...]


class HostLookUp(Protocol):
    """Who knows the addresses of names: `mx.names.resolver.NamesResolver`, or `SystemHosts` of this room."""

    async def hosts(self, name: str) -> Addresses:
        """The addresses, none when it has none. Raises DnsFailed, NoSuchName."""
        ...


class SharedLookUps:
    """Those of one process."""

    def __init__(self, look_up: HostLookUp, clock: IReactorTime) -> None:
        self._look_up, self._clock = look_up, clock
        self._waiting: dict[str, list[Deferred[Addresses]]] = {}
        self._asking: dict[str, Deferred[None]] = {}

    async def hosts(self, host: str, seconds: float) -> Addresses:
        """The answer of the look-up that is under way, or of a new one."""
        answer: Deferred[Addresses] = Deferred()
        waiting = self._waiting.get(host)
        if waiting is None:
            waiting = self._begin(host, answer)
        else:
            waiting.append(answer)
        try:
            return await answer.addTimeout(seconds, self._clock)
        finally:
            waiting.remove(answer)
            if not waiting and self._waiting.get(host) is waiting:
                del self._waiting[host]
                self._asking.pop(host).cancel()

    def _begin(self, host: str, first: Deferred[Addresses]) -> list[Deferred[Addresses]]:
        waiting = self._waiting[host] = [first]
        asking = Deferred.fromCoroutine(self._look_up.hosts(host))
        told = asking.addBoth(self._tell, host, waiting)
        if self._waiting.get(host) is waiting:
            self._asking[host] = told
        return waiting

    def _tell(self, result: Addresses | Failure, host: str, waiting: list[Deferred[Addresses]]) -> None:
        if self._waiting.get(host) is waiting:
            del self._waiting[host]
            self._asking.pop(host, None)
        for answer in list(waiting):
            if not answer.called:
                answer.callback(result)
