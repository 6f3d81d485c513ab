"""The breaker: how a process stops hammering a next hop that is dead. Pure: the time is given.

Comes in: what became of each transfer to a hop. Goes out: whether the next one may be tried.
After FAILURES in a row it is open: nobody connects, and every copy is stored at once instead of after 20 s. When its
time is over, one transfer may try; the rest is still turned away until that one has ended. One that is answered, in
whatever way, closes it; one that is not opens it for twice as long.

Failure: none. A transfer whose end is never told would keep the hop closed to others, so `ended` is called in a
`finally`.
Limits: FIRST_SECONDS to MOST_SECONDS, unless it is made for less; MOST_REMEMBERED hops, of which those that failed
longest ago are forgotten.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

FAILURES = 5
FIRST_SECONDS = 2.0
MOST_SECONDS = 30.0
"""A next hop that is back has waited no longer than this for its mail."""
MOST_REMEMBERED = 10_000
Key = TypeVar("Key", bound=Hashable)


@dataclass(slots=True)
class _Trouble:
    """What is wrong with one hop; one that is well has none."""

    failures: int = 0
    open_seconds: float = 0.0
    until: float = 0.0
    is_trying: bool = False
    reason: str = ""
    """Of the last failure."""


class Breaker(Generic[Key]):
    """The breakers of all hops of one process."""

    def __init__(self, most_seconds: float = MOST_SECONDS) -> None:
        self._most_seconds = most_seconds
        self._troubles: OrderedDict[Key, _Trouble] = OrderedDict()

    def closed_for(self, key: Key, now: float) -> float:
        """Seconds for which nobody may connect, at least a little while somebody is trying; 0.0: go ahead."""
        trouble = self._troubles.get(key)
        if trouble is None or not trouble.open_seconds:
            return 0.0
        if trouble.is_trying:
            return max(FIRST_SECONDS, trouble.until - now)
        return max(0.0, trouble.until - now)

    def reason(self, key: Key) -> str:
        """What the last failure was; empty for a hop that is well."""
        trouble = self._troubles.get(key)
        return "" if trouble is None else trouble.reason

    def begun(self, key: Key) -> None:
        """A transfer begins, after `closed_for` gave 0.0: where the hop was in trouble, it is the one that tries."""
        trouble = self._troubles.get(key)
        if trouble is not None and trouble.open_seconds:
            trouble.is_trying = True

    def ended(self, key: Key, now: float, *, is_answered: bool | None, reason: str = "") -> float:
        """A transfer has ended; None: nothing can be said of the hop. Gives the seconds for which it opened, or 0.0."""
        if is_answered:
            self._troubles.pop(key, None)
            return 0.0
        trouble = self._troubles.get(key)
        if is_answered is None:
            if trouble is not None:
                trouble.is_trying = False
        else:
            return self._failed(key, trouble or _Trouble(), now, reason)
        return 0.0

    def _failed(self, key: Key, trouble: _Trouble, now: float, reason: str) -> float:
        trouble.failures += 1
        trouble.reason = reason
        opened = 0.0
        # Those that began before it opened fail behind one another, and say nothing new.
        if trouble.failures >= FAILURES and now >= trouble.until:
            trouble.open_seconds = min(max(FIRST_SECONDS, 2 * trouble.open_seconds), self._most_seconds)
            trouble.until = now + trouble.open_seconds
            opened = trouble.open_seconds
        trouble.is_trying = False
        self._troubles[key] = trouble
        self._troubles.move_to_end(key)
        if len(self._troubles) > MOST_REMEMBERED:
            self._troubles.popitem(last=False)
        return opened
