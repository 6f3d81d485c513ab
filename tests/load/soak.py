"""Half of the load that the node can bear, for many minutes, while a process is killed every minute.

    python -m tests.load.soak [--minutes 60] [--kill-seconds 60]

First the whole load is measured, with eight senders that do not pause; then letters are sent at half that rate. What is
killed is an `mx`, the `work`, the `portal`, a nursery or a cell by chance, but never what belongs to the first `mx`:
memory that a leak takes is seen only in what lives long. Looked at every two seconds, judged over the second half:

* memory (RSS) of the parent and of the spared `mx` with its nursery and cells: a straight line through the means of the
  minutes rises by less than 1 MiB an hour. The line's scatter is told: where it leaves that open, so is the judgement;
  only a line that certainly rises more is a fault. The same for all processes, where each kill is scatter.
* descriptors of the spared ones: the mean of the last quarter is that of the one before, but for two; and as many for
  all processes, but for those that are being replaced.
* nothing that was answered 250 is lost, and the load was what it was meant to be.

The exit status is 0 when nothing is at fault. `--figures FILE` has every look written, one line of JSON each.
"""

import argparse
import json
import random
import sys
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from uuid import uuid4

from tests.faults.crash import kill_a_worker
from tests.faults.node import AWAY, THERE, lost, node_on
from tests.load.growth import Look, Trend, descriptors_more, minute_means, trend
from tests.load.measuring import Use, uses
from tests.servers.gateway import Gateway
from tests.servers.mail_client import letter, send
from tests.servers.moody_hop import MoodyHop, moody_hop
from tests.servers.process_table import descendants
from tests.servers.program import server_folder

SENDERS = 8
RATE_SECONDS = 10.0
LOOK_SECONDS = 2.0
OCTETS_AN_HOUR = 1 << 20
MOST_DESCRIPTORS_SPARED, MOST_DESCRIPTORS_ALL = 2.0, 20.0
LEAST_LOAD = 0.9
"""Of the rate that was meant: below, it was not half of the load."""


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
        due = time.monotonic()
        while not self.ended.is_set():
            mark = uuid4().hex
            try:
                is_taken = send(self.port, letter(mark), [random.choice((THERE, THERE, AWAY))]).code == 250
            except Exception:
                # Whatever it was: not a 250, so nothing was promised.
                is_taken = False
            if is_taken:
                self.taken.append(mark)
            else:
                self.failed += 1
            due = max(due + pause, time.monotonic() - pause)
            self.ended.wait(max(0.0, due - time.monotonic()))


def whole_rate(one: Gateway) -> float:
    """Letters a second at most."""
    load = Load(one.smtp_port, None)
    load.begin()
    time.sleep(RATE_SECONDS)
    load.end()
    return len(load.taken) / RATE_SECONDS


def spared_family(one: Gateway) -> tuple[int, int]:
    """The first `mx` and its nursery."""
    below = descendants(one.pid)
    worker = next(process for process in below if process.kind == "mx")
    nursery = next(process for process in below if process.kind == "nursery" and process.parent == worker.pid)
    return worker.pid, nursery.pid


@dataclass
class Watch:
    """Looks at all processes again and again; what is killed is noted."""

    one: Gateway
    looks: list[Look] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._spared = spared_family(self.one)
        self._begun = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._begun

    def look(self) -> None:
        seconds, every = self.seconds, uses(self.one)
        kept = [use for use in every if self._is_spared(use) or use.pid == self.one.pid]
        self.looks.append(Look(seconds, *_sums(kept), *_sums(every)))

    def kill(self, chance: random.Random) -> None:
        cells = [use.pid for use in uses(self.one) if self._is_spared(use)]
        self.kills[kill_a_worker(self.one, chance, spared=cells)] += 1

    @property
    def is_whole(self) -> bool:
        """Whether those that are spared live still."""
        return set(self._spared) <= {use.pid for use in uses(self.one)}

    def _is_spared(self, use: Use) -> bool:
        return use.pid in self._spared or use.parent in self._spared


