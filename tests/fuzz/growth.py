"""Growth: doubling a hostile message at most doubles the time that the anatomy takes, whatever the family.

`python -m tests.fuzz.growth [--only TEXT] [--octets N]` measures each family at N and 2 N octets, in CPU time, and
prints time, ratio and finding. A message that ends in a limit costs no more than the limit, so its ratio is not judged.
"""

import argparse
import gc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mx.anatomy.budget import Budget
from mx.anatomy.deep_readers import DEEP_READERS
from mx.anatomy.walker import Anatomy, walk
from tests.fuzz.families import FAMILIES, Family

MOST_RATIO = 2.5
_TRIES = 12
"""Beside others a core may be half as quick from one try to the next: the best of so many is its own speed."""
_ENDING = frozenset({"limit.artifacts", "limit.octets", "limit.readings", "limit.time"})
"""The limits that end a walk; those on depth end one artifact."""
_NOISE_SECONDS = 0.02
"""Shorter times say more of the machine than of the message."""


@dataclass(frozen=True, slots=True)
class Growth:
    """One family's times at a size and at twice that size."""

    name: str
    seconds: float
    doubled_seconds: float
    findings: tuple[str, ...]

    @property
    def ratio(self) -> float:
        return self.doubled_seconds / max(self.seconds, 1e-6)

    @property
    def is_fine(self) -> bool:
        """It grows no faster than its size, or takes no time worth measuring, or a limit ends it."""
        is_limited = bool(_ENDING & set(self.findings))
        return self.doubled_seconds < _NOISE_SECONDS or self.ratio <= MOST_RATIO or is_limited


def opened(content: bytes) -> tuple[Anatomy, float]:
    """The message's anatomy, and the CPU seconds that it took."""
    started = time.process_time()
    anatomy = walk(content, Budget(time.process_time), DEEP_READERS)
    return anatomy, time.process_time() - started


@contextmanager
def only_own_garbage() -> Iterator[None]:
    """Python leaves what others have made alone: to look through all that a run of the suite keeps takes 0.3 s."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def measure(name: str, family: Family, octets: int) -> Growth:
    """The best of twelve tries each; only as many as are needed to see that it is fine."""
    small, large = family(octets), family(2 * octets)
    seconds, doubled, found = float("inf"), float("inf"), ()
    with only_own_garbage():
        for _ in range(_TRIES):
            seconds = min(seconds, opened(small)[1])
            anatomy, taken = opened(large)
            doubled = min(doubled, taken)
            found = tuple(dict.fromkeys(finding.name for finding in anatomy.findings))
            growth = Growth(name, seconds, doubled, found)
            if growth.is_fine:
                break
    return growth


def main() -> int:
    """The command."""
    words = argparse.ArgumentParser(prog="python -m tests.fuzz.growth")
    words.add_argument("--only", default="")
    words.add_argument("--octets", type=int, default=1 << 19)
    given = words.parse_args()
    growths = [measure(name, family, given.octets) for name, family in FAMILIES.items() if given.only in name]
    for each in growths:
        times = f"{each.seconds:7.3f} s {each.doubled_seconds:7.3f} s  x{each.ratio:4.1f}"
        print(f"{each.name:42} {times}  {each.findings}{'' if each.is_fine else '  GROWS TOO FAST'}")
    bad = sum(not each.is_fine for each in growths)
    slowest = max((each.doubled_seconds for each in growths), default=0.0)
    print(f"growth: {len(growths)} families, {bad} grow too fast, slowest {slowest:.3f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
