"""Messages a second and CPU a message through the whole path, beside source into sink alone and any relay named.

    python tests/bench/throughput.py [--size OCTETS] [--messages N] [--rounds N] [--peer PORT:SINK_PORT:PID]

Needs Postfix's smtp-source and smtp-sink. `smtp-source` repeats its body; nothing in Pratique remembers it.
Rounds alternate between the systems, and medians are printed: A B A B, never A A B B.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.servers.gateway import gateway
from tests.servers.ports import free_port

TICKS_A_SECOND = 100
CONCURRENCY = 20


def cpu_seconds(root: int) -> float:
    """CPU time of a process and its living descendants so far, from /proc."""
    ticks, parents = {}, {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(entry.parent.name)
        parents[pid], ticks[pid] = int(fields[1]), int(fields[11]) + int(fields[12])
    tree = {root}
    while grown := {pid for pid, parent in parents.items() if parent in tree} - tree:
        tree |= grown
    return sum(ticks.get(pid, 0) for pid in tree) / TICKS_A_SECOND


def send(port: int, size: int, messages: int, recipient: str) -> float:
    """Seconds that smtp-source needs, a new connection for each message."""
    command = ["smtp-source", "-s", str(CONCURRENCY), "-m", str(messages), "-l", str(size), "-t", recipient]
    started = time.monotonic()
    subprocess.run([*command, "-f", "bench@sender.example", f"127.0.0.1:{port}"], check=True)
    return time.monotonic() - started


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--size", type=int, default=4096)
    arguments.add_argument("--messages", type=int, default=3000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--clamd", default="none", help="PRATIQUE_CLAMD for our side (default none: YARA-X alone)")
    arguments.add_argument("--peer", metavar="PORT:PID", action="append", default=[], help="a relay that runs already")
    given = arguments.parse_args()
    if shutil.which("smtp-source") is None:
        sys.exit("smtp-source is missing: install Debian's postfix.")
    sink_port = free_port()
    sink = subprocess.Popen(["smtp-sink", "-u", "nobody", f"127.0.0.1:{sink_port}", "1000"])
    settings = {
        "ALLOW_PRIVATE_ROUTES": "on",
        "CLIENT_CONNECTIONS": "0",
        "CLAMD": given.clamd,
    }
    try:
        with gateway(settings) as ours:
            ours.do("tenant", "add", "bench")
            ours.do(
                "domain", "add", "bench.example", "--tenant", "bench", "--verified",
                "--route", f"smtp://127.0.0.1:{sink_port}",
            )  # fmt: skip
            systems = {"source into sink": (sink_port, sink.pid), "pratique": (ours.smtp_port, ours.pid)}
            for number, peer in enumerate(given.peer):
                port, pid = peer.split(":")
                systems[f"peer {number}"] = (int(port), int(pid))
            report(systems, given.size, given.messages, given.rounds)
    finally:
        sink.terminate()


def report(systems: dict[str, tuple[int, int]], size: int, messages: int, rounds: int) -> None:
    """Run the rounds and print the medians."""
    rates: dict[str, list[float]] = {name: [] for name in systems}
    costs: dict[str, list[float]] = {name: [] for name in systems}
    for port, _ in systems.values():
        send(port, size, messages // 5, "user@bench.example")
    for _ in range(rounds):
        for name, (port, pid) in systems.items():
            before = cpu_seconds(pid)
            seconds = send(port, size, messages, "user@bench.example")
            costs[name].append((cpu_seconds(pid) - before) / messages * 1000)
            rates[name].append(messages / seconds)
    print(f"{size} octets, concurrency {CONCURRENCY}, {messages} messages, median of {rounds} rounds")
    for name in systems:
        print(
            f"{name:20} {statistics.median(rates[name]):8.0f} messages/s {statistics.median(costs[name]):8.2f} ms CPU"
        )


if __name__ == "__main__":
    main()
