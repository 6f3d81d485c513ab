"""Mail made to keep cells busy, one bomb after the other, against real cells."""

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.trial.unittest import TestCase

from mx.cell.pool import CellPool
from mx.cell.report import CellReport, NoCellFree
from mx.cell.wishes import Wishes
from tests.contracts.bombs import BOMBS
from tests.contracts.disposing import spooled
from tests.contracts.mail import attached

SECONDS = 20.0
UNSCANNABLE = frozenset(BOMBS) - {"10 MB of header", "endless lines", "recursive zip"}
"""The others can be read whole: they are merely large, or the same octets again and again, which are opened once."""


class BombTests(TestCase):
    """One pool for all of them, as in the service."""

    timeout = 600

    async def examine(self, octets: bytes, tenant_id: int) -> CellReport:
        spool = spooled(octets)
        try:
            while True:
                try:
                    return await self.pool.examine(
                        spool, want_artifacts=False, seconds=SECONDS, wishes=Wishes(tenant_id)
                    )
                except NoCellFree:
                    assert tenant_id == 1, "only those who attack wait for each other, and come again"
        finally:
            spool.close()

    async def test_every_bomb_gets_its_verdict_and_nobody_else_waits_for_it(self) -> None:
        """Within the time of one message; another tenant's mail is examined meanwhile, and the cells live on."""
        self.pool = CellPool(reactor, 2, deepen_seconds=None)
        self.pool.startService()
        self.addCleanup(self.pool.stopService)
        await self.examine(b"x", 1)
        for name, bomb in BOMBS.items():
            began = reactor.seconds()
            octets = bomb()
            attack = [Deferred.fromCoroutine(self.examine(octets, 1)) for _ in range(3)]
            plain = await self.examine(attached(b"harmless"), 2)
            assert plain.findings == (), name
            reports = await gatherResults(attack)
            assert reactor.seconds() - began < len(attack) * SECONDS, name
            for report in reports:
                assert bool(report.findings) == (name in UNSCANNABLE), (name, report.findings)
            assert (await self.examine(b"x", 1)).findings == ()
