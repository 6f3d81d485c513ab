"""What cells cost, and what one tenant's bombs cost the others: `python -m tests.bench.cells`.

Prints: milliseconds until the first cell of a fresh nursery is ready, from one cell ordered to ready (light and deep),
and a message through the pool; memory of so many deep cells and their nursery (Linux); then the waiting time of plain
messages of one tenant, a message every 20 ms, without and with another tenant's bombs under way.
"""

import argparse
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import deferLater

from mx.cell.cell import Cell
from mx.cell.nursery_link import NurseryLink
from mx.cell.pool import CellPool
from mx.cell.report import NoCellFree
from mx.cell.spawn import spawn_nursery
from mx.cell.wishes import Wishes
from mx.spool import Spool
from tests.contracts.bombs import BOMBS
from tests.contracts.mail import attached

PLAIN = attached(bytes(range(256)) * 16)
BETWEEN_SECONDS = 0.02


async def examine(pool: CellPool, message: bytes, tenant_id: int = 0) -> float:
    """Milliseconds that one message took."""
    spool = Spool()
    spool.write(message)
    spool.freeze()
    began = time.perf_counter()
    try:
        (await pool.examine(spool, want_artifacts=False, seconds=20.0, wishes=Wishes(tenant_id))).close()
    except NoCellFree:
        print("  no cell free for a message of tenant", tenant_id)
    finally:
        spool.close()
    return (time.perf_counter() - began) * 1000


async def start_times() -> None:
    """Print them."""
    began = time.perf_counter()
    link = NurseryLink(reactor, spawn_nursery(), lambda link: None)
    numbers = iter(range(1000))
    await ready_cell(link, next(numbers))
    print(f"first cell of a fresh nursery    {(time.perf_counter() - began) * 1000:8.1f} ms")
    light = [await ready_cell(link, next(numbers)) for _ in range(20)]
    began = time.perf_counter()
    link.deepen()
    await ready_cell(link, next(numbers))
    print(f"libraries, and the first deep cell {(time.perf_counter() - began) * 1000:6.1f} ms")
    deep = [await ready_cell(link, next(numbers)) for _ in range(20)]
    print(f"one more light cell, median      {statistics.median(light):8.1f} ms")
    print(f"one more deep cell, median       {statistics.median(deep):8.1f} ms")
    link.end()
    await link.gone


async def ready_cell(link: NurseryLink, number: int) -> float:
    """Milliseconds until a cell is ready."""
    ready: Deferred[Cell] = Deferred()
    began = time.perf_counter()
    Cell(reactor, link, number, None, ready.callback, lambda cell: None)
    cell = await ready
    took = (time.perf_counter() - began) * 1000
    cell.retire()
    await deferLater(reactor, 0.01)
    return took


async def memory(count: int) -> None:
    """Print what a nursery and so many deep cells take together, each page counted once."""
    pool = await deep_pool(count)
    for _ in range(5 * count):
        await gatherResults([Deferred.fromCoroutine(examine(pool, PLAIN)) for _ in range(count)])
    nursery = pool.population.nursery
    assert nursery is not None
    processes = [nursery.pid, *(cell.pid for cell in pool.population.cells)]
    shares = [_kilobytes(pid, "Pss:") for pid in processes]
    resident = [_kilobytes(pid, "Rss:") for pid in processes]
    print(
        f"nursery and {count} deep cells: {sum(shares) / 1024:.0f} MB together, {resident[1] / 1024:.0f} MB each seen"
    )
    await pool.stopService()


def _kilobytes(pid: int, word: str) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(word))


async def deep_pool(count: int) -> CellPool:
    """A pool whose cells are all deep."""
    pool = CellPool(reactor, count, deepen_seconds=0.0)
    pool.startService()
    while pool.population.free < count or not all(cell.is_deep for cell in pool.population.cells):
        await deferLater(reactor, 0.01)
    return pool


async def under_attack(count: int, seconds: float) -> None:
    """Print what plain messages wait, in peace and while bombs are under way."""
    pool = await deep_pool(count)
    print(f"plain messages, {count} cells        median    p99    most (ms)")
    show("in peace", await plain_messages(pool, seconds))
    for name, bomb in BOMBS.items():
        is_over: list[bool] = []
        octets = bomb()

        async def attack(octets: bytes = octets, is_over: list[bool] = is_over) -> None:
            while not is_over:
                await examine(pool, octets, tenant_id=2)

        attackers = [Deferred.fromCoroutine(attack()) for _ in range(2 * count)]
        show(name, await plain_messages(pool, seconds))
        is_over.append(True)
        await gatherResults(attackers)
    await pool.stopService()


async def plain_messages(pool: CellPool, seconds: float) -> list[float]:
    """What each message of tenant 1 took."""
    ends, took = time.perf_counter() + seconds, []
    while time.perf_counter() < ends:
        took.append(await examine(pool, PLAIN, tenant_id=1))
        await deferLater(reactor, BETWEEN_SECONDS)
    return took


def show(what: str, took: list[float]) -> None:
    """One line."""
    ninety_nine = statistics.quantiles(took, n=100, method="inclusive")[98] if len(took) > 1 else took[0]
    print(f"  {what:28}{statistics.median(took):8.1f}{ninety_nine:8.1f}{max(took):8.1f}   {len(took)} messages")


def run(work: Callable[[], Awaitable[None]]) -> None:
    """Run the reactor until this has ended."""

    async def whole() -> None:
        try:
            await work()
        finally:
            reactor.stop()

    reactor.callWhenRunning(
        lambda: Deferred.fromCoroutine(whole()).addErrback(lambda failure: failure.printTraceback())
    )
    reactor.run()


def main() -> None:
    """Print everything."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--cells", type=int, default=2)
    arguments.add_argument("--seconds", type=float, default=3.0, help="of each attack")
    given = arguments.parse_args()

    async def work() -> None:
        await start_times()
        await memory(2)
        await memory(8)
        await under_attack(given.cells, given.seconds)

    run(work)


if __name__ == "__main__":
    main()
