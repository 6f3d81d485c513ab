"""Whether the wall clock has gone on as time has: a clock that was set must not end the lifetime of queued mail.

Comes in: the wall clock, and one that is never set. Goes out: whether the first has moved with the second since the
process began. While it has not, nothing is given up for its age: it is tried again after the last wait. What is
forgotten at the next start is the difference alone; a copy is offered once more then, and held if that fails.

Failure: none. Limits: MOST_SECONDS, more than any correction by degrees. A machine that slept counts as one whose clock
was set.
"""

from collections.abc import Callable
from datetime import datetime

MOST_SECONDS = 60.0


class ClockWatch:
    """Compares two clocks from the moment at which it is made."""

    def __init__(self, wall: Callable[[], datetime], seconds: Callable[[], float]) -> None:
        """`seconds`: a clock that never jumps (the reactor's)."""
        self._wall, self._seconds = wall, seconds
        self._begun_wall, self._begun_seconds = wall(), seconds()

    def has_jumped(self) -> bool:
        """The wall clock was set, forward or back, and not set right again."""
        passed = (self._wall() - self._begun_wall).total_seconds()
        return abs(passed - (self._seconds() - self._begun_seconds)) > MOST_SECONDS
