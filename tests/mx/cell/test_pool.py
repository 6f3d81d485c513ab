"""The pool of cells, with real children."""

import contextlib
import hashlib
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import ensureDeferred
from twisted.internet.task import Clock, deferLater
from twisted.logger import capturedLogs
from twisted.trial.unittest import SkipTest, TestCase

from mx.cell import pool as pool_module
from mx.cell.cell import Cell
from mx.cell.nursery_link import Spawn
from mx.cell.pool import CellPool
from mx.cell.population import Population
from mx.cell.report import CellReport, NoCellFree
from mx.cell.spawn import spawn_nursery
from mx.cell.wishes import Wishes
from mx.finding import Found, NothingFound, Severity
from mx.spool import MEMORY_OCTETS, Spool
from tenants.quarantine.message_record import MessageRecord
from tests.contracts.hostile_nursery import MAGIC, spawn_hostile_nursery
from tests.contracts.mail import EICAR, attached, nested, zipped

AT_MOST = 30.0  # seconds: only a hang takes them, however busy the machine is


def spooled(message: bytes) -> Spool:
    spool = Spool()
    spool.write(message)
    spool.freeze()
    return spool


def names(report: CellReport) -> list[str]:
    return [finding.name for finding in report.findings]


def pids(pool: CellPool) -> list[int]:
    return [cell.pid for cell in pool.population.cells]


class _SilentCell(Cell):
    """No process stands behind it."""

    pid = 7  # type: ignore[assignment]

    def __init__(self) -> None:
        self.ends: list[str] = []

    def give_up(self, name: str) -> None:
        self.ends.append(name)


