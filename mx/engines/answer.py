"""What an engine that examines one artifact at a time can say of one. Pure.

Three of the four are answers; the fourth is none, and makes the engine's outcome `EngineFailed`: never clean.
"""

from dataclasses import dataclass

from mx.finding import Severity


@dataclass(frozen=True, slots=True)
class Clean:
    """Nothing was found in all of it."""


@dataclass(frozen=True, slots=True)
class Alert:
    """Something was found; the name is the engine's own, because people search for it."""

    name: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class TooLarge:
    """More than the engine looks at."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nothing that counts; the reason is for the trace."""

    reason: str


Answer = Clean | Alert | TooLarge | NoAnswer
