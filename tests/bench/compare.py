"""`make bench`: Pratique beside what people use today, in one run, with one clamd; writes docs/performance.md.

    python -m tests.bench.compare [--seconds S] [--rounds N] [--quick] [--scratch FOLDER] [--out docs/performance.md]

Needs Linux, root (Postfix drops to its own users), and what `tests/bench/install_peers.sh` installs; a peer that is
missing is named and left out. Systems take turns (A B C A B C); medians of the rounds are written. Nothing is tuned for
one that is not tuned for the others: all ask the same clamd, all deliver to the same sink. That clamd keeps its
temporary files in memory (/dev/shm, where there is one), as `infra/clamav` has it: it writes all that it looks at into
files, and on a disk that is most of what a small message costs everybody. `--scratch /tmp` shows it with a disk.

A run goes on until the sink has everything that was answered 250, so that a queue is not a way to be fast. CPU is that
of all processes of a system, clamd's told apart; that of the replay client and the sink is nobody's.
"""

import argparse
import itertools
import json
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.bench.cpu_time import cpu_seconds
from tests.bench.figures import Figure, Load
from tests.bench.mail import MIXED
from tests.bench.peers.aiosmtpd_relay import AiosmtpdRelay
from tests.bench.peers.haraka import Haraka
from tests.bench.peers.postfix_peers import PostfixWithAmavis, PostfixWithMilter
from tests.bench.performance_page import write_page
from tests.bench.signatures import write_signatures
from tests.bench.systems import FloorRelay, Pratique, Sink, System, cpu_of, peak_octets_of
from tests.servers.clamd_server import MEMORY_FOLDER, ClamdServer
from tests.servers.program import ServerFailed, ServerMissing, server_folder

ROOT = Path(__file__).parents[2]
CLAMD_ALONE = "clamd alone, whole messages"
LEAST_MESSAGES, MOST_MESSAGES = 40, 4000
LOADS = tuple(Load(word, 20) for word in ("4096", "100000", "1000000", MIXED))
FURTHER_LOADS = (
    *(Load(word, 1) for word in ("4096", "10000", "100000")),
    *(Load(word, 100) for word in ("4096", "100000")),
)


@contextmanager
def bench_clamd(scratch: Path) -> Iterator[ClamdServer]:
    """A clamd with a database of a real one's weight, and its temporary files in a folder of this one."""
    with server_folder("bench-clamd", "clamav") as folder, server_folder("bench-clamd", "clamav", scratch) as files:
        settings = {
            "MaxThreads": "20",
            "StreamMaxLength": "50M",
            "MaxFileSize": "50M",
            "TemporaryDirectory": f"{files}",
        }
        clamd = ClamdServer(folder, settings, b"")
        write_signatures(folder / "database")
        try:
            clamd.start()
            yield clamd
        finally:
            clamd.stop()


