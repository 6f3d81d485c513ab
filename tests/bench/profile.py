"""Flame graphs of the hot path: an mx process and one of its cells under load, as py-spy sees them.

    python -m tests.bench.profile [--load 4096] [--seconds 20] [--concurrency 20] [--out docs/profiles]

Needs what `throughput.py` needs, and the extra `bench`. The program runs as by default, with YARA-X alone, and the
replay client sends all the while. Writes `mx.svg` and `cell.svg`: what lies on top of one another called one another,
and the wider, the more of the samples. Those of the mx process are of the thread that holds Python's lock, so that its
many threads which wait, and system calls, are not in them. Reading another process, and a confined cell at that, takes
root.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from tests.bench.cpu_time import kinds_of
from tests.bench.systems import Pratique, Sink
from tests.bench.throughput import ROOT, replay
from tests.servers.program import ServerMissing, server_folder

PICTURES = {"mx": ("mx.svg", "--gil"), "mx cells": ("cell.svg",)}
"""Kind of process -> its picture, and more words for py-spy."""
RATE = 100
"""Samples a second."""
MESSAGES_AT_ONCE = 2000
FOLDER = Path("docs/profiles")
SPY = Path(sys.executable).with_name("py-spy")


def recording(pid: int, seconds: float, picture: Path, *more: str) -> "subprocess.Popen[bytes]":
    """py-spy at work on one process; a function is one bar, whatever line it is at."""
    words = ["record", "--pid", pid, "--duration", round(seconds), "--rate", RATE, "--function", *more, "-o", picture]
    # Its first word is in the picture, and the way to it here is nobody's business.
    return subprocess.Popen(["py-spy", *map(str, words)], executable=SPY, cwd=ROOT)


def profile(ours: Pratique, load: str, concurrency: int, seconds: float, out: Path) -> None:
    """Send until every picture is drawn. Raises RuntimeError when one is not."""
    (ROOT / out).mkdir(parents=True, exist_ok=True)
    replay(ours.port, load, MESSAGES_AT_ONCE // 4, concurrency, 1)
    # Only now: the first cells are replaced by ones with every reader soon after the start.
    processes = {kind: pid for pid, kind in kinds_of(ours.roots["up"]).items()}
    spies = [recording(processes[kind], seconds, out / name, *more) for kind, (name, *more) in PICTURES.items()]
    seed = 2
    while any(spy.poll() is None for spy in spies):
        replay(ours.port, load, MESSAGES_AT_ONCE, concurrency, seed)
        seed += 1
    if any(spy.returncode for spy in spies):
        raise RuntimeError("py-spy could not read a process; its own words are above")


def main() -> None:
    """Set everything up, send, record."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--load", default="4096")
    arguments.add_argument("--seconds", type=float, default=40.0)
    arguments.add_argument("--concurrency", type=int, default=20)
    arguments.add_argument("--out", type=Path, default=FOLDER, help="a folder, seen from the project's own")
    given = arguments.parse_args()
    if not SPY.exists():
        sys.exit("py-spy is missing: pip install '.[bench]'.")
    sink, ours = Sink(), Pratique()
    with server_folder("profile") as folder:
        try:
            sink.start(folder)
            ours.start(folder, sink.port)
            profile(ours, given.load, given.concurrency, given.seconds, given.out)
        except (ServerMissing, RuntimeError) as failure:
            sys.exit(str(failure))
        finally:
            ours.stop()
            sink.stop()


if __name__ == "__main__":
    main()
