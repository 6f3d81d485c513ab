"""`pratique scan`: files to verdicts, with the same cells and engines as the server, and nothing else of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, gatherResults

from mx.cell.nursery_link import Spawn
from mx.cell.pool import CellPool
from mx.cell.spawn import spawn_nursery
from mx.cell.wishes import NO_WISHES, Wishes
from mx.engines.canaries import Canaries
from mx.engines.panel import Panel
from mx.examination import Examination
from mx.scan import Scanner
from mx.spool import Spool
from pratique.compose.engines import engines_of
from pratique.settings import Settings


async def scan_files(
    settings: Settings,
    reactor: Any,
    files: Sequence[Path],
    spawn: Spawn = spawn_nursery,
    wishes: Wishes = NO_WISHES,
) -> list[Examination | OSError]:
    """The examination of each file, or why it could not be read, in order."""
    # Libraries are imported only when a file needs them.
    cells = CellPool(reactor, min(settings.cells, len(files)), deepen_seconds=None, spawn=spawn)
    panel = Panel(engines_of(settings, reactor), reactor)
    scanner = Scanner(cells, panel, str, reactor.seconds)
    cells.startService()
    canaries = Canaries(panel, reactor)
    try:
        await panel.states()  # the age of the signatures, which the policy may ask for
        canaries.startService()
        waiting = iter(enumerate(files))
        found: dict[int, Examination | OSError] = {}

        async def work() -> None:
            for number, file in waiting:
                found[number] = await _scan(scanner, file, wishes)

        await gatherResults([Deferred.fromCoroutine(work()) for _ in range(settings.cells)], consumeErrors=True)
    finally:
        canaries.stopService()
        await cells.stopService()
    return [found[number] for number in range(len(files))]


async def _scan(scanner: Scanner, file: Path, wishes: Wishes) -> Examination | OSError:
    spool = Spool()
    try:
        with file.open("rb") as source:
            while piece := source.read(1 << 16):
                spool.write(piece)
        spool.freeze()
        return await scanner.examine(spool, wishes=wishes)
    except OSError as error:
        return error
    finally:
        spool.close()
