"""What the verdict cache is worth when one message comes a thousand times: `python -m tests.bench.outbreak`.

Three loads take turns: messages that share nothing, copies of one message (their headers differ, as those of a
thousand recipients do), and the same copies in front of a Pratique with no engine but its own. Printed: clamd's CPU a
message and ours, messages a second; then how a copy compares. Needs Linux, clamd and Postfix's smtp-sink; clamd gets a
database of its own of the size of a real one's pattern part, so that a scan costs what a scan costs, and its temporary
files in memory.
"""

import argparse
import os
import statistics
from collections.abc import Iterator

from tests.bench.cpu_time import cpu_seconds
from tests.bench.mail import COPIES, ZIP
from tests.bench.systems import Pratique, Sink, cpu_of
from tests.bench.throughput import replay
from tests.servers.clamd_server import BODY_SIGNATURES, MEMORY_FOLDER, clamd_server
from tests.servers.program import server_folder

PATTERNS = 60_000


def signatures() -> bytes:
    """EICAR, which the canary needs, and so many random patterns of 20 octets."""
    return BODY_SIGNATURES.encode() + b"".join(
        b"Bench.%d:0:*:%b\n" % (number, os.urandom(20).hex().encode()) for number in range(PATTERNS)
    )


def rounds_of(load: str, with_clamd: Pratique, without: Pratique, clamd: int, count: int) -> Iterator[dict[str, float]]:
    """One round: for each of the three, clamd's and our CPU milliseconds a message, and messages a second."""
    seed = 0
    while True:
        figures: dict[str, float] = {}
        for name, system, word in (
            ("alone", with_clamd, load),
            ("copies", with_clamd, COPIES + load),
            ("no engine", without, COPIES + load),
        ):
            seed += 1
            before, before_clamd = cpu_of(system).total(), cpu_seconds(clamd).total()
            run = replay(system.port, word, count, 20, seed)
            figures[f"{name} clamd"] = (cpu_seconds(clamd).total() - before_clamd) / count * 1000
            figures[f"{name} ours"] = (cpu_of(system).total() - before) / count * 1000
            figures[f"{name} rate"] = count / run["seconds"]
        yield figures


def main() -> None:
    """Print both loads."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--loads", default=f"100000,{ZIP}")
    arguments.add_argument("--messages", type=int, default=1000)
    arguments.add_argument("--rounds", type=int, default=3)
    given = arguments.parse_args()
    sink, without = Sink(), Pratique({"clamd": "none"})
    with (
        server_folder("outbreak") as folder,
        server_folder("outbreak", "clamav", MEMORY_FOLDER) as scratch,
        clamd_server({"TemporaryDirectory": str(scratch)}, signatures()) as clamd,
    ):
        (folder / "with").mkdir()
        (folder / "without").mkdir()
        with_clamd = Pratique({"clamd": clamd.setting})
        try:
            sink.start(folder)
            with_clamd.start(folder / "with", sink.port)
            without.start(folder / "without", sink.port)
            for load in given.loads.split(","):
                found = rounds_of(load, with_clamd, without, clamd.pid, given.messages)
                next(found)  # warms up
                report(load, [next(found) for _ in range(given.rounds)])
        finally:
            for system in (without, with_clamd, sink):
                system.stop()


def report(load: str, rounds: list[dict[str, float]]) -> None:
    """Medians of one load."""
    median = {key: statistics.median(each[key] for each in rounds) for key in rounds[0]}
    print(f"\n{load}: median of {len(rounds)} rounds   clamd CPU ms   our CPU ms   messages/s")
    for name in ("alone", "copies", "no engine"):
        print(f"  {name:30}{median[name + ' clamd']:16.2f}{median[name + ' ours']:13.2f}{median[name + ' rate']:13.0f}")
    engine = median["copies clamd"] / median["alone clamd"]
    print(f"  a copy costs clamd {engine:.1%} of what a message alone costs it;")
    print(f"  its rate is {median['copies rate'] / median['no engine rate']:.0%} of that with no engine,", end=" ")
    print(f"{median['copies rate'] / median['alone rate']:.1f} times that of messages alone", flush=True)


if __name__ == "__main__":
    main()
