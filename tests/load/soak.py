"""Half of the load that the node can bear, for many minutes, while a worker is killed every minute.

    python -m tests.load.soak [--minutes 60] [--kill-seconds 60]

First the whole load is measured, with eight senders that do not pause; then letters are sent at half that rate.
Judged, over the second half of the time: memory grows by less than 1 MiB an hour for each process as far as the time
allows to tell (a straight line through the samples, and what its scatter leaves open), descriptors do not grow, and
nothing that was answered 250 is lost. The exit status is 0 when all of that is so.
"""

import argparse
import random
import statistics
import sys
import threading
import time
from dataclasses import dataclass, field
from uuid import uuid4

from tests.faults.crash import kill_a_worker
from tests.faults.node import AWAY, THERE, lost, node_on
from tests.load.measuring import descriptors, resident_octets
from tests.servers.gateway import Gateway
from tests.servers.mail_client import letter, send
from tests.servers.moody_hop import MoodyHop, moody_hop
from tests.servers.program import server_folder

SENDERS = 8
RATE_SECONDS = 10.0
SAMPLE_SECONDS = 2.0
OCTETS_AN_HOUR = 1 << 20


@dataclass
class Load:
    """Senders that together send so many letters a second; without a rate as many as they can."""

    port: int
    rate: float | None
    taken: list[str] = field(default_factory=list)
    failed: int = 0
    ended: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def begin(self) -> None:
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self.ended.set()
        for thread in self._threads:
            thread.join(60)

    def _work(self) -> None:
        pause = SENDERS / self.rate if self.rate else 0.0
        while not self.ended.is_set():
            begun, mark = time.monotonic(), uuid4().hex
            try:
                is_taken = send(self.port, letter(mark), [random.choice((THERE, THERE, AWAY))]).code == 250
            except Exception:
                # Whatever it was: not a 250, so nothing was promised.
                is_taken = False
            if is_taken:
                self.taken.append(mark)
            else:
                self.failed += 1
            self.ended.wait(max(0.0, pause - (time.monotonic() - begun)))


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at all processes."""

    seconds: float
    octets: int
    descriptors: int


def slope(samples: list[Sample]) -> tuple[float, float]:
    """Growth in octets an hour of a straight line through the samples, and its standard error."""
    times, octets = [one.seconds for one in samples], [float(one.octets) for one in samples]
    line = statistics.linear_regression(times, octets)
    mean = statistics.fmean(times)
    spread = sum((at - mean) ** 2 for at in times)
    rest = sum((y - line.slope * x - line.intercept) ** 2 for x, y in zip(times, octets, strict=True))
    return line.slope * 3600, (rest / max(1, len(times) - 2) / spread) ** 0.5 * 3600


def whole_rate(one: Gateway) -> float:
    """Letters a second at most."""
    load = Load(one.smtp_port, None)
    load.begin()
    time.sleep(RATE_SECONDS)
    load.end()
    return len(load.taken) / RATE_SECONDS


def soak(one: Gateway, hops: tuple[MoodyHop, MoodyHop], minutes: float, kill_seconds: float) -> list[str]:
    """What is not as it must be."""
    rate = whole_rate(one) / 2
    load, samples, kills = Load(one.smtp_port, rate), list[Sample](), 0
    load.begin()
    begun, next_kill, chance = time.monotonic(), kill_seconds, random.Random(1)
    while (seconds := time.monotonic() - begun) < minutes * 60:
        samples.append(Sample(seconds, resident_octets(one), descriptors(one)))
        if seconds > next_kill:
            kill_a_worker(one, chance)
            kills, next_kill = kills + 1, next_kill + kill_seconds
        time.sleep(SAMPLE_SECONDS)
    load.end()
    late = samples[len(samples) // 2 :]
    growth, error = slope(late)
    files = [one.descriptors for one in late]
    gone = lost(one, load.taken, *hops)
    print(f"{rate:.0f} letters a second, {len(load.taken)} taken, {load.failed} not, {kills} kills, lost {len(gone)}")
    memory = f"memory {late[0].octets >> 20} to {late[-1].octets >> 20} MiB"
    print(f"{memory}: {growth / 2**20:+.1f} MiB an hour, standard error {error / 2**20:.1f}")
    print(f"descriptors {min(files)} to {max(files)}")
    found = [f"{len(gone)} letters were lost"] if gone else []
    if growth - 2 * error > OCTETS_AN_HOUR:
        found.append("memory grows")
    if statistics.fmean(files[len(files) // 2 :]) > statistics.fmean(files[: len(files) // 2]) + 20:
        found.append("descriptors grow")
    return found


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--kill-seconds", type=float, default=60.0)
    given = parser.parse_args()
    with (
        moody_hop() as there,
        moody_hop() as away,
        server_folder("soak") as place,
        node_on(place, there, away, {"workers": "2", "cells": "2"}) as one,
    ):
        found = soak(one, (there, away), given.minutes, given.kill_seconds)
    print("; ".join(found) or "all as it must be")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
