"""How far into an artifact an engine looks, found out by canaries that lie far back.

Scanners say "clean" of what lies beyond their own limits, and their limits are set elsewhere. So before an artifact of
more than EASY_OCTETS is shown to an engine, the engine must once have found EICAR behind as many octets. The same
before any that is larger than its first limit, because those go another way.

Comes in: the size of an artifact. Goes out: nothing where the engine looks that far; `TooLarge` where it does not;
`NoAnswer` where it gave none.

Failure: a far canary without an answer is no answer about the artifact either, unless a near one is found and the far
one fails again: then the engine does not look so far, and the message must not be deferred for ever.
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
DOUBTFUL_SECONDS = 60.0
"""For an answer that was none at first."""
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
                return await self._look_again(step, answer)
            is_found = _is_found(answer)
            self._known[step] = (self._seconds() + COUNTS_SECONDS, is_found)
        return None if is_found else TooLarge()

    async def _look_again(self, step: int, failure: NoAnswer) -> TooLarge | NoAnswer | None:
        """What it means that a far canary had no answer: one that is well otherwise does not look so far."""
        if not _is_found(await self._ask(FarCanary(0))):
            return failure
        answer = await self._ask(FarCanary(step - _AROUND_OCTETS))
        self._known[step] = (self._seconds() + DOUBTFUL_SECONDS, _is_found(answer))
        return None if _is_found(answer) else TooLarge()


def _is_found(answer: Answer) -> bool:
    return isinstance(answer, Alert) and answer.severity is Severity.INFECTED
