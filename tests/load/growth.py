"""Whether a figure rises in the course of time: pure arithmetic of the soak.

Comes in: looks at the processes, one every few seconds. Goes out: the straight line through the means of the minutes
with its standard error, and by how much the descriptors of the later half are more. The means of minutes, because
neighbouring looks say the same thing twice: taken for themselves they would make the error too small.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

MINUTE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Look:
    """What the processes take at one moment: those that are never killed, and all of them."""

    seconds: float
    spared_octets: int
    spared_descriptors: int
    octets: int
    descriptors: int


@dataclass(frozen=True, slots=True)
class Trend:
    """A straight line: its growth an hour, the standard error of that, and its two ends."""

    an_hour: float
    error: float
    first: float
    last: float


def minute_means(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The mean of each minute, at the middle of its times; of whole minutes only where there are several."""
    begun = points[0][0]
    minutes: dict[int, list[tuple[float, float]]] = {}
    for seconds, value in points:
        minutes.setdefault(int((seconds - begun) / MINUTE_SECONDS), []).append((seconds, value))
    if len(minutes) < 4:
        return list(points)
    return [
        (statistics.fmean(seconds for seconds, _ in some), statistics.fmean(value for _, value in some))
        for some in minutes.values()
    ]


def trend(points: Sequence[tuple[float, float]]) -> Trend:
    """The line of least squares through these moments, in seconds, and values."""
    times, values = [seconds for seconds, _ in points], [float(value) for _, value in points]
    line = statistics.linear_regression(times, values)
    mean = statistics.fmean(times)
    spread = sum((at - mean) ** 2 for at in times)
    rest = sum((y - line.slope * x - line.intercept) ** 2 for x, y in zip(times, values, strict=True))
    error = (rest / max(1, len(times) - 2) / spread) ** 0.5
    first, last = (line.intercept + line.slope * at for at in (times[0], times[-1]))
    return Trend(line.slope * 3600, error * 3600, first, last)


def descriptors_more(counts: Sequence[int]) -> float:
    """By how much the mean of the later half is more than that of the earlier one."""
    half = len(counts) // 2
    return statistics.fmean(counts[half:]) - statistics.fmean(counts[:half])
