"""The runner, on a clock that the test moves: rounds, bounds, failures, and the end."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import LogPublisher, globalLogPublisher
from twisted.trial.unittest import TestCase

from mx.delivery.runner import BACKLOG_SECONDS, MOST_AT_ONCE, POLL_SECONDS, Runner
from tenants.storage.database import DatabaseUnavailable


class Pieces:
    """Work whose pieces end when the test says so."""

    name = "pieces"

    def __init__(self) -> None:
        self.available = 0
        self.asked: list[int] = []
        self.begun: list[Deferred[None]] = []
        self.lease_waits: Deferred[None] | None = None
        self.trouble: Exception | None = None
        self.is_waiting = False

    async def lease(self, most: int) -> Sequence[Coroutine[Any, Any, None]]:
        self.asked.append(most)
        if self.lease_waits is not None:
            await self.lease_waits
        if self.trouble is not None:
            raise self.trouble
        count = min(most, self.available)
        self.available -= count
        return [self._piece() for _ in range(count)]

    async def is_any_waiting(self) -> bool:
        return self.is_waiting

    async def _piece(self) -> None:
        self.begun.append(Deferred())
        await self.begun[-1]


class RunnerTest(TestCase):
    """Nothing waits for real time."""

    def setUp(self) -> None:
        self.clock, self.work = Clock(), Pieces()
        self.runner = Runner(self.work, self.clock)
        self.lines: list[str] = []
        publisher: LogPublisher = globalLogPublisher
        publisher.addObserver(self.note)  # type: ignore[arg-type]
        self.addCleanup(publisher.removeObserver, self.note)  # type: ignore[arg-type]

    def note(self, event: dict[str, object]) -> None:
        if event.get("log_namespace") == "mx.delivery.runner":
            self.lines.append(str(event["log_format"]))

    def stop(self) -> list[object]:
        """Ask the runner to stop; the list has something in it once it has."""
        ended: list[object] = []
        stopping = self.runner.stopService()
        assert stopping is not None
        stopping.addBoth(ended.append)
        return ended

    def test_work_is_asked_for_at_once_and_every_second(self) -> None:
        """Also when there is none."""
        self.runner.startService()
        assert self.work.asked == [MOST_AT_ONCE]
        self.clock.advance(POLL_SECONDS)
        assert len(self.work.asked) == 2
        assert self.stop() == [None]
        assert self.clock.getDelayedCalls() == []

    def looks(self, seconds: int) -> int:
        """How often work is asked for meanwhile."""
        before = len(self.work.asked)
        for _ in range(seconds):
            self.clock.advance(POLL_SECONDS)
        return len(self.work.asked) - before

    def test_where_nothing_waits_it_is_quiet_until_somebody_commits(self) -> None:
        """And looks now and again in any case."""
        mark = [1]
        self.runner = Runner(self.work, self.clock, lambda: mark[0])
        self.runner.startService()
        assert self.looks(9) == 0
        assert self.looks(10) == 1
        mark[0] = 2
        assert self.looks(1) == 1
        assert self.looks(9) == 0
        self.work.available, mark[0] = 1, 3
        assert self.looks(1) == 1
        assert len(self.work.begun) == 1
        assert self.looks(3) == 1
        self.work.begun[0].callback(None)
        self.stop()

    def test_what_is_committed_during_a_look_is_looked_for(self) -> None:
        """The look may not have seen it."""
        mark = [1]
        self.runner = Runner(self.work, self.clock, lambda: mark[0])
        self.work.lease_waits = Deferred()
        self.runner.startService()
        mark[0] = 2
        self.work.lease_waits.callback(None)
        assert self.looks(1) == 1
        self.stop()

    def test_it_is_never_quiet_while_anything_waits_or_nobody_can_tell(self) -> None:
        """A copy whose time has not come; a database that shows no commits."""
        self.work.is_waiting = True
        self.runner = Runner(self.work, self.clock, lambda: 1)
        self.runner.startService()
        assert self.looks(5) == 5
        self.stop()
        self.work.is_waiting = False
        self.runner = Runner(self.work, self.clock, lambda: None)
        self.runner.startService()
        assert self.looks(5) == 5
        self.stop()

    def test_a_backlog_is_worked_off_without_waiting_for_the_second(self) -> None:
        """When all that was begun has ended, more is asked for at once; with nothing more, a second later."""
        self.work.available = MOST_AT_ONCE + 1
        self.runner.startService()
        for piece in list(self.work.begun):
            piece.callback(None)
        self.clock.advance(0)
        assert len(self.work.begun) == MOST_AT_ONCE + 1
        self.work.begun[-1].callback(None)
        self.clock.advance(0)
        assert len(self.work.asked) == 3
        self.clock.advance(POLL_SECONDS / 2)
        assert len(self.work.asked) == 3
        assert self.stop() == [None]

    def test_one_slow_piece_does_not_hold_a_backlog_up(self) -> None:
        """Where the last look found something, the next one comes when a piece has ended."""
        self.work.available = MOST_AT_ONCE + 1
        self.runner.startService()
        self.work.begun[0].callback(None)
        self.clock.advance(BACKLOG_SECONDS)
        assert self.work.asked == [MOST_AT_ONCE, 1]
        self.work.begun[1].callback(None)
        self.clock.advance(BACKLOG_SECONDS)
        assert self.work.asked == [MOST_AT_ONCE, 1, 1]
        self.work.begun[2].callback(None)
        self.clock.advance(BACKLOG_SECONDS)
        assert self.work.asked == [MOST_AT_ONCE, 1, 1]

    def test_no_more_pieces_are_under_way_than_allowed(self) -> None:
        """What is free is what is asked for; with nothing free, nobody is asked."""
        self.work.available = MOST_AT_ONCE + 5
        self.runner.startService()
        assert len(self.work.begun) == MOST_AT_ONCE
        self.clock.advance(POLL_SECONDS)
        assert self.work.asked == [MOST_AT_ONCE]
        for piece in self.work.begun[:3]:
            piece.callback(None)
        self.clock.advance(POLL_SECONDS)
        assert self.work.asked == [MOST_AT_ONCE, 3]
        assert len(self.work.begun) == MOST_AT_ONCE + 3

    def test_a_slow_lease_is_waited_for(self) -> None:
        """The next round begins a second after the last one has ended, never beside it."""
        self.work.lease_waits = Deferred()
        self.runner.startService()
        self.clock.advance(10)
        assert self.work.asked == [MOST_AT_ONCE]
        waits, self.work.lease_waits = self.work.lease_waits, None
        waits.callback(None)
        self.clock.advance(POLL_SECONDS)
        assert len(self.work.asked) == 2

    def test_a_database_that_is_away_ends_one_round(self) -> None:
        """One warning, and the next round finds it again."""
        self.work.trouble = DatabaseUnavailable("locked")
        self.runner.startService()
        self.work.trouble, self.work.available = None, 1
        self.clock.advance(POLL_SECONDS)
        assert len(self.work.begun) == 1
        assert self.lines == ["runner.database-away"]

    def test_a_bug_in_leasing_ends_one_round(self) -> None:
        """Logged as what it is; the runner goes on."""
        self.work.trouble = KeyError("bug")
        self.runner.startService()
        self.clock.advance(POLL_SECONDS)
        assert len(self.work.asked) == 2
        assert len(self.flushLoggedErrors(KeyError)) == 2

    def test_a_piece_that_raises_is_logged_once_and_makes_room(self) -> None:
        """An outage is a warning, anything else an error."""
        self.work.available = 2
        self.runner.startService()
        self.work.begun[0].errback(DatabaseUnavailable("away"))
        self.work.begun[1].errback(KeyError("bug"))
        assert self.lines == ["runner.not-settled", "runner.work-failed"]
        assert len(self.flushLoggedErrors(KeyError)) == 1
        self.clock.advance(POLL_SECONDS)
        assert self.work.asked == [MOST_AT_ONCE, MOST_AT_ONCE]

    def test_stopping_waits_for_what_is_under_way(self) -> None:
        """And begins no further round."""
        self.work.available = 2
        self.runner.startService()
        ended = self.stop()
        self.work.begun[0].callback(None)
        assert ended == []
        self.work.begun[1].errback(DatabaseUnavailable("away"))
        assert ended == [None]
        self.clock.advance(10)
        assert self.work.asked == [MOST_AT_ONCE]

    def test_what_is_leased_while_stopping_is_not_begun(self) -> None:
        """Its lease ends by itself; the process would otherwise drain for as long as a transfer takes."""
        self.work.available, self.work.lease_waits = 3, Deferred()
        self.runner.startService()
        ended = self.stop()
        assert ended == []
        self.work.lease_waits.callback(None)
        assert ended == [None]
        assert self.work.begun == []

    def test_a_stopped_runner_can_be_started_again(self) -> None:
        """A service is started as often as its parent wants."""
        restart: Callable[[], None] = self.runner.startService
        restart()
        self.stop()
        restart()
        assert len(self.work.asked) == 2
