"""The pace of routes with a rate: a bucket of tokens for each, one token a message. Pure: the time is given.

Comes in: a route's rate, and each message. Goes out: how long the message has to wait for its turn. A route that was
idle may send at once what its rate allows in BURST_SECONDS, at least one message.

Failure: none.
Limits: MOST_REMEMBERED routes; one that is forgotten begins with a full bucket.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from tenants.domains.route_terms import Rate

BURST_SECONDS = 1.0
MOST_REMEMBERED = 10_000
Key = TypeVar("Key", bound=Hashable)


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Pace(Generic[Key]):
    """The buckets of one process."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[Key, _Bucket] = OrderedDict()

    def take(self, key: Key, rate: Rate, now: float, patience: float) -> float | None:
        """Seconds until this message's turn, which is then its own; None when it would wait longer than `patience`."""
        most = max(1.0, rate.a_second * BURST_SECONDS)
        bucket = self._buckets.setdefault(key, _Bucket(most, now))
        self._buckets.move_to_end(key)
        if len(self._buckets) > MOST_REMEMBERED:
            self._buckets.popitem(last=False)
        bucket.tokens = min(most, bucket.tokens + (now - bucket.at) * rate.a_second)
        bucket.at = now
        wait = max(0.0, (1.0 - bucket.tokens) / rate.a_second)
        if wait > patience:
            return None
        bucket.tokens -= 1.0
        return wait
