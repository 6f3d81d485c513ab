"""How far into an artifact an engine looks, found out by canaries that lie far back.

Scanners say "clean" of what lies beyond their own limits, and their limits are set elsewhere. So before an artifact of
more than EASY_OCTETS is shown to an engine, the engine must once have found EICAR behind as many octets. The same
before any that is larger than its first limit, because those go another way.

Comes in: the size of an artifact. Goes out: nothing where the engine looks that far; `TooLarge` where it does not;
`NoAnswer` where it gave none.

Limits: sizes are taken in doubling steps up to the engine's own limits, and an answer counts for an hour.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from twisted.internet.defer import DeferredLock

from mx.artifact import Content
from mx.engines.answer import Alert, Answer, NoAnswer, TooLarge
from mx.engines.canary import FarCanary
from mx.finding import Severity

EASY_OCTETS = 1 << 20
COUNTS_SECONDS = 3600.0
_AROUND_OCTETS = FarCanary(0).octets

Ask = Callable[[Content], Coroutine[Any, Any, Answer]]


class Reach:
    """Of one engine. `limits` are its own, ascending; what is larger than the last is never shown to it."""

    def __init__(self, ask: Ask, limits: Sequence[int], seconds: Callable[[], float]) -> None:
        self._ask, self._limits, self._seconds = ask, tuple(limits), seconds
        self._known: dict[int, tuple[float, bool]] = {}
        self._lock = DeferredLock()

    async def obstacle(self, octets: int) -> TooLarge | NoAnswer | None:
        """Why an artifact of this size is not shown to the engine; None where it is."""
        limit = next((limit for limit in self._limits if octets <= limit), None)
        if limit is None:
            return TooLarge()
        if octets <= EASY_OCTETS and limit == self._limits[0]:
            return None
        step = min(limit, 1 << (octets - 1).bit_length())
        await self._lock.acquire()
        try:
            return await self._look(step)
        finally:
            self._lock.release()

    async def _look(self, step: int) -> TooLarge | NoAnswer | None:
        until, is_found = self._known.get(step, (0.0, False))
        if self._seconds() >= until:
            answer = await self._ask(FarCanary(step - _AROUND_OCTETS))
            if isinstance(answer, NoAnswer):
                return answer
            is_found = isinstance(answer, Alert) and answer.severity is Severity.INFECTED
            self._known[step] = (self._seconds() + COUNTS_SECONDS, is_found)
        return None if is_found else TooLarge()
