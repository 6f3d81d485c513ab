"""The lease contract: processes that lease from one table never get the same row, and together get every row.

`lease_everything` runs in a child process of its own, with a database connection of its own.
"""

import multiprocessing
from collections import Counter
from multiprocessing.synchronize import Barrier

from sqlalchemy import insert, select

from tenants.queue.book import enqueue, lease_due
from tenants.storage.database import Database
from tenants.storage.tables import queue
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld

AT_ONCE = 97
"""No divisor of the number of rows, so that the processes meet in the last portion."""


def lease_everything(url: str, owner: str, start: Barrier, results: "multiprocessing.Queue[list[int]]") -> None:
    """Lease until nothing is left, and tell the numbers.

    All begin at the same moment, connected, and nobody goes on before each has had a portion: SQLite is not fair.
    """
    database = Database(url)
    with database.read(Reader.OPERATOR) as session:
        session.execute(select(1))
    start.wait(60)
    numbers: list[int] = []
    while True:
        with database.unit_of_work(Reader.RUNNER) as session:
            leased = lease_due(session, now=NOW, limit=AT_ONCE, owner=owner, lease_seconds=3600)
        if not leased:
            break
        if not numbers:
            start.wait(60)
        numbers.extend(delivery.id for delivery in leased)
    database.close()
    results.put(numbers)


def fill_queue(world: CustomerWorld, rows: int) -> None:
    """Queue this many copies of one message."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        (number,) = enqueue(session, [world.new_delivery(session)], NOW)
        table = queue.delivery
        row = dict(session.execute(select(table).where(table.c.id == number)).one()._mapping)
        del row["id"]
        session.execute(insert(table), [row | {"recipient": f"{copy}@acme.example"} for copy in range(rows - 1)])


def assert_leased_once(world: CustomerWorld, url: str, rows: int, processes: int) -> None:
    """Let processes lease everything at the same time; every row is leased by exactly one of them."""
    fill_queue(world, rows)
    world.database.close()
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[list[int]] = context.Queue()
    start = context.Barrier(processes)
    children = [
        context.Process(target=lease_everything, args=(url, f"runner-{number}", start, results))
        for number in range(processes)
    ]
    for child in children:
        child.start()
    shares = [results.get(timeout=120) for _ in children]
    for child in children:
        child.join()
    leased = Counter(number for share in shares for number in share)
    assert [number for number, times in leased.items() if times > 1] == []
    assert len(leased) == rows
    assert all(shares), "one process had everything, so the test showed nothing"
