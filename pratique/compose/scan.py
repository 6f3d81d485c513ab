"""`pratique scan`: files to verdicts, with the same cells and engines as the server, and nothing else of it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, gatherResults

from mx.cell.nursery_link import Spawn
from mx.cell.pool import CellPool
from mx.cell.spawn import spawn_nursery
from mx.cell.wishes import NO_WISHES, Wishes, wishes_of
from mx.engines.canaries import Canaries
from mx.engines.panel import Panel
from mx.envelope import Client, Envelope, ReversePath, new_transaction_id
from mx.examination import Examination
from mx.scan import Scanner
from mx.spool import Spool
from pratique.compose.engines import engines_of
from pratique.settings.settings import Settings
from tenants.policies.policy import Policy

Look = Callable[[Spool, Examination], Awaitable[Examination]]


async def scan_files(
    settings: Settings,
    reactor: Any,
    files: Sequence[Path],
    spawn: Spawn = spawn_nursery,
    policy: Policy | None = None,
) -> list[Examination | OSError]:
    """The examination of each file, or why it could not be read, in order; for a policy, with its agents' findings."""
    # Libraries are imported only when a file needs them.
    cells = CellPool(reactor, min(settings.cells, len(files)), deepen_seconds=None, spawn=spawn)
    panel = Panel(engines_of(settings, reactor), reactor)
    scanner = Scanner(cells, panel, str, reactor.seconds)
    look = _looker(settings, reactor, policy)
    wishes = NO_WISHES if policy is None else wishes_of([policy])
    cells.startService()
    canaries = Canaries(panel, reactor)
    try:
        await panel.states()  # the age of the signatures, which the policy may ask for
        canaries.startService()
        waiting = iter(enumerate(files))
        found: dict[int, Examination | OSError] = {}

        async def work() -> None:
            for number, file in waiting:
                found[number] = await _scan(scanner, file, wishes, look)

        await gatherResults([Deferred.fromCoroutine(work()) for _ in range(settings.cells)], consumeErrors=True)
    finally:
        canaries.stopService()
        await cells.stopService()
    return [found[number] for number in range(len(files))]


def _looker(settings: Settings, reactor: Any, policy: Policy | None) -> Look:
    """What the policy's agents find in a message of which nothing but its octets is known."""
    if policy is None:
        return nobody_looks
    # Only here: without a policy, a tenth of the time until the verdict would go into importing them.
    from mx.agents.contract import Customer
    from mx.agents.second_look import LOOK_SECONDS, SecondLook, look_again
    from pratique.compose.agents import looking_chain_of

    chain, customer = looking_chain_of(settings, reactor), Customer(0, "", "", policy, "")
    client, now = Client("", 0, "", is_esmtp=True, tls=None), datetime.now(UTC)
    envelope = Envelope(new_transaction_id(now), client, ReversePath(""), (), False, False, now)

    async def look(spool: Spool, examination: Examination) -> Examination:
        looked = SecondLook(customer, frozenset(), (), envelope, spool)
        return await look_again(chain, looked, examination, LOOK_SECONDS)

    return look


async def nobody_looks(spool: Spool, examination: Examination) -> Examination:
    """Without a policy nobody is asked."""
    return examination


async def _scan(scanner: Scanner, file: Path, wishes: Wishes, look: Look) -> Examination | OSError:
    spool = Spool()
    try:
        with file.open("rb") as source:
            while piece := source.read(1 << 16):
                spool.write(piece)
        spool.freeze()
        return await look(spool, await scanner.examine(spool, wishes=wishes))
    except OSError as error:
        return error
    finally:
        spool.close()
