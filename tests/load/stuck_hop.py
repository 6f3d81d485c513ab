"""One tenant's server that is stuck, in each way that servers are, beside another tenant's mail.

    python -m tests.load.stuck_hop [--connections 50] [--seconds 20] [--ways banner,...]

A real `pratique up`; an honest sender's letters to a tenant whose server works. Beside it, so many connections send
small letters one after the other to another tenant. First that one's server works too: this is the yardstick, for the
letters by themselves take their share of the machine. Then its server, in turns: accepts connections and says nothing
(`banner`), never answers a handshake (`tls`), cuts every connection in the content (`content`), never answers the end
of data (`end`), or refuses connections (`refused`).

Printed: the honest sender's times, and how the others were answered. Exit status 0 when all honest letters were taken
and the 95th of a hundred times is never more than twice what it is beside the server that works.
"""

import argparse
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from tests.faults.node import node_on
from tests.load.flood import SETTINGS, add_tenant, flooding
from tests.load.measuring import ROOT, Honest, honest_mail
from tests.servers.moody_hop import moody_hop
from tests.servers.ports import free_port
from tests.servers.program import server_folder
from tests.servers.scripted_smtp import CUT, SILENCE, TLS, ScriptedHop

MOST_LONGER = 2.0
SETTLING_SECONDS = 5.0
WORKS = "works"
WAYS: Mapping[str, Mapping[str, str] | None] = {
    WORKS: {},
    "banner": {"CONNECT": SILENCE},
    "tls": {"EHLO": TLS, "TLS": SILENCE},
    "content": {"CONTENT": CUT},
    "end": {".": SILENCE},
    "refused": None,
}
"""What the server answers, as `scripted_smtp.py` has it; None where nothing listens."""


def serve(way: str) -> None:
    """Be such a server; its port is the first line on standard output."""
    from twisted.internet import reactor

    print(ScriptedHop(dict(WAYS[way] or {})).listen(reactor), flush=True)
    reactor.callInThread(_until_input_ends)  # type: ignore[attr-defined]
    reactor.run()  # type: ignore[attr-defined]


def _until_input_ends() -> None:
    from twisted.internet import reactor

    sys.stdin.read()
    reactor.callFromThread(reactor.stop)  # type: ignore[attr-defined]


@contextmanager
def server(way: str) -> Iterator[int]:
    """The other tenant's server; its port."""
    if WAYS[way] is None:
        yield free_port()
        return
    command = ["nice", "-n", "19", sys.executable, "-m", "tests.load.stuck_hop", "--serve", way]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()


def beside(way: str, connections: int, seconds: float) -> tuple[Honest, Counter[str]]:
    """The honest sender's times beside a server of this kind, and how the other letters were answered."""
    with (
        moody_hop() as there,
        moody_hop() as away,
        server(way) as port,
        server_folder("stuck") as place,
        node_on(place, there, away, SETTINGS) as one,
    ):
        add_tenant(one, port)
        with flooding(one.smtp_port, connections, 0) as answers:
            honest_mail(one.smtp_port, min(SETTLING_SECONDS, seconds))
            honest = honest_mail(one.smtp_port, seconds)
        return honest, answers


def compared(ways: Sequence[str], connections: int, seconds: float) -> bool:
    """Prints each; whether none is slower than it may be."""
    is_fair, alone = True, 0.0
    for way in (WORKS, *ways):
        honest, answers = beside(way, connections, seconds)
        alone = alone or honest.p95
        is_fair = is_fair and honest.taken == honest.sent and honest.p95 <= MOST_LONGER * alone
        print(f"{way}: {honest}; {honest.p95 / alone:.1f} times; the others: {dict(answers)}", flush=True)
    return is_fair


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--ways", default=",".join(way for way in WAYS if way != WORKS))
    parser.add_argument("--serve", choices=WAYS)
    given = parser.parse_args()
    if given.serve:
        serve(given.serve)
        return 0
    return 0 if compared(given.ways.split(","), given.connections, given.seconds) else 1


if __name__ == "__main__":
    sys.exit(main())
