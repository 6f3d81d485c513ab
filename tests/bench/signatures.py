"""A database for clamd that weighs what a real one does: patterns, digests, and EICAR; none fits random octets.

The official databases cannot be had everywhere, and change every day: figures from two days would not compare.
"""

import random
from pathlib import Path

from tests.servers.clamd_server import BODY_SIGNATURES, FILE_SIGNATURES

PATTERNS = 60_000
DIGESTS = 200_000
_PATTERN_OCTETS = 24


def write_signatures(database: Path) -> None:
    """Into clamd's folder; the same each time."""
    dice = random.Random(1906)
    patterns = (f"Bench.{number}:0:*:{dice.randbytes(_PATTERN_OCTETS).hex()}" for number in range(PATTERNS))
    digests = (f"{dice.randbytes(32).hex()}:{dice.randrange(1000, 500_000)}:Bench.D{n}:73" for n in range(DIGESTS))
    (database / "bench.ndb").write_text("\n".join(patterns) + "\n" + BODY_SIGNATURES)
    (database / "bench.hsb").write_text("\n".join(digests) + "\n")
    (database / "bench.hdb").write_text(FILE_SIGNATURES)