def _sums(some: list[Use]) -> tuple[int, int]:
    return sum(use.octets for use in some), sum(use.descriptors for use in some)


def watched(one: Gateway, minutes: float, kill_seconds: float) -> Watch:
    """For so many minutes."""
    watch, next_kill, chance = Watch(one), kill_seconds, random.Random(1)
    while watch.seconds < minutes * 60:
        watch.look()
        if watch.seconds > next_kill:
            watch.kill(chance)
            next_kill += kill_seconds
        time.sleep(LOOK_SECONDS)
    return watch


def soak(one: Gateway, hops: tuple[MoodyHop, MoodyHop], minutes: float, kill_seconds: float) -> tuple[Watch, list[str]]:
    """Prints what was measured; gives what is not as it must be."""
    whole = whole_rate(one)
    load = Load(one.smtp_port, whole / 2)
    load.begin()
    watch = watched(one, minutes, kill_seconds)
    rate = len(load.taken) / watch.seconds
    load.end()
    gone = lost(one, load.taken, *hops)
    print(f"load: {rate:.1f} letters a second taken, {whole / 2:.1f} meant, {whole:.1f} at most")
    kills = ", ".join(f"{count} {kind}" for kind, count in sorted(watch.kills.items()))
    print(f"{len(load.taken)} taken, {load.failed} not, {watch.kills.total()} kills ({kills}); lost {len(gone)}")
    found = [f"{len(gone)} letters were lost"] if gone else []
    if rate < LEAST_LOAD * whole / 2:
        found.append("the load was less than half")
    if not watch.is_whole:
        found.append("one of the spared died by itself")
    return watch, found + judged(watch.looks)


def judged(looks: list[Look]) -> list[str]:
    """Of the second half; prints the figures."""
    late = looks[len(looks) // 2 :]
    print(f"over the last {(late[-1].seconds - late[0].seconds) / 60:.0f} minutes:")
    spared = trend(minute_means([(one.seconds, one.spared_octets) for one in late]))
    every = trend(minute_means([(one.seconds, one.octets) for one in late]))
    faults = _memory("parent and the spared mx", spared) + _memory("all processes", every)
    more = descriptors_more([one.spared_descriptors for one in late])
    more_of_all = descriptors_more([one.descriptors for one in late])
    counts = [one.spared_descriptors for one in late]
    print(
        f"descriptors of the spared: {min(counts)} to {max(counts)}, {more:+.1f} on the mean; all: {more_of_all:+.1f}"
    )
    if more > MOST_DESCRIPTORS_SPARED or more_of_all > MOST_DESCRIPTORS_ALL:
        faults.append("descriptors grow")
    return faults


def _memory(whose: str, line: Trend) -> list[str]:
    """What is at fault, if anything."""
    least, most = line.an_hour - 2 * line.error, line.an_hour + 2 * line.error
    if least > OCTETS_AN_HOUR:
        said = "GROWS by more than 1 MiB an hour"
    elif most < OCTETS_AN_HOUR:
        said = "less than 1 MiB an hour, shown"
    else:
        said = "the scatter leaves open whether it is less than 1 MiB an hour"
    figures = f"{line.first / 2**20:.1f} to {line.last / 2**20:.1f} MiB on the line"
    print(
        f"memory of {whose}: {figures}, {line.an_hour / 2**20:+.2f} ± {2 * line.error / 2**20:.2f} MiB an hour: {said}"
    )
    return [f"memory of {whose} grows"] if least > OCTETS_AN_HOUR else []


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--kill-seconds", type=float, default=60.0)
    parser.add_argument("--figures", type=Path)
    given = parser.parse_args()
    with (
        moody_hop() as there,
        moody_hop() as away,
        server_folder("soak") as place,
        node_on(place, there, away, {"workers": "2", "cells": "2"}) as one,
    ):
        watch, found = soak(one, (there, away), given.minutes, given.kill_seconds)
    if given.figures:
        given.figures.write_text("".join(json.dumps(asdict(look)) + "\n" for look in watch.looks))
    print("; ".join(found) or "nothing is at fault")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
