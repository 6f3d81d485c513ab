"""The pool of cells, with real children."""

import os
import signal
import tempfile
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import Clock, deferLater
from twisted.trial.unittest import TestCase

from mx.cell.pool import CellPool
from mx.cell.report import CellReport, NoCellFree
from mx.finding import Found, NothingFound, Severity
from mx.spool import MEMORY_OCTETS, Spool
from tenants.message_record import MessageRecord
from tests.contracts.mail import EICAR, attached, nested, zipped


def spooled(message: bytes) -> Spool:
    spool = Spool()
    spool.write(message)
    spool.freeze()
    return spool


def names(report: CellReport) -> list[str]:
    return [finding.name for finding in report.findings]


def pids(pool: CellPool) -> list[int]:
    return [cell.pid for cell in pool._cells]


class PoolTests(TestCase):
    timeout = 60

    def pool(self, count: int = 1, waiting_limit: int = 200) -> CellPool:
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(os.rmdir, self.folder)
        pool = CellPool(reactor, count, self.folder, waiting_limit=waiting_limit)
        pool.startService()
        self.addCleanup(pool.stopService)
        return pool

    async def until(self, condition: object) -> None:
        while not condition():  # type: ignore[operator]
            await deferLater(reactor, 0.01)

    async def examine(self, pool: CellPool, message: bytes, *, want: bool = False, seconds: float = 30) -> CellReport:
        spool = spooled(message)
        try:
            return await pool.examine(spool, want_artifacts=want, seconds=seconds)
        finally:
            spool.close()

    async def test_a_virus_in_two_zips_is_found(self) -> None:
        """The report has the finding, the tree, the titles and the record."""
        pool = self.pool()
        message = b"Message-ID: <1@a.example>\r\nSubject: =?utf-8?q?gr=C3=BCn?=\r\n" + attached(nested(EICAR, 2))
        report = await self.examine(pool, message)
        assert isinstance(report.signatures, Found)
        assert {found.name for found in report.signatures.findings} == {"EICAR-Test-File"}
        assert {found.severity for found in report.signatures.findings} == {Severity.INFECTED}
        assert (report.message_id, report.subject) == ("<1@a.example>", "grün")
        record = MessageRecord.from_json(report.record)
        assert [part.name for part in record.artifacts] == [part.name for part in report.artifacts]
        assert record.preview == "Good morning.\n"
        assert all(not part.content.octets for part in report.artifacts)
        assert report.findings == ()

    async def test_clean_mail_has_nothing_found(self) -> None:
        """Two messages after each other go to the same child."""
        pool = self.pool()
        for _ in range(2):
            report = await self.examine(pool, attached(b"harmless"))
            assert report.signatures == NothingFound("yara")
        assert pool.about is not None
        assert "limits" in pool.about.confinement
        assert len(pool.about.rules_version) == 12

    async def test_contents_come_back_when_asked_for(self) -> None:
        """Octets of the message are read from its spool, unpacked ones from memory or an encrypted file."""
        large = os.urandom(MEMORY_OCTETS + 12345)
        pool = self.pool()
        for message in (attached(zipped(b"small")), attached(zipped(large))):
            spool = spooled(message)
            report = await pool.examine(spool, want_artifacts=True, seconds=30)
            contents = [b"".join(part.content.chunks()) for part in report.artifacts]
            assert contents[0] == message
            assert contents[2] == b"Good morning.\r\n"
            assert contents[-1] in (b"small", large)
            assert [len(content) for content in contents] == [part.content.octets for part in report.artifacts]
            report.close()
            spool.close()

    async def test_a_large_message_goes_through(self) -> None:
        """A message that is spooled in a file reaches the child piece by piece."""
        report = await self.examine(self.pool(), b"\r\n" + b"0123456789\r\n" * 1_000_000 + EICAR)
        assert isinstance(report.signatures, Found)

    async def test_an_empty_message_is_a_message(self) -> None:
        """No octets at all: a report with a root."""
        report = await self.examine(self.pool(), b"", want=True)
        assert report.artifacts[0].reading == "message"
        assert report.findings == ()

    async def test_a_killed_child_costs_one_verdict(self) -> None:
        """Its message is unscannable, and the next one meets a new child."""
        pool = self.pool()
        await self.examine(pool, b"x")
        (first,) = pids(pool)
        os.kill(first, signal.SIGSTOP)
        pending = ensureDeferred(self.examine(pool, b"x"))
        await deferLater(reactor, 0)
        os.kill(first, signal.SIGKILL)
        report = await pending
        assert names(report) == ["cell-died"]
        assert isinstance(report.signatures, Found)
        assert (await self.examine(pool, b"x")).findings == ()
        assert pids(pool) != [first]

    async def test_a_hanging_child_is_killed_at_the_deadline(self) -> None:
        """A child that does not answer: `cell-time`, and the child is gone."""
        pool = self.pool()
        await self.examine(pool, b"x")
        (first,) = pids(pool)
        os.kill(first, signal.SIGSTOP)
        assert names(await self.examine(pool, b"x", seconds=0.2)) == ["cell-time"]
        await self.until(lambda: not _exists(first))

    async def test_a_child_that_died_idle_gets_no_message(self) -> None:
        """A message does not pay for a death that came before it."""
        pool = self.pool()
        await self.examine(pool, b"x")
        (first,) = pids(pool)
        os.kill(first, signal.SIGKILL)
        os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
        assert (await self.examine(pool, b"x")).findings == ()

    async def test_a_bomb_is_unscannable_and_the_child_lives(self) -> None:
        """The budget ends a zip bomb before the limits of the process do."""
        pool = self.pool()
        await self.examine(pool, b"x")
        before = pids(pool)
        report = await self.examine(pool, attached(zipped(zipped(bytes(300 << 20)))))
        assert [name for name in names(report) if name.startswith("limit.")]
        assert pids(pool) == before

    async def test_a_child_out_of_memory_is_one_unscannable_message(self) -> None:
        """The address space limit holds: whether it is an exception or a death, the message is unscannable."""
        pool = self.pool()
        message = b"\r\n" + os.urandom(1 << 20) * 700
        report = await self.examine(pool, message, seconds=60)
        assert names(report) in (["cell-error"], ["cell-died"])
        assert (await self.examine(pool, b"x")).findings == ()

    async def test_no_cell_free_in_time(self) -> None:
        """With every child busy a message waits half of its time, then it is not judged."""
        pool = self.pool()
        await self.examine(pool, b"x")
        os.kill(pids(pool)[0], signal.SIGSTOP)
        busy = ensureDeferred(self.examine(pool, b"x", seconds=3))
        await self.assertFailure(ensureDeferred(self.examine(pool, b"y", seconds=0.2)), NoCellFree)
        os.kill(pids(pool)[0], signal.SIGCONT)
        assert (await busy).findings == ()

    async def test_too_many_waiting_are_sent_away_at_once(self) -> None:
        """Beyond the waiting limit nobody waits."""
        pool = self.pool(waiting_limit=1)
        first = ensureDeferred(self.examine(pool, b"x"))
        await self.assertFailure(ensureDeferred(self.examine(pool, b"y")), NoCellFree)
        assert (await first).findings == ()

    async def test_messages_share_the_children(self) -> None:
        """Twenty messages at once, two children, twenty reports in order."""
        pool = self.pool(2)
        pending = [ensureDeferred(self.examine(pool, b"Subject: %d\r\n\r\nx" % n)) for n in range(20)]
        assert [(await report).subject for report in pending] == [str(n) for n in range(20)]
        assert len(pids(pool)) == 2

    async def test_stopping_ends_children_and_waiting_messages(self) -> None:
        """After `stopService` there is no child left, and who waited is told."""
        pool = CellPool(reactor, 1)
        pool.startService()
        (pid,) = pids(pool)
        waiting: Deferred[CellReport] = ensureDeferred(self.examine(pool, b"x"))
        gone = pool.stopService()
        await self.assertFailure(waiting, NoCellFree)
        await gone
        assert not _exists(pid)
        await self.assertFailure(ensureDeferred(self.examine(pool, b"x")), NoCellFree)


class BackOffTests(TestCase):
    timeout = 30

    async def test_children_that_die_at_start_are_replaced_after_growing_waits(self) -> None:
        """The waits double; no child is started in between."""
        clock = _SharedClock()
        pool = CellPool(clock, 1)
        pool.startService()
        waits = []
        for _ in range(3):
            os.kill(pids(pool)[0], signal.SIGKILL)
            while pool._cells:
                await deferLater(reactor, 0.01)
            (call,) = pool._respawns
            waits.append(round(call.getTime() - clock.seconds(), 3))
            clock.advance(waits[-1])
        assert waits == [0.1, 0.2, 0.4]
        await self._stop(pool, clock)

    async def _stop(self, pool: CellPool, clock: Clock) -> None:
        gone = pool.stopService()
        while not gone.called:
            await deferLater(reactor, 0.01)
            clock.advance(1)


class _SharedClock(Clock):
    """Time by hand, sockets by the real reactor."""

    def adoptStreamConnection(self, *arguments: object) -> object:
        return reactor.adoptStreamConnection(*arguments)  # type: ignore[attr-defined]


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
