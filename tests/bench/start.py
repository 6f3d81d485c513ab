"""What a start costs: `python -m tests.bench.start [--rounds N]`.

Prints, for `pratique up` from its start to the line `ready`, on an empty data folder and once more on the same one,
and for `pratique scan` on a message of 10 KB, whole process: the seconds that pass, and the CPU seconds of all its
processes together, by the kind of each; the median of the rounds, and the best. Where other programs are at work too,
the CPU seconds say more than those that pass.
"""

import argparse
import resource
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.bench.anatomy import make_message
from tests.bench.cpu_time import cpu_seconds
from tests.servers.gateway import PROGRAM, Gateway
from tests.servers.ports import HOST

Run = tuple[float, Counter[str]]
"""Seconds that passed, and CPU seconds by kind of process."""


def start_up(data: Path) -> Run:
    """`pratique up` until it says that it is ready."""
    command = [*PROGRAM, "up", "--smtp", f"{HOST}:0", "--portal", f"{HOST}:0"]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment(data)) as up:
        assert up.stdout is not None
        said = up.stdout.readline()
        passed, spent = time.perf_counter() - began, cpu_seconds(up.pid)
        up.terminate()
    assert said.startswith(b"ready "), said
    return passed, spent


def scan(file: Path) -> Run:
    """`pratique scan` from its start to its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    subprocess.run([*PROGRAM, "scan", str(file)], check=True, capture_output=True, env=_environment(file.parent))
    passed, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return passed, Counter({"scan": spent})


def _environment(data: Path) -> dict[str, str]:
    return Gateway(data, {}).environment


def _show(name: str, runs: list[Run]) -> None:
    passed = [seconds for seconds, _ in runs]
    total = [spent.total() for _, spent in runs]
    kinds = sorted({kind for _, spent in runs for kind in spent})
    each = ", ".join(f"{kind} {statistics.median(spent[kind] for _, spent in runs):.2f}" for kind in kinds)
    print(
        f"{name:24}{statistics.median(passed):8.2f} s (best {min(passed):.2f})"
        f"{statistics.median(total):8.2f} CPU s (best {min(total):.2f}): {each}"
    )


def main() -> None:
    """Print one line for each kind of start."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.start", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = range(parser.parse_args().rounds)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        message = folder / "message.eml"
        message.write_bytes(make_message(10_000))
        works: dict[str, Callable[[int], Run]] = {
            "up, empty data folder": lambda number: start_up(folder / f"data{number}"),
            "up, once more": lambda number: start_up(folder / f"data{number}"),
            "scan, 10 KB": lambda number: scan(message),
        }
        # In turns, so that what else the machine does is shared by all.
        runs = [{name: work(number) for name, work in works.items()} for number in rounds]
    for name in works:
        _show(name, [run[name] for run in runs])


if __name__ == "__main__":
    main()
