"""How long a lease takes with this many copies in the queue: `python -m tests.bench.queue_leases [ROWS ...]`.

Nine tenths of the copies are one tenant's for one domain, and older; the rest is another's for 100 domains. Printed for
each database and size: the median and the 95th of a hundred leases of twenty copies, each settled before the next, and
how many of the first twenty copies were the flood's. PostgreSQL is started where it is installed.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import insert, text

from tenants.queue.book import enqueue, lease_due, settle_delivered
from tenants.queue.lanes import Shares
from tenants.storage.database import Database
from tenants.storage.migration import migrate
from tenants.storage.tables import mail, queue
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld, customer_world, later
from tests.servers.postgres_server import postgres_server
from tests.servers.program import ServerMissing

SIZES = (1_000, 50_000, 1_000_000)
LANES = 100
ROUNDS = 100
SHARES = Shares(5, 10)


def fill(world: CustomerWorld, rows: int) -> None:
    """The flood is older than everybody else's mail."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        (number,) = enqueue(session, [world.new_delivery(session)], NOW)
        found = session.execute(queue.delivery.select().where(queue.delivery.c.id == number)).one()
        row = {name: value for name, value in found._mapping.items() if name != "id"}
        blob = dict(session.execute(mail.blob.select()).one()._mapping)
        for begin in range(0, rows, 10_000):
            numbers = range(begin, min(begin + 10_000, rows))
            session.execute(insert(mail.blob), [_blob(blob, each, world) for each in numbers])
            session.execute(insert(queue.delivery), [_row(row, each, world) for each in numbers])
    with world.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _tenant_of(number: int, world: CustomerWorld) -> int:
    return (world.blue_harbour if number % 10 == 0 else world.acme).id


def _blob(blob: dict[str, object], number: int, world: CustomerWorld) -> dict[str, object]:
    return blob | {"name": f"b{number}", "tenant_id": _tenant_of(number, world)}


def _row(row: dict[str, object], number: int, world: CustomerWorld) -> dict[str, object]:
    is_flood = number % 10 != 0
    return row | {
        "tenant_id": _tenant_of(number, world),
        "domain": "dead.example" if is_flood else f"{number // 10 % LANES}.example",
        "body": f"b{number}",
        "recipient": f"{number}@x.example",
        "next_attempt_at": later(seconds=-1 if is_flood else 0),
    }


def measure(world: CustomerWorld) -> tuple[float, float, int]:
    """Median and 95th in milliseconds, and how many of the first round's copies were the flood's."""
    times, of_flood = [], 0
    for round_number in range(ROUNDS):
        begin = time.perf_counter()
        with world.database.unit_of_work(Reader.OPERATOR) as session:
            leased = lease_due(session, now=NOW, limit=20, owner="one", lease_seconds=60, shares=SHARES)
        times.append((time.perf_counter() - begin) * 1000)
        of_flood += sum(each.domain == "dead.example" for each in leased) if round_number == 0 else 0
        with world.database.unit_of_work(Reader.OPERATOR) as session:
            for each in leased:
                settle_delivered(session, each.id, fence=each.fence, reply="250", now=NOW)
    return statistics.median(times), statistics.quantiles(times, n=20)[-1], of_flood


@contextmanager
def databases(folder: Path, rows: int) -> Iterator[list[tuple[str, Database]]]:
    """The databases that this machine has."""
    sqlite = Database(f"sqlite:///{folder / f'{rows}.sqlite'}")
    try:
        with postgres_server() as server:
            yield [("SQLite", sqlite), ("PostgreSQL", Database(server.new_database()))]
    except ServerMissing:
        yield [("SQLite", sqlite)]


def main(sizes: list[int]) -> None:
    """Print a table."""
    print("database     copies   median ms   95th ms   of the flood, of the first lease")
    for rows in sizes:
        with tempfile.TemporaryDirectory() as folder, databases(Path(folder), rows) as found:
            for name, database in found:
                migrate(database)
                world = customer_world(database, Path(folder) / name)
                fill(world, rows)
                median, last, of_flood = measure(world)
                print(f"{name:10} {rows:9,} {median:11.1f} {last:9.1f} {of_flood:6}")
                database.close()


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or list(SIZES))
