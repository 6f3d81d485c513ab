"""The bias: which engines are asked about a message, and how many of them must answer. Pure.

Comes in: the policy's bias, the engines that are on with their recent health, and the load. Goes out: a Plan. The five
biases and the numbers of engines are those that administrators know:

* max-certainty: every engine; one missing leaves the verdict incomplete;
* favor-certainty: every engine that is available; at least one must answer;
* neutral: half of them, rounded up;
* favor-performance: between one and half, fewer as the load grows;
* max-performance: one.

Where not all are asked, those come first that failed least of late, whose signatures are youngest, and that are
quickest; one that fails is replaced by the next, as long as there is one. YARA-X in the cells always runs and does not
count here. Engines for spam are counted apart from those for malware.

Limits: MOST_ENGINES at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from tenants.policies.entries import Bias

MOST_ENGINES = 5
AGE_UNKNOWN_HOURS = 24.0
"""An engine that states no age stands between one of today and one of yesterday."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One engine that is on, and how it does."""

    name: str
    is_available: bool = True
    """In rotation, and with signatures as young as the policy wants them."""
    failing_share: float = 0.0
    """Of its newest answers, from 0 to 1."""
    age_hours: float | None = None
    """Of its signatures, where it states one."""
    median_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Whom to ask at once, whom to ask when one of them fails, and how many answers are enough."""

    first: tuple[str, ...]
    spares: tuple[str, ...]
    needed: int


def plan_of(bias: Bias, candidates: Sequence[Candidate], load: float) -> Plan:
    """The plan for one message; `load` from 0 (idle) to 1 (as busy as can be)."""
    ranked = sorted(candidates, key=_rank)[:MOST_ENGINES]
    names = tuple(candidate.name for candidate in ranked)
    half = (len(names) + 1) // 2
    match bias:
        case Bias.MAX_CERTAINTY:
            return Plan(names, (), len(names))
        case Bias.FAVOR_CERTAINTY:
            available = tuple(candidate.name for candidate in ranked if candidate.is_available)
            return Plan(available or names, (), min(1, len(names)))
        case Bias.NEUTRAL:
            return _these(names, half)
        case Bias.FAVOR_PERFORMANCE:
            return _these(names, min(half, 1 + round((half - 1) * (1.0 - min(1.0, max(0.0, load))))))
        case Bias.MAX_PERFORMANCE:
            return _these(names, min(1, half))
        case _:
            assert_never(bias)


def _these(names: tuple[str, ...], count: int) -> Plan:
    return Plan(names[:count], names[count:], count)


def _rank(candidate: Candidate) -> tuple[bool, float, float, float]:
    """Best first. Shares by tenths and ages by days, so that what differs by chance does not decide."""
    age = AGE_UNKNOWN_HOURS if candidate.age_hours is None else candidate.age_hours
    seconds = float("inf") if candidate.median_seconds is None else candidate.median_seconds
    return (not candidate.is_available, round(candidate.failing_share, 1), age // 24, seconds)