class PoolTests(TestCase):
    timeout = 200

    def pool(
        self,
        count: int = 1,
        waiting_limit: int = 200,
        spawn: Spawn = spawn_nursery,
        cpu_seconds: float = pool_module.CPU_SECONDS,
    ) -> CellPool:
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(os.rmdir, self.folder)
        pool = CellPool(
            reactor,
            count,
            self.folder,
            waiting_limit=waiting_limit,
            deepen_seconds=None,
            cpu_seconds=cpu_seconds,
            spawn=spawn,
        )
        pool.startService()
        self.addCleanup(pool.stopService)
        return pool

    async def until(self, condition: object) -> None:
        while not condition():  # type: ignore[operator]
            await deferLater(reactor, 0.01)

    async def examine(
        self, pool: CellPool, message: bytes, *, want: bool = False, seconds: float = 30, tenant: int = 0
    ) -> CellReport:
        spool = spooled(message)
        try:
            return await pool.examine(spool, want_artifacts=want, seconds=seconds, wishes=Wishes(tenant))
        finally:
            spool.close()

    async def test_a_virus_in_two_zips_is_found(self) -> None:
        """The report has the finding, the tree, the titles and the record."""
        pool = self.pool()
        message = b"Message-ID: <1@a.example>\r\nSubject: =?utf-8?q?gr=C3=BCn?=\r\n" + attached(nested(EICAR, 2))
        report = await self.examine(pool, message)
        signatures, macros = report.outcomes
        assert isinstance(signatures, Found)
        assert {(found.name, found.severity) for found in signatures.findings} == {
            ("EICAR-Test-File", Severity.INFECTED)
        }
        assert macros == NothingFound("macros")
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
            assert report.outcomes == (NothingFound("yara"), NothingFound("macros"))
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
        assert isinstance(report.outcomes[0], Found)

    async def test_an_empty_message_is_a_message(self) -> None:
        """No octets at all: a report with a root."""
        report = await self.examine(self.pool(), b"", want=True)
        assert report.artifacts[0].reading == "message"
        assert report.findings == ()

    async def test_a_cell_killed_from_outside_costs_nothing(self) -> None:
        """Its message is examined again in another cell, and gets its verdict there."""
        pool = self.pool()
        await self.examine(pool, b"x")
        (first,) = pids(pool)
        os.kill(first, signal.SIGSTOP)
        pending = ensureDeferred(self.examine(pool, b"x"))
        await deferLater(reactor, 0)
        os.kill(first, signal.SIGKILL)
        report = await pending
        assert (report.findings, len(report.artifacts)) == ((), 3)
        assert pids(pool) != [first]

    async def test_a_cell_that_died_idle_costs_nothing(self) -> None:
        """A message does not pay for a death that came before it."""
        pool = self.pool()
        await self.examine(pool, b"x")
        os.kill(pids(pool)[0], signal.SIGKILL)
        assert (await self.examine(pool, b"x")).findings == ()

    async def test_a_child_whose_end_nobody_can_explain_is_killed_at_the_deadline(self) -> None:
        """Where the kernel does not say how long it computed: `cell-time`, no second try, and the child is gone."""
        pool = self.pool()
        self.patch(pool_module, "computed_seconds", lambda pid: None)
        await self.examine(pool, b"x")
        (first,) = pids(pool)
        os.kill(first, signal.SIGSTOP)
        assert names(await self.examine(pool, b"x", seconds=0.2)) == ["cell-time"]
        assert not _exists(first)

    async def test_a_cell_that_was_not_let_compute_does_not_blame_its_message(self) -> None:
        """Its time on the wall is over, not its CPU time: the sender is told to try again, the cell is replaced."""
        # A stopped process is in nobody's run queue, as one that waits for memory, a disk or its parent.
        if sys.platform != "linux":
            raise SkipTest("the kernel of Linux says how long it computed")
        pool = self.pool()
        await self.examine(pool, b"x")
        (first,) = pids(pool)
        os.kill(first, signal.SIGSTOP)
        with self.assertRaises(NoCellFree):
            await self.examine(pool, b"x", seconds=0.2)
        assert not _exists(first)
        assert (await self.examine(pool, b"x")).findings == ()

    async def test_a_hang_in_less_time_than_a_message_may_compute_does_not_blame_it(self) -> None:
        """It had to wait for a cell: what it has left by the clock on the wall is not what it may compute."""
        pool = self.pool(spawn=spawn_hostile_nursery)
        with self.assertRaises(NoCellFree):
            await self.examine(pool, attached(MAGIC + b"hang"), seconds=1.0)

    def test_a_message_is_to_blame_when_its_cpu_time_is_spent(self) -> None:
        """Nine tenths of it, for a cell's beginning is not watched and clocks are coarse."""
        for computed, end in ((8.9, "cell-starved"), (9.0, "cell-time")):
            seconds = iter((5.0, 5.0 + computed))
            self.patch(pool_module, "computed_seconds", lambda pid, seconds=seconds: next(seconds))
            clock, cell = Clock(), _SilentCell()
            pool_module._Watch(clock, cell, 20.0, 10.0)
            clock.advance(1.0)
            clock.advance(19.0)
            assert cell.ends == [end]

    def test_the_kernel_is_asked_of_slow_cells_alone(self) -> None:
        """It is a question by the file system, and nearly every message is over in a twentieth of its time."""
        asked: list[int] = []
        self.patch(pool_module, "computed_seconds", lambda pid: float(asked.append(pid) or 0))
        clock, cell = Clock(), _SilentCell()
        quick = pool_module._Watch(clock, cell, 20.0, 10.0)
        clock.advance(0.9)
        quick.end()
        clock.advance(20.0)
        assert (asked, cell.ends) == ([], [])
        pool_module._Watch(clock, cell, 20.0, 10.0)
        clock.advance(1.0)
        clock.advance(19.0)
        assert (asked, cell.ends) == ([7, 7], ["cell-starved"])

    async def test_a_bomb_is_unscannable_and_the_child_lives(self) -> None:
        """The budget ends a zip bomb before the limits of the process do."""
        pool = self.pool()
        await self.examine(pool, b"x")
        before = pids(pool)
        report = await self.examine(pool, attached(zipped(zipped(bytes(300 << 20)))))
        assert [name for name in names(report) if name.startswith("limit.")]
        assert pids(pool) == before

    async def test_a_fault_in_a_reader_costs_one_verdict(self) -> None:
        """Crash, hang, memory, exception, exit: unscannable, with what was being opened; the next message is fine."""
        pool = self.pool(spawn=spawn_hostile_nursery, cpu_seconds=0.5)
        cases = {
            b"crash": "cell-died.gzip",
            b"exit": "cell-died.gzip",
            b"hang": "cell-time.gzip",
            b"memory": "cell-error.gzip",
            b"raise": "cell-error.gzip",
        }
        with capturedLogs() as logged:
            for fault, expected in cases.items():
                content = MAGIC + fault
                seconds = 4.0 if fault == b"hang" else 2 * AT_MOST
                began = reactor.seconds()
                report = await self.examine(pool, attached(content), seconds=seconds)
                assert names(report) == [expected]
                assert reactor.seconds() - began < AT_MOST
                assert all(isinstance(outcome, Found) for outcome in report.outcomes)
                lost = [event for event in logged if event["log_format"] == "cell-lost"]
                assert len(lost) == (2 if expected.startswith("cell-died") else 1), fault
                assert {event["artifact"] for event in lost} == {hashlib.sha256(content).hexdigest()}
                assert {event["opened_as"] for event in lost} == {"gzip"}
                logged.clear()
                assert (await self.examine(pool, attached(MAGIC))).findings == ()

    async def test_a_strangers_code_in_a_cell_gets_nowhere(self) -> None:
        """Everything that it tries on the system or on the nursery is refused, and its message gets its verdict."""
        pool = self.pool(spawn=spawn_hostile_nursery)
        report = await self.examine(pool, attached(MAGIC + b"exploit"), want=True)
        assert pool.about is not None
        if "system-call-filter" not in pool.about.confinement:
            raise SkipTest("this machine allows no system call filter")
        (got,) = [part for part in report.artifacts if part.name == "got"]
        assert b"".join(got.content.chunks()) == b"[]"
        report.close()

    async def test_a_child_out_of_memory_is_one_unscannable_message(self) -> None:
        """The address space limit holds: whether it is an exception or a death, the message is unscannable."""
        pool = self.pool()
        message = b"\r\n" + os.urandom(1 << 20) * 700
        report = await self.examine(pool, message, seconds=60)
        assert [name.partition(".")[0] for name in names(report)] in (["cell-error"], ["cell-died"])
        assert (await self.examine(pool, b"x")).findings == ()

    async def test_a_message_that_only_a_deep_cell_opens_gets_one(self) -> None:
        """Light cells are made first; one message that needs more makes all of them deep, one by one."""
        pool = self.pool(2)
        await self.examine(pool, b"x")
        light = pids(pool)
        assert [cell.is_deep for cell in pool.population.cells] == [False, False]
        report = await self.examine(pool, attached(b"7z\xbc\xaf\x27\x1c\0\4" + bytes(24)))
        assert report.artifacts
        await self.until(lambda: pool.population.free == 2 and all(cell.is_deep for cell in pool.population.cells))
        assert not set(light) & set(pids(pool))
        await self.until(lambda: not any(map(_exists, light)))

    async def test_a_nursery_that_dies_takes_its_cells_with_it(self) -> None:
        """Messages under way get their second try from the next one."""
        pool = self.pool()
        await self.examine(pool, b"x")
        nursery, (first,) = pool.population.nursery, pids(pool)
        assert nursery is not None
        os.kill(first, signal.SIGSTOP)
        pending = ensureDeferred(self.examine(pool, b"x"))
        await deferLater(reactor, 0)
        os.kill(nursery.pid, signal.SIGKILL)
        assert (await pending).findings == ()
        assert pool.population.nursery not in (None, nursery)

    async def test_another_tenants_message_passes_by_a_flood(self) -> None:
        """One tenant's messages hold every cell and the line: another's gets a cell that is added for it."""
        pool = self.pool(2, spawn=spawn_hostile_nursery)
        await self.examine(pool, b"x")
        hang = attached(MAGIC + b"hang")
        flood = [ensureDeferred(self.examine(pool, hang, seconds=1.5, tenant=1)) for _ in range(6)]
        await deferLater(reactor, 0)
        assert pool.population.free == 0
        began = reactor.seconds()
        for _ in range(5):
            assert (await self.examine(pool, b"x", seconds=1.0, tenant=2)).findings == ()
        assert reactor.seconds() - began < 1.0
        assert not any(pending.called for pending in flood)
        assert len(pids(pool)) == 3
        for pending in flood:
            with contextlib.suppress(NoCellFree):
                await pending

    async def one_waits_beside_a_free_cell(self, more: Callable[[Population], None]) -> None:
        """A tenant's message is in the one cell that it may have, and another of its own waits; `more`: cells."""
        pool = self.pool()
        await self.examine(pool, b"x")
        (busy,) = pids(pool)
        os.kill(busy, signal.SIGSTOP)
        first = ensureDeferred(self.examine(pool, b"x"))
        second = ensureDeferred(self.examine(pool, b"y"))
        more(pool.population)
        await self.until(lambda: pool.population.free == 1)
        there = pids(pool)
        assert not second.called
        os.kill(busy, signal.SIGCONT)
        assert (await first).findings == (await second).findings == ()
        # No third cell was needed for it, which would have been made only when one of these had been idle for long.
        assert set(pids(pool)) <= set(there)

    async def test_who_waits_gets_a_cell_that_came_free_before_its_turn(self) -> None:
        """Not only the next that comes free, which may be none for long."""
        await self.one_waits_beside_a_free_cell(Population.add_one)

    async def test_who_waits_gets_the_deep_cell_in_place_of_the_light_one(self) -> None:
        """The light one, which goes at the end of its message, is offered to nobody."""
        await self.one_waits_beside_a_free_cell(Population.deepen)

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

    async def test_stopping_ends_cells_and_waiting_messages(self) -> None:
        """After `stopService` there is no process left, and who waited is told."""
        pool = CellPool(reactor, 1)
        pool.startService()
        nursery = pool.population.nursery
        assert nursery is not None
        await self.examine(pool, b"x")
        processes = [nursery.pid, *pids(pool)]
        os.kill(processes[1], signal.SIGSTOP)
        pending = [ensureDeferred(self.examine(pool, b"x")) for _ in range(2)]
        await deferLater(reactor, 0)
        gone = pool.stopService()
        for each in pending:
            await self.assertFailure(each, NoCellFree)
        await gone
        assert not any(map(_exists, processes))
        await self.assertFailure(ensureDeferred(self.examine(pool, b"x")), NoCellFree)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
