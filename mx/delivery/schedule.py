"""When a delivery that failed for now is tried again. Pure: the time and the jitter are given.

Comes in: how many attempts there were, and the waits of the setting PRATIQUE_RETRY (`1m,5m,15m`). Goes out: seconds to
wait. The last wait repeats until the lifetime of the queue ends; then the delivery is undeliverable.

Standards: RFC 5321 section 4.5.4.1 ("the retry interval SHOULD be at least 30 minutes ... the give-up time generally
needs to be at least 4-5 days"). The first waits are shorter: the message was answered 250 by us, so nobody else tries,
and most outages of a tenant's server are restarts.

Failure: a setting that does not parse raises `ScheduleError` with one plain sentence; the program does not start.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

DEFAULT_WAITS = "1m,5m,15m,30m,1h,2h,4h"
LIFETIME = timedelta(days=5)
JITTER_SHARE = 0.1
"""A wait is longer by up to this share, so that a next hop which comes back is not met by all its mail at once."""

_WAIT = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)\s*(s|m|h|d)")
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class ScheduleError(ValueError):
    """The waits given cannot be used; the text says why, and what would do."""


def parse_waits(text: str) -> tuple[float, ...]:
    """The waits in seconds, from text such as `1s,2s,5s`; units s, m, h and d.

    Raises ScheduleError for anything else, for no wait at all, and for a wait of zero.
    """
    waits = []
    for entry in text.split(","):
        match = _WAIT.fullmatch(entry.strip())
        if match is None or float(match[1]) == 0:
            raise ScheduleError(f"{entry.strip()!r} is not a wait. Give a number and a unit, such as {DEFAULT_WAITS}.")
        waits.append(float(match[1]) * _UNIT_SECONDS[match[2]])
    return tuple(waits)


def next_wait(attempts: int, waits: Sequence[float], jitter: Callable[[], float]) -> float:
    """Seconds until the next attempt, after this many attempts (at least one).

    `jitter` gives a number from 0 to 1 (`random.random`).
    """
    wait = waits[min(max(attempts, 1), len(waits)) - 1]
    return wait * (1 + JITTER_SHARE * jitter())


def next_attempt_at(
    now: datetime, attempts: int, expires_at: datetime, waits: Sequence[float], jitter: Callable[[], float]
) -> datetime | None:
    """When to try again; None when the lifetime is over, so that the delivery is undeliverable.

    The last attempt is made at the end of the lifetime, not one wait before it.
    """
    if now >= expires_at:
        return None
    return min(now + timedelta(seconds=next_wait(attempts, waits, jitter)), expires_at)
