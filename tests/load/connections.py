"""Holds many hostile connections, and measures what an honest sender notices and what each connection costs.

    python -m tests.load.connections [--count 10000] [--slow 5000] [--seconds 30]

Judged: all idle connections get in and take less than 60 KB each; every honest letter is taken, 99 of 100 under churn;
its 95th percentile stays below 1 s beside idle connections, below 2 s beside slow ones. The exit status is 0 when all
of that is so.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.faults.node import node_on
from tests.load.hostile import raise_limit
from tests.load.measuring import Honest, honest_mail, hostile, resident_octets
from tests.servers.gateway import Gateway
from tests.servers.moody_hop import moody_hop
from tests.servers.program import server_folder

MOST_OCTETS_EACH = 60_000


@dataclass(frozen=True, slots=True)
class Beside:
    """What was measured beside one kind of connections."""

    kind: str
    got_in: int
    closed: int
    octets_each: float
    honest: Honest

    def __str__(self) -> str:
        cost = f"{self.got_in} got in, {self.closed} closed, {self.octets_each / 1000:.1f} KB each"
        return f"{self.kind}: {cost}; {self.honest}"


@contextmanager
def small_node() -> Iterator[Gateway]:
    """As small as it can be: one process receives, one cell opens."""
    with (
        moody_hop() as there,
        moody_hop() as away,
        server_folder("load") as place,
        node_on(place, there, away, {"client_connections": "50"}) as one,
    ):
        yield one


def beside(one: Gateway, kind: str, count: int, seconds: float) -> Beside:
    """Hold them, and send."""
    before = resident_octets(one, "mx")
    with hostile(kind, one.smtp_port, count) as held:
        honest = honest_mail(one.smtp_port, seconds)
        growth = resident_octets(one, "mx") - before
    return Beside(kind, held.got_in, held.closed, growth / max(1, held.got_in), honest)


def faults(result: Beside, count: int, most_seconds: float, least_share: float = 1.0) -> list[str]:
    """What is not as it must be."""
    found = []
    if result.kind != "churn" and result.got_in < count:
        found.append(f"{result.kind}: {count - result.got_in} did not get in")
    if result.kind == "idle" and result.octets_each > MOST_OCTETS_EACH:
        found.append(f"{result.kind}: {result.octets_each:.0f} octets each")
    if result.honest.taken < result.honest.sent * least_share:
        found.append(f"{result.kind}: {result.honest.sent - result.honest.taken} honest letters were not taken")
    if result.honest.p95 > most_seconds:
        found.append(f"{result.kind}: honest letters took {result.honest.p95:.2f} s")
    return found


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--slow", type=int, default=5_000)
    parser.add_argument("--seconds", type=float, default=30.0)
    given = parser.parse_args()
    raise_limit(given.count + 2_000)
    found: list[str] = []
    with small_node() as one:
        print(f"alone: {honest_mail(one.smtp_port, given.seconds)}", flush=True)
        for kind, count, most_seconds, least_share in (
            ("idle", given.count, 1.0, 1.0),
            ("ehlo", given.slow, 2.0, 1.0),
            ("drip", given.slow, 2.0, 1.0),
            ("data", given.slow, 2.0, 1.0),
            ("churn", 1, 2.0, 0.99),
        ):
            result = beside(one, kind, count, given.seconds)
            print(result, flush=True)
            found += faults(result, count, most_seconds, least_share)
    print("; ".join(found) or "all as it must be")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
