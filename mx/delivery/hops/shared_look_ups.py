"""Look-ups, each asked once at a time, whoever waits for it.

Comes in: what is looked up, and how long somebody will wait. Goes out: the answer.
A DNS that is slow for one tenant's host then takes one thread of this machine's look-up, and not one for each message,
so that other tenants' hosts are looked up as quickly as ever.

Failure: `TimeoutError` of Twisted, for who has waited long enough; what the look-up raises, for all that wait. A
look-up that nobody waits for any more is given up.
"""

from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, Protocol, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

Addresses = tuple[str, ...]
Asked = TypeVar("Asked", bound=Hashable)
Answer = TypeVar("Answer")


class HostLookUp(Protocol):
    """Who knows the addresses of names: `mx.names.resolver.NamesResolver`, or `SystemHosts` of this room."""

    async def hosts(self, name: str) -> Addresses:
        """The addresses, none when it has none. Raises DnsFailed, NoSuchName."""
        ...


class SharedLookUps(Generic[Asked, Answer]):
    """Those of one process."""

    def __init__(self, look_up: Callable[[Asked], Coroutine[Any, Any, Answer]], clock: IReactorTime) -> None:
        self._look_up, self._clock = look_up, clock
        self._waiting: dict[Asked, list[Deferred[Answer]]] = {}
        self._asking: dict[Asked, Deferred[None]] = {}

    async def answer(self, asked: Asked, seconds: float) -> Answer:
        """The answer of the look-up that is under way, or of a new one."""
        answer: Deferred[Answer] = Deferred()
        waiting = self._waiting.get(asked)
        if waiting is None:
            waiting = self._begin(asked, answer)
        else:
            waiting.append(answer)
        try:
            return await answer.addTimeout(seconds, self._clock)
        finally:
            waiting.remove(answer)
            if not waiting and self._waiting.get(asked) is waiting:
                del self._waiting[asked]
                self._asking.pop(asked).cancel()

    def _begin(self, asked: Asked, first: Deferred[Answer]) -> list[Deferred[Answer]]:
        waiting = self._waiting[asked] = [first]
        asking = Deferred.fromCoroutine(self._look_up(asked))
        told = asking.addBoth(self._tell, asked, waiting)
        if self._waiting.get(asked) is waiting:
            self._asking[asked] = told
        return waiting

    def _tell(self, result: Answer | Failure, asked: Asked, waiting: list[Deferred[Answer]]) -> None:
        if self._waiting.get(asked) is waiting:
            del self._waiting[asked]
            self._asking.pop(asked, None)
        for answer in list(waiting):
            if not answer.called:
                answer.callback(result)