class Bench:
    """All systems, started; each round of each is one line of figures."""

    def __init__(self, systems: Sequence[System], clamd: ClamdServer, seconds: float) -> None:
        self._systems, self._clamd, self._seconds = systems, clamd, seconds
        self._seeds = itertools.count(1)

    def measure(self, load: Load, rounds: int) -> list[Figure]:
        """The medians of one load, one figure for each system and for clamd alone."""
        names = [*(system.name for system in self._systems), CLAMD_ALONE]
        counts = {name: self._count_for(name, load) for name in names}
        taken: dict[str, list[Figure]] = {name: [] for name in names}
        for _ in range(rounds):
            for name in names:
                taken[name].append(self._run(name, load, counts[name]))
        for name in names:
            print(f"  {load.words:28} {_median_of(taken[name]).words}", flush=True)
        return [_median_of(taken[name]) for name in names]

    def _count_for(self, name: str, load: Load) -> int:
        """So many messages that a round takes about the seconds that were asked for."""
        trial = max(LEAST_MESSAGES // 2, min(200, 20_000_000 // load.mean_octets), load.concurrency)
        rate = self._run(name, load, trial).rate
        return max(LEAST_MESSAGES, load.concurrency * 2, min(MOST_MESSAGES, round(rate * self._seconds)))

    def _run(self, name: str, load: Load, count: int) -> Figure:
        system = next((each for each in self._systems if each.name == name), None)
        words = [load.word, str(count), str(load.concurrency), str(next(self._seeds))]
        if system is None:
            client = _client("tests.bench.clamd_alone", str(self._clamd.socket_path), *words)
        else:
            client = _client("tests.bench.replay", str(system.port), *words)
        assert client.stdin is not None
        before, of_clamd = cpu_of(system) if system else Counter[str](), self._clamd_seconds()
        told, _ = client.communicate("send\n")
        if client.returncode:
            raise RuntimeError(f"{name}: the client failed")
        ended = time.perf_counter()
        if system is not None:
            system.drain()
        waited = time.perf_counter() - ended
        spent = cpu_of(system) if system else Counter[str]()
        spent.subtract(before)
        run = json.loads(told)
        if run["refused"]:
            print(f"  {name}: {run['refused']} of {count} refused, such as {run['refusals']}", file=sys.stderr)
        seconds = run["seconds"] + waited
        return Figure(
            system=name,
            promise=system.promise if system else "nothing: it only scans",
            load=load,
            rate=(count - run["refused"]) / seconds,
            megabytes=run["octets"] / seconds / 1e6,
            cpu_ms=sum(spent.values()) / count * 1000,
            clamd_ms=(self._clamd_seconds() - of_clamd) / count * 1000,
            latency_ms=tuple(run["whole"]),
            peak_octets=sum(peak_octets_of(system).values()) if system else 0,
            refused=run["refused"],
        )

    def _clamd_seconds(self) -> float:
        return sum(cpu_seconds(self._clamd.pid).values())


def _client(module: str, *words: str) -> "subprocess.Popen[str]":
    """A client that has made its messages and waits."""
    command = [sys.executable, "-m", module, *words]
    client = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert client.stdout is not None
    client.stdout.readline()
    return client


def _median_of(figures: Sequence[Figure]) -> Figure:
    """The round of the median rate, with the medians of what is steady."""
    middle = sorted(figures, key=lambda figure: figure.rate)[len(figures) // 2]
    return middle.with_cost(
        statistics.median(figure.cpu_ms for figure in figures), statistics.median(figure.clamd_ms for figure in figures)
    )


def start_all(systems: Sequence[System], folder: Path, sink_port: int) -> list[System]:
    """Those that could be started; each that could not is named."""
    started: list[System] = []
    for number, system in enumerate(systems):
        place = folder / str(number)
        place.mkdir()
        place.chmod(0o755)
        try:
            system.start(place, sink_port)
            started.append(system)
        except (ServerMissing, ServerFailed) as missing:
            system.stop()
            print(f"{system.name} is left out: {missing}", file=sys.stderr)
    return started


def main() -> None:
    """Start everything, measure every load, write the page."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=float, default=8.0, help="of one round of one system, about")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--quick", action="store_true", help="concurrency 20 alone")
    arguments.add_argument("--only", default="", help="names of systems, between commas")
    arguments.add_argument("--scratch", type=Path, default=MEMORY_FOLDER, help="where clamd has its temporary files")
    arguments.add_argument("--out", type=Path, default=ROOT / "docs" / "performance.md")
    given = arguments.parse_args()
    figures: list[Figure] = []
    with server_folder("bench") as folder, bench_clamd(given.scratch) as clamd:
        sink = Sink()
        peers = [peer(clamd.socket_path) for peer in (PostfixWithMilter, PostfixWithAmavis, Haraka, AiosmtpdRelay)]
        ours = Pratique({"clamd": clamd.setting, "log_level": "warning"})
        systems: list[System] = [sink, FloorRelay(), *peers, ours]
        wanted = [word.strip() for word in given.only.split(",") if word.strip()]
        chosen = [system for system in systems if not wanted or system is sink or system.name in wanted]
        started: list[System] = []
        try:
            started = start_all(chosen, folder, sink.port)
            bench = Bench(started, clamd, given.seconds)
            for load in LOADS if given.quick else LOADS + FURTHER_LOADS:
                figures += bench.measure(load, given.rounds)
        finally:
            for system in reversed(started):
                system.stop()
    write_page(figures, given.out, given.rounds)


if __name__ == "__main__":
    main()
