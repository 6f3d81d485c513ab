"""What one engine has done in this process: a count for `pratique engines`. No I/O.

Comes in: one outcome after another, each with its time. Goes out: `EngineStatistics`.
"""

from collections import deque
from dataclasses import dataclass
from statistics import median

from mx.finding import EngineFailed, EngineOutcome, Found

TIMES_KEPT = 100
"""The median is of this many answers, the newest."""


@dataclass(frozen=True, slots=True)
class EngineStatistics:
    """What one engine has done in this process."""

    scans: int
    """Messages that it was asked about."""
    detections: int
    """Messages in which it found something."""
    median_seconds: float | None
    """Of its newest answers; None while there is none."""


class Tally:
    """Counts one engine's outcomes."""

    def __init__(self) -> None:
        self._scans, self._detections = 0, 0
        self._seconds: deque[float] = deque(maxlen=TIMES_KEPT)

    def add(self, outcome: EngineOutcome, seconds: float) -> None:
        """One more message; the time counts only when the engine answered."""
        self._scans += 1
        self._detections += isinstance(outcome, Found)
        if not isinstance(outcome, EngineFailed):
            self._seconds.append(seconds)

    def statistics(self) -> EngineStatistics:
        """The counts so far."""
        return EngineStatistics(self._scans, self._detections, median(self._seconds) if self._seconds else None)
