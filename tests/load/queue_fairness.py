"""One tenant's dead server and full queue beside another tenant's mail: `python -m tests.load.queue_fairness`.

    python -m tests.load.queue_fairness [COPIES [SECONDS]]

A real `pratique up`; an honest sender's letters to a tenant whose server is there, alone; then again while COPIES of
another tenant wait in the queue for a server that refuses connections, all of them due. Printed: the honest sender's
times, both. Exit status 0 when all letters were taken and the 95th of a hundred times is at most twice what it was.
"""

import argparse
import sys

from sqlalchemy import insert, select, update

from tenants.storage.database import Database
from tenants.storage.tables import queue
from tenants.storage.viewpoint import Reader
from tests.load.connections import small_node
from tests.load.measuring import Honest, honest_mail
from tests.servers.gateway import Gateway
from tests.servers.mail_client import letter, send
from tests.servers.ports import free_port
from tests.servers.program import wait_until

COPIES, SECONDS = 50_000, 30.0
AT_ONCE = 1000
"""Rows of one transaction: short enough that nobody else is put off."""
MOST_LONGER = 2.0


def flood(one: Gateway, copies: int) -> None:
    """Another tenant, and so many copies of a letter of its that wait."""
    one.do("tenant", "add", "flood")
    one.do(
        "domain",
        "add",
        "flood.example",
        "--tenant",
        "flood",
        "--route",
        f"smtp://127.0.0.1:{free_port()}",
        "--verified",
    )
    one.do("recipients", "source", "flood.example", "accept-all")
    wait_until(lambda: send(one.smtp_port, letter("flood"), ["x@flood.example"]).code == 250, "the flood is known", 30)
    database = Database(f"sqlite:///{one.data / 'pratique.sqlite'}")
    table = queue.delivery
    with database.read(Reader.OPERATOR) as session:
        found = session.execute(select(table).where(table.c.domain == "flood.example")).first()
    assert found is not None
    row = {name: value for name, value in found._mapping.items() if name != "id"}
    row |= {"next_attempt_at": found.queued_at, "lease_owner": "", "lease_until": found.queued_at.replace(year=1970)}
    for begin in range(0, copies, AT_ONCE):
        with database.unit_of_work(Reader.OPERATOR) as session:
            rows = [
                row | {"recipient": f"{number}@flood.example"} for number in range(begin, min(begin + AT_ONCE, copies))
            ]
            session.execute(insert(table), rows)
    with database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(
            update(table).where(table.c.recipient == "x@flood.example").values(next_attempt_at=found.queued_at)
        )
    database.close()


def trial(copies: int, seconds: float) -> tuple[Honest, Honest]:
    """The honest sender alone, and beside the flood."""
    with small_node() as one:
        honest_mail(one.smtp_port, 1.0)
        alone = honest_mail(one.smtp_port, seconds)
        flood(one, copies)
        return alone, honest_mail(one.smtp_port, seconds)


def main() -> int:
    """Print both."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("copies", type=int, nargs="?", default=COPIES)
    parser.add_argument("seconds", type=float, nargs="?", default=SECONDS)
    asked = parser.parse_args()
    alone, beside = trial(asked.copies, asked.seconds)
    print(f"alone: {alone}\nbeside {asked.copies} queued: {beside}")
    is_fair = beside.taken == beside.sent and beside.p95 <= MOST_LONGER * alone.p95
    return 0 if is_fair else 1


if __name__ == "__main__":
    sys.exit(main())
