"""The comparison: each message opened by us and read by every other parser, the differences named.

`python -m tests.differential.comparing --count N [--seed S] [--start M]` compares so many mutated messages, prints the
first differences of each kind and the counts. Exit status 0 when there is none.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mx.anatomy.budget import Budget
from mx.anatomy.deep_readers import DEEP_READERS
from mx.anatomy.walker import walk
from tests.differential.covering import Missing, missing
from tests.differential.mutated import Mutated, mutated
from tests.differential.parsers_here import parsers_here
from tests.differential.readings import Parser

_SHOWN = 5
"""Differences of one kind that are printed."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One message: what others have and we have not, and what it cost us."""

    message: Mutated
    lacking: tuple[Missing, ...]
    seconds: float


def compare(messages: Iterable[Mutated], parsers: Iterable[Parser]) -> Iterator[Compared]:
    """Each message, by all parsers."""
    asked = tuple(parsers)
    for message in messages:
        started = time.process_time()
        anatomy = walk(message.content, Budget(time.process_time), DEEP_READERS)
        seconds = time.process_time() - started
        lacking = [each for parser in asked for each in missing(anatomy, parser(message.content))]
        yield Compared(message, tuple(lacking), seconds)


def main() -> int:
    """The command."""
    words = argparse.ArgumentParser(prog="python -m tests.differential.comparing")
    words.add_argument("--count", type=int, default=20_000)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--start", type=int, default=0)
    given = words.parse_args()
    kinds: Counter[tuple[str, str]] = Counter()
    differing, slowest = 0, 0.0
    with parsers_here() as here:
        for reason in here.lacking:
            print(f"not asked: {reason}")
        for each in compare(mutated(given.seed, given.count, given.start), here.parsers):
            slowest = max(slowest, each.seconds)
            differing += bool(each.lacking)
            for lacking in each.lacking:
                kinds[lacking.parser, lacking.kind] += 1
                if kinds[lacking.parser, lacking.kind] <= _SHOWN:
                    print(f"{each.message.number} {lacking.parser} {lacking.kind} [{each.message.recipe}]")
                    print(f"    {lacking.octets[:100]!r}")
    for (parser, kind), count in sorted(kinds.items()):
        print(f"{parser}, {kind}: {count}")
    print(f"differential: {given.count} messages, {differing} with a difference, slowest {slowest:.3f} s")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
