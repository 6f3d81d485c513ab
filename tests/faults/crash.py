"""Kills random processes of the running program at random moments, under load, and accounts for every letter.

    python -m tests.faults.crash [--kills 60] [--letters 5000] [--senders 20] [--on sqlite|postgresql] [--seed N]

A kill hits one process (the parent, `mx`, `work`, `portal`, a nursery or a cell) or all of them. Meanwhile the next hop
is up, slow, cutting connections in the content, and away by turns. The exit status is 0 when nothing that was answered
250 is lost or damaged, there is at most one duplicate for each kill and sender, and those that are ours, and not a next
hop's that took a copy and cut the connection, are under one in a hundred.
`--on postgresql` keeps rows in PostgreSQL and mail in a bucket of a stand-in for S3.
"""

import argparse
import os
import random
import signal
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from tests.faults.node import node_on
from tests.faults.trial import Account, account, letter_of, moods_by_turns, recipient_of
from tests.servers.gateway import Gateway
from tests.servers.moody_hop import Mood, moody_hop
from tests.servers.ports import answers
from tests.servers.postgres_server import postgres_server
from tests.servers.process_table import descendants
from tests.servers.program import ServerFailed, server_folder, wait_until
from tests.servers.s3_server import CREDENTIALS, s3_server
from tests.servers.senders import senders_at_work

PAUSE_SECONDS = (0.3, 2.0)
STARTS = 20
"""Attempts to start anew: for a moment, children that lost their parent may still have the port."""


@dataclass
class Reaper:
    """Kills, and sees to it that the gateway runs again; `seconds` are the times to the next answer of a port."""

    one: Gateway
    chance: random.Random
    kinds: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def kill(self) -> None:
        """One process of the tree or, every fifth time, all of them."""
        below = list(descendants(self.one.pid))
        begun = time.monotonic()
        if self.chance.random() < 0.2:
            self._kill_parent()
            for process in below:
                _kill(process.pid)
            self.kinds.append("all")
        else:
            # Each kind as often as the others, however many cells there are.
            kind = self.chance.choice(sorted({process.kind for process in below} | {"parent"}))
            self.kinds.append(kind)
            if kind == "parent":
                self._kill_parent()
            else:
                _kill(self.chance.choice([process.pid for process in below if process.kind == kind]))
        wait_until(lambda: answers(self.one.smtp_port), "the port answers again", 60)
        self.seconds.append(time.monotonic() - begun)

    def _kill_parent(self) -> None:
        self.one.kill()
        for _ in range(STARTS):
            try:
                return self.one.start()
            except ServerFailed as failed:
                if "another program listens there" not in str(failed):
                    raise
                time.sleep(0.5)
        raise ServerFailed("the port was never free again")


def kill_a_worker(one: Gateway, chance: random.Random, spared: Collection[int] = ()) -> str:
    """Kills a child of the parent, or what is below one, but none of those spared; gives its kind."""
    below = [process for process in descendants(one.pid) if process.kind and process.pid not in spared]
    # Each kind as often as the others, however many cells there are.
    kind = chance.choice(sorted({process.kind for process in below}))
    _kill(chance.choice([process.pid for process in below if process.kind == kind]))
    return kind


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@contextmanager
def storage(kind: str) -> Iterator[dict[str, str]]:
    """The settings for where rows and mail are kept."""
    if kind == "sqlite":
        yield {}
        return
    with postgres_server() as rows, s3_server() as mail:
        os.environ.update(CREDENTIALS)
        yield {
            "database_url": rows.new_database(),
            "blobs": f"s3://{mail.new_bucket()}/sealed",
            "s3_endpoint": mail.endpoint,
        }


def crash(kills: int, letters: int, senders: int, on: str = "sqlite", seed: int = 1) -> Account:
    """One trial."""
    with ExitStack() as stack:
        there, away = stack.enter_context(moody_hop()), stack.enter_context(moody_hop(Mood.AWAY))
        place = stack.enter_context(server_folder("crash"))
        kept = stack.enter_context(storage(on))
        one = stack.enter_context(node_on(place, there, away, {"workers": "2", **kept}))
        reaper = Reaper(one, random.Random(seed))
        with (
            moods_by_turns(there),
            senders_at_work(one.smtp_port, letters, recipient_of, senders, letter_of) as sending,
        ):
            for number in range(1, kills + 1):
                sending.wait_for_taken(letters * number // (kills + 2), 600)
                time.sleep(reaper.chance.uniform(*PAUSE_SECONDS))
                reaper.kill()
                print(f"kill {number}: {reaper.kinds[-1]}, back in {reaper.seconds[-1]:.2f} s", flush=True)
            sending.wait_for_taken(letters, 600)
        print(f"slowest return of the port: {max(reaper.seconds, default=0):.2f} s")
        return account(one, sending, there, away, kills)


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--letters", type=int, default=5000)
    parser.add_argument("--senders", type=int, default=20)
    parser.add_argument("--on", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    result = crash(given.kills, given.letters, given.senders, given.on, given.seed)
    print(f"crash on {given.on}: {result}")
    ours = result.duplicates - result.by_hop
    is_within = ours <= given.kills * given.senders and ours * 100 < result.taken
    return int(result.lost > 0 or result.damaged > 0 or not is_within)


if __name__ == "__main__":
    sys.exit(main())
