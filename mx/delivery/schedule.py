"""When a delivery that failed for now is tried again. Pure: the time and the jitter are given.

Comes in: how many attempts there were, and the waits of the setting PRATIQUE_RETRY in seconds. Goes out: the time of
the next attempt. The last wait repeats until the lifetime of the queue ends; then the delivery is undeliverable.
A next hop that does not answer is asked after the same waits, LONGEST_REST at most, with one delivery for all.

Standards: RFC 5321 section 4.5.4.1 ("the retry interval SHOULD be at least 30 minutes ... the give-up time generally
needs to be at least 4-5 days"). The first waits may be shorter: the message was answered 250 by us, so nobody else
tries, and most outages of a tenant's server are restarts.

Failure: none. The time for which the service itself was away counts as no lifetime (`end_of_life`): it may have been
away, or its clock been set.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

JITTER_SHARE = 0.1
"""A wait is longer by up to this share, so that a next hop which comes back is not met by all its mail at once."""
LONGEST_REST = 300.0
"""Seconds: so late, at most, mail is when its next hop is back; asking costs one connection, however much waits."""


@dataclass(frozen=True, slots=True)
class Absence:
    """A time in which the service was not there, or seems not to have been: its clock may have been set."""

    ended_at: datetime
    lasted: timedelta


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


def end_of_life(expires_at: datetime, lifetime: timedelta, absences: Iterable[Absence]) -> datetime:
    """When the lifetime of a copy ends that was queued so long before `expires_at`, if absences do not count.

    `absences` in their order.
    """
    for absence in absences:
        if expires_at - lifetime < absence.ended_at and absence.ended_at - absence.lasted < expires_at:
            expires_at += absence.lasted
    return expires_at


def rest_until(now: datetime, failures: int, waits: Sequence[float], jitter: Callable[[], float]) -> datetime:
    """When a next hop that has not answered so often in a row is asked again."""
    return now + timedelta(seconds=min(next_wait(failures, waits, jitter), LONGEST_REST))
