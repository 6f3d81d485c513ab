"""PostgreSQL's primary is killed under load and its standby promoted: every letter is accounted for (D11).

    python -m tests.faults.failover [--letters 2000] [--senders 8] [--away 5]

A commit is answered when the standby has it, too (`synchronous_commit=on` and `synchronous_standby_names`). The node
knows both by one URL with `target_session_attrs=read-write`, and nobody tells it which one is the primary. The exit
status is 0 when nothing that was answered 250 is lost or damaged, no row is there twice, what was answered while the
primary was away was 4xx, and mail is stored again within 5 s of the promotion.
"""

import argparse
import sys
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from uuid import uuid4

from tests.faults.many_nodes import BACK_SECONDS, rows_twice
from tests.faults.node import AWAY, node_on
from tests.faults.trial import Account, account, letter_of, recipient_of
from tests.faults.upgrade import kinds_of
from tests.servers.gateway import Gateway
from tests.servers.mail_client import send
from tests.servers.moody_hop import Mood, moody_hop
from tests.servers.ports import HOST
from tests.servers.postgres_server import OWNER, PostgresServer, postgres_server, standby_of
from tests.servers.program import server_folder, wait_until
from tests.servers.senders import senders_at_work


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    account: Account
    rows_twice: int
    back_seconds: float
    """From the promotion until a letter was stored."""
    answers: Counter[str]
    """What senders got that was not 250."""

    @property
    def is_good(self) -> bool:
        """Whether the exit status is 0."""
        came = self.account
        is_whole = not (came.lost or came.damaged or self.rows_twice or came.taken - came.delivered)
        is_put_off = not any(kind.startswith(("5", "cut")) for kind in self.answers)
        return is_whole and is_put_off and self.back_seconds <= BACK_SECONDS

    def __str__(self) -> str:
        others = ", ".join(f"{count} {kind}" for kind, count in sorted(self.answers.items())) or "nothing"
        return f"{self.account}; rows twice {self.rows_twice}; back in {self.back_seconds:.1f} s; besides 250: {others}"


def url_of(database: str, *servers: PostgresServer) -> str:
    """One URL for all of them, as an operator writes it."""
    hosts = ",".join(f"{HOST}:{server.port}" for server in servers)
    return f"postgresql://{OWNER}@{hosts}/{database}?target_session_attrs=read-write"


def failover(letters: int, senders: int, away_seconds: float) -> Outcome:
    """One trial."""
    with ExitStack() as stack:
        primary = stack.enter_context(postgres_server())
        database = primary.new_database().rpartition("/")[2]
        standby = stack.enter_context(standby_of(primary))
        there, away = stack.enter_context(moody_hop()), stack.enter_context(moody_hop(Mood.AWAY))
        place = stack.enter_context(server_folder("failover"))
        settings = {"database_url": url_of(database, primary, standby)}
        one = stack.enter_context(node_on(place, there, away, settings))
        with senders_at_work(one.smtp_port, letters, recipient_of, senders, letter_of) as at_work:
            at_work.wait_for_taken(letters // 3, 600)
            primary.kill()
            time.sleep(away_seconds)
            standby.promote()
            began, probes = time.monotonic(), dict[str, str]()
            wait_until(lambda: _is_stored(one, probes), "a letter is stored again", 120)
            back_seconds = time.monotonic() - began
            at_work.wait_for_taken(letters, 600)
        at_work.taken.update(probes)
        came = account(one, at_work, there, away, 1)
        return Outcome(came, rows_twice(standby.url(database)), back_seconds, kinds_of(at_work.other_answers))


def _is_stored(one: Gateway, probes: dict[str, str]) -> bool:
    mark = f"{uuid4().hex}.probe"
    try:
        is_taken = send(one.smtp_port, letter_of(mark), [AWAY]).code == 250
    except OSError:
        return False
    if is_taken:
        probes[mark] = AWAY
    return is_taken


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--letters", type=int, default=2000)
    parser.add_argument("--senders", type=int, default=8)
    parser.add_argument("--away", type=float, default=5.0, metavar="SECONDS")
    given = parser.parse_args()
    outcome = failover(given.letters, given.senders, given.away)
    print(f"failover: {outcome}")
    return 0 if outcome.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
