"""A fuzz run without instrumentation: `python -m tests.fuzz.loop [--count N] [--seed S]`.

Mutated messages of the grammar and mangled ones of the corpus in turn; each must hold (`holding.py`), and the process
must stay below the address space that a cell is allowed. What does not hold is written to `./var/fuzz/` as a message.
"""

import argparse
import hashlib
import itertools
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

from mx.cell.confinement import ADDRESS_SPACE_OCTETS
from tests.differential.mutated import mutated
from tests.fuzz.holding import hold
from tests.fuzz.mangled import mangled, seeds

_KEPT = Path("var/fuzz")


def messages(seed: int, count: int) -> Iterator[bytes]:
    """Half of each kind."""
    by_grammar = (each.content for each in mutated(seed, count // 2))
    yield from itertools.chain.from_iterable(zip(by_grammar, mangled(seeds(), seed, count // 2), strict=True))


def main() -> int:
    """The command."""
    words = argparse.ArgumentParser(prog="python -m tests.fuzz.loop")
    words.add_argument("--count", type=int, default=20_000)
    words.add_argument("--seed", type=int, default=1)
    given = words.parse_args()
    failed, slowest = 0, 0.0
    for message in messages(given.seed, given.count):
        try:
            slowest = max(slowest, hold(message)[1])
        except Exception as error:  # whatever it is, it is what the run looks for
            failed += 1
            _KEPT.mkdir(parents=True, exist_ok=True)
            name = hashlib.sha256(message).hexdigest()[:12]
            (_KEPT / f"{name}.eml").write_bytes(message)
            print(f"{name}: {type(error).__name__}: {error}")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    print(f"fuzz: {given.count} messages, {failed} failed, slowest {slowest:.3f} s, at most {most >> 20} MiB")
    return 1 if failed or most > ADDRESS_SPACE_OCTETS else 0


if __name__ == "__main__":
    sys.exit(main())
