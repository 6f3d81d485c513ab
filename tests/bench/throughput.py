"""CPU a message by kind of process, messages a second and latency: the whole path beside a bare relay, in one run.

    python -m tests.bench.throughput [--loads 4096,100000,1000000,mixed] [--seconds S] [--rounds N] [--concurrency N]

Needs Linux and Postfix's smtp-sink. Systems take turns (A B C A B C), medians of the rounds are printed. The replay
client makes messages in which no two share a leaf, so that nothing remembered answers for them. CPU of the client and
of the sink is not counted; that of clamd, where one is asked, is not ours and not counted either. CPU a message is the
steady figure; messages a second and latency mean something on a quiet machine alone.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.mail import MIXED
from tests.bench.systems import FloorRelay, Pratique, Sink, System, cpu_of, peak_octets_of
from tests.servers.program import ServerMissing, server_folder

ROOT = Path(__file__).parents[2]
FLOOR = FloorRelay.name
OCTETS_A_RUN = 160_000_000
MOST_MESSAGES, LEAST_MESSAGES = 2000, 100


@dataclass(slots=True)
class Figures:
    """What the rounds of one system gave."""

    cost: dict[str, list[float]] = field(default_factory=dict)
    """CPU milliseconds a message by kind."""
    total: list[float] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    peaks: dict[str, int] = field(default_factory=dict)


def count_of(load: str, most: int) -> int:
    """Enough messages for a few seconds."""
    mean_octets = int(load) if load.isdigit() else 400_000
    return max(LEAST_MESSAGES, min(most, OCTETS_A_RUN // mean_octets))


def replay(port: int, load: str, count: int, concurrency: int, seed: int) -> dict[str, Any]:
    """One run of the replay client; what it tells. Raises RuntimeError when it cannot."""
    words = [str(word) for word in (port, load, count, concurrency, seed)]
    client = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.replay", *words],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert client.stdin is not None
    assert client.stdout is not None
    client.stdout.readline()
    told, _ = client.communicate("send\n")
    if client.returncode:
        raise RuntimeError("the replay client failed")
    document: dict[str, Any] = json.loads(told)
    return document


def measure(system: System, load: str, count: int, concurrency: int, seed: int, figures: Figures) -> None:
    """One round of one system."""
    # The client makes its messages before it sends, in its own time: an idle system pays nothing for that.
    before = cpu_of(system)
    run = replay(system.port, load, count, concurrency, seed)
    spent = cpu_of(system)
    spent.subtract(before)
    for kind, seconds in spent.items():
        figures.cost.setdefault(kind, []).append(seconds / count * 1000)
    figures.total.append(sum(spent.values()) / count * 1000)
    figures.runs.append(run | {"rate": count / run["seconds"], "megabytes": run["octets"] / run["seconds"] / 1e6})
    if run["refused"]:
        print(f"  {system.name}: {run['refused']} of {count} refused, such as {run['refusals']}", file=sys.stderr)


def report(systems: Sequence[System], load: str, count: int, concurrency: int, rounds: int) -> None:
    """Measure and print one load."""
    figures = {system.name: Figures() for system in systems}
    for system in systems:
        measure(system, load, max(40, count // 5), concurrency, 1, Figures())
    for number in range(rounds):
        for system in systems:
            measure(system, load, count, concurrency, 100 + number, figures[system.name])
    for system in systems:
        figures[system.name].peaks = peak_octets_of(system)
    what = f"{load} octets" if load.isdigit() else load
    print(f"\n{what}, {count} messages, concurrency {concurrency}, median of {rounds} rounds")
    print(f"{'':18}{'CPU ms':>8}{'x floor':>8}{'msgs/s':>8}{'MB/s':>7}{'p50':>8}{'p95':>8}{'p99':>8} ms   by kind")
    floor = statistics.median(figures[FLOOR].total) if FLOOR in figures else 0.0
    for name, found in figures.items():
        show(name, found, floor)


def show(name: str, found: Figures, floor: float) -> None:
    """One line."""
    total = statistics.median(found.total)
    kinds = Counter({kind: statistics.median(costs) for kind, costs in found.cost.items()})
    rate, megabytes = (statistics.median(run[key] for run in found.runs) for key in ("rate", "megabytes"))
    latency = [statistics.median(run["whole"][at] for run in found.runs) for at in range(3)]
    parts = ", ".join(f"{kind} {cost:.2f}" for kind, cost in kinds.most_common() if cost >= 0.005)
    peaks = ", ".join(f"{kind} {octets >> 20}" for kind, octets in found.peaks.items())
    ratio = f"{total / floor:8.2f}" if floor else f"{'':8}"
    print(
        f"{name:18}{total:8.2f}{ratio}{rate:8.0f}{megabytes:7.1f}"
        f"{latency[0]:8.1f}{latency[1]:8.1f}{latency[2]:8.1f}      {parts}; peak MB: {peaks}",
        flush=True,
    )


def main() -> None:
    """Set everything up, measure, print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--loads", default=f"4096,100000,1000000,{MIXED}")
    arguments.add_argument("--messages", type=int, default=MOST_MESSAGES, help="at most so many in a run")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--concurrency", type=int, default=20)
    arguments.add_argument("--clamd", default="none", help="PRATIQUE_CLAMD for our side (default none: YARA-X alone)")
    arguments.add_argument("--set", metavar="NAME=VALUE", action="append", default=[], help="a setting of ours")
    given = arguments.parse_args()
    settings = {"clamd": given.clamd} | dict(word.split("=", 1) for word in given.set)
    sink = Sink()
    systems: list[System] = [sink, FloorRelay(), Pratique(settings)]
    with server_folder("bench") as folder:
        try:
            for system in systems:
                system.start(folder, sink.port)
            for load in given.loads.split(","):
                report(systems, load, count_of(load, given.messages), given.concurrency, given.rounds)
        except ServerMissing as missing:
            sys.exit(f"{missing}: install Debian's postfix.")
        finally:
            for system in reversed(systems):
                system.stop()


if __name__ == "__main__":
    main()
