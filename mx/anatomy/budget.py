"""Budget: what one message may cost, so that no message costs more.

Made for each message by its cell, handed down through the walk and every reader. A reader asks before it spends; a
limit that is reached raises LimitReached, which the walker turns into a finding of severity *unscannable*.
The clock is injected: seconds of CPU time of this process.

Limits: `Limits`, with the product's defaults.
"""

from collections.abc import Callable
from dataclasses import dataclass

_DEPTHS = frozenset({"archive-levels", "mime-levels", "ratio"})


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers; each is for one message."""

    archive_levels: int = 20
    mime_levels: int = 60
    artifacts: int = 10_000
    unpacked_octets: int = 256 << 20
    """Octets decoded and unpacked, all artifacts together."""
    ratio: int = 1000
    ratio_from_octets: int = 16 << 20
    """An artifact may be as dense as it likes up to this size."""
    further_readings: int = 200
    """Second and later readings of ambiguous places."""
    cpu_seconds: float = 10.0


_DEFAULTS = Limits()


class LimitReached(Exception):
    """A limit ended the reading of an artifact, or (`is_final`) of the whole message."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
        self.is_final = what not in _DEPTHS


class Budget:
    """What is left for one message."""

    __slots__ = ("_artifacts", "_clock", "_ends", "_octets", "_readings", "limits")

    def __init__(self, clock: Callable[[], float], limits: Limits | None = None) -> None:
        self.limits = limits or _DEFAULTS
        self._clock = clock
        self._ends = clock() + self.limits.cpu_seconds
        self._artifacts = 0
        self._octets = 0
        self._readings = 0

    @property
    def seconds_left(self) -> float:
        """CPU seconds left; negative once they are spent."""
        return self._ends - self._clock()

    @property
    def octets_left(self) -> int:
        return self.limits.unpacked_octets - self._octets

    def check_time(self) -> None:
        """Raise LimitReached once the CPU time is spent; called for every artifact and every 64 KiB of work."""
        if self._clock() > self._ends:
            raise LimitReached("time")

    def charge_artifact(self) -> None:
        """Count one artifact."""
        self._artifacts += 1
        if self._artifacts > self.limits.artifacts:
            raise LimitReached("artifacts")
        self.check_time()

    def charge_octets(self, octets: int) -> None:
        """Count octets that did not exist before: decoded or unpacked ones."""
        self._octets += octets
        if self._octets > self.limits.unpacked_octets:
            raise LimitReached("octets")

    def charge_reading(self) -> None:
        """Count one reading beyond the first."""
        self._readings += 1
        if self._readings > self.limits.further_readings:
            raise LimitReached("readings")

    def check_ratio(self, octets_in: int, octets_out: int) -> None:
        """Raise LimitReached for an artifact that is both large and too dense."""
        if octets_out > self.limits.ratio_from_octets and octets_out > self.limits.ratio * max(octets_in, 1):
            raise LimitReached("ratio")
