"""Two nodes on one PostgreSQL and one bucket, under load, while a node is killed or the database goes away (D11).

    python -m tests.faults.many_nodes [--rounds 12] [--letters 1500] [--frozen 60] [--seed N]

Each node has a data folder of its own; they share the master key's file, the database and the bucket. By turns: a node
is killed with all its processes and started anew; PostgreSQL is restarted; its backends are ended in a loop; the whole
of it is frozen for a while (SIGSTOP) and thawed. After each fault the time is taken until both nodes store mail again.
The exit status is 0 when nothing that was answered 250 is lost or damaged, no row is there twice, and the nodes store
again within 5 s of the database's return (a node that was killed: of its `ready`). How long a killed node takes to
start is printed and not judged: it is the machine's speed, and the other node serves meanwhile.
"""

import argparse
import os
import random
import signal
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psycopg

from tests.faults.node import AWAY, SETTINGS, node_on
from tests.faults.trial import Account, account, letter_of, recipient_of
from tests.servers.gateway import Gateway
from tests.servers.mail_client import send
from tests.servers.moody_hop import Mood, moody_hop
from tests.servers.postgres_server import PostgresServer, postgres_server
from tests.servers.process_table import descendants
from tests.servers.program import server_folder, wait_until
from tests.servers.s3_server import CREDENTIALS, s3_server
from tests.servers.senders import Senders, senders_at_work

BACK_SECONDS = 5.0
TERMINATING_SECONDS = 3.0


@dataclass
class Faults:
    """What was done, and how long it took each time until both nodes stored mail again."""

    nodes: tuple[Gateway, Gateway]
    postgres: PostgresServer
    database: str
    frozen_seconds: float
    chance: random.Random
    seconds: list[tuple[str, float]] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    """Seconds from the start of a node that was killed to its `ready`."""
    probes: dict[str, str] = field(default_factory=dict)
    """Letters of our own that were answered 250."""

    def __call__(self, number: int) -> None:
        """The fault of this round, and the wait until it is over."""
        what = (self._kill_node, self._restart, self._end_backends, self._freeze)[number % 4]
        what()
        began = time.monotonic()
        for node in self.nodes:
            wait_until(lambda node=node: self._is_stored_by(node), "the node stores mail again", 120)  # type: ignore[misc]
        self.seconds.append((what.__name__.strip("_"), time.monotonic() - began))

    def _is_stored_by(self, node: Gateway) -> bool:
        mark = f"{uuid4().hex}.probe"
        try:
            is_taken = send(node.smtp_port, letter_of(mark), [AWAY], seconds=60).code == 250
        except OSError:
            return False
        if is_taken:
            self.probes[mark] = AWAY
        return is_taken

    def _kill_node(self) -> None:
        node = self.chance.choice(self.nodes)
        below = [process.pid for process in descendants(node.pid)]
        node.kill()
        for pid in below:
            _signal(pid, signal.SIGKILL)
        began = time.monotonic()
        node.start(seconds=60)
        self.starts.append(time.monotonic() - began)

    def _restart(self) -> None:
        self.postgres.stop()
        self.postgres.start()

    def _end_backends(self) -> None:
        ended = time.monotonic() + TERMINATING_SECONDS
        ending = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        while time.monotonic() < ended:
            with psycopg.connect(self.postgres.url("postgres"), autocommit=True) as connection:
                connection.execute(ending, (self.database,))
            time.sleep(0.1)

    def _freeze(self) -> None:
        pids = [self.postgres.pid, *_children(self.postgres.pid)]
        for pid in pids:
            _signal(pid, signal.SIGSTOP)
        time.sleep(self.frozen_seconds)
        for pid in pids:
            _signal(pid, signal.SIGCONT)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The account of all letters, and the faults behind it."""

    account: Account
    rows_twice: int
    seconds: tuple[tuple[str, float], ...]
    starts: tuple[float, ...]

    @property
    def slowest(self) -> float:
        """Seconds until both nodes stored mail again, at worst."""
        return max(seconds for _, seconds in self.seconds)


def run(*, rounds: int, letters: int, frozen_seconds: float, seed: int) -> Outcome:
    """The whole trial."""
    with ExitStack() as stack:
        os.environ.update(CREDENTIALS)
        postgres = stack.enter_context(postgres_server())
        s3 = stack.enter_context(s3_server())
        there, away = stack.enter_context(moody_hop(Mood.UP)), stack.enter_context(moody_hop(Mood.AWAY))
        folder = stack.enter_context(server_folder("nodes"))
        url = postgres.new_database()
        settings = {
            "database_url": url,
            "blobs": f"s3://{s3.new_bucket()}/mail",
            "s3_endpoint": s3.endpoint,
            "master_key": str(folder / "master.key"),
        }
        first = stack.enter_context(node_on(folder, there, away, settings))
        second = Gateway(Path(folder) / "second", SETTINGS | settings, log_name="second.log")
        second.start(seconds=60)
        stack.callback(second.stop)
        faults = Faults((first, second), postgres, url.rpartition("/")[2], frozen_seconds, random.Random(seed))
        half = letters // 2
        with (
            senders_at_work(first.smtp_port, half, recipient_of, 4, letter_of) as one,
            senders_at_work(second.smtp_port, half, recipient_of, 4, letter_of) as two,
        ):
            for number in range(rounds):
                _wait_for((one, two), letters * number // (rounds + 1))
                faults(number)
        one.taken.update(two.taken)
        one.taken.update(faults.probes)
        settled = account(first, one, there, away, rounds)
        return Outcome(settled, rows_twice(url), tuple(faults.seconds), tuple(faults.starts))


def _wait_for(senders: tuple[Senders, Senders], count: int) -> None:
    wait_until(lambda: sum(len(each.taken) for each in senders) >= count, f"{count} letters are taken", 600)


def rows_twice(url: str) -> int:
    """Copies that stand in the queue more than once."""
    twice = "SELECT count(*) FROM (SELECT 1 FROM delivery GROUP BY transaction_id, recipient HAVING count(*) > 1) AS x"
    with psycopg.connect(url) as connection:
        row = connection.execute(twice).fetchone()
    assert row is not None
    return int(row[0])


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def main() -> int:
    """Prints the figures; 0 when the promise holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--letters", type=int, default=1500)
    parser.add_argument("--frozen", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    outcome = run(rounds=given.rounds, letters=given.letters, frozen_seconds=given.frozen, seed=given.seed)
    print(outcome.account)
    print(f"rows twice {outcome.rows_twice}; seconds until mail was stored again:", outcome.seconds)
    print("seconds that a killed node took to start:", outcome.starts)
    is_kept = not (outcome.account.lost or outcome.account.damaged or outcome.rows_twice)
    return 0 if is_kept and outcome.slowest <= BACK_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
