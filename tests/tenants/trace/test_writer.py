"""The trace's way to the database: batched, patient while it is away, bounded, and never in anybody's way."""

from collections.abc import Sequence

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import LogPublisher, globalLogPublisher
from twisted.trial.unittest import TestCase

from tenants.storage.database import DatabaseUnavailable
from tenants.storage.viewpoint import OfTenant, Viewpoint
from tenants.trace.book import record_everybodys
from tenants.trace.events import CopyDiscarded, Event
from tenants.trace.writer import BATCH_SECONDS, LONGEST_WAIT_SECONDS, MOST_TOGETHER, MOST_WAITING, TraceWriter
from tests.contracts.customer_world import NOW


def some(count: int, start: int = 0) -> list[Event]:
    return [CopyDiscarded(f"{start + number}", 1, NOW, "anna@acme.example", "policy") for number in range(count)]


class Threads:
    """Stands for DatabaseThreads: each batch waits until the test lets it end."""

    def __init__(self) -> None:
        self.batches: list[Sequence[Event]] = []
        self.ends: list[Deferred[None]] = []

    async def run(self, viewpoint: Viewpoint, function: object, *arguments: Sequence[Event]) -> None:
        assert function is record_everybodys
        assert viewpoint == OfTenant(1)
        self.batches.append(arguments[0])
        self.ends.append(Deferred())
        await self.ends[-1]


class TraceWriterTest(TestCase):
    """A clock that the test moves."""

    def setUp(self) -> None:
        self.clock, self.threads = Clock(), Threads()
        self.writer = TraceWriter(self.threads, self.clock)  # type: ignore[arg-type]
        self.writer.startService()
        self.lines: list[str] = []
        publisher: LogPublisher = globalLogPublisher
        publisher.addObserver(self.note)
        self.addCleanup(publisher.removeObserver, self.note)

    def note(self, event: dict[str, object]) -> None:
        if event.get("log_namespace") == "tenants.trace.writer.TraceWriter":
            self.lines.append(str(event["log_format"]))

    def test_events_are_written_together_a_moment_later(self) -> None:
        """In the order in which they happened, and once."""
        events = some(3)
        self.writer.write(events[0])
        self.writer.write(*events[1:])
        assert self.threads.batches == []
        self.clock.advance(BATCH_SECONDS)
        assert self.threads.batches == [tuple(events)]
        self.threads.ends[0].callback(None)
        assert self.clock.getDelayedCalls() == []

    def test_what_comes_meanwhile_goes_with_the_same_stroke(self) -> None:
        """Events that arrive while a batch is written are not forgotten."""
        self.writer.write(*some(1))
        self.clock.advance(BATCH_SECONDS)
        self.writer.write(*some(1, start=7))
        self.threads.ends[0].callback(None)
        assert [batch[0].transaction for batch in self.threads.batches] == ["0", "7"]

    def test_a_large_number_is_written_in_portions(self) -> None:
        """So that no transaction holds up the others for long."""
        self.writer.write(*some(MOST_TOGETHER + 1))
        self.clock.advance(BATCH_SECONDS)
        self.threads.ends[0].callback(None)
        assert [len(batch) for batch in self.threads.batches] == [MOST_TOGETHER, 1]

    def test_while_the_database_is_away_events_are_kept_and_tried_again(self) -> None:
        """With a growing wait, and one line in the log, and one when it works again."""
        self.writer.write(*some(2))
        waits = 0.0
        for attempt in range(6):
            wait = min(BATCH_SECONDS * 2**attempt, LONGEST_WAIT_SECONDS)
            self.clock.advance(wait)
            waits += wait
            assert len(self.threads.batches) == attempt + 1
            self.threads.ends[attempt].errback(DatabaseUnavailable("away"))
        self.clock.advance(LONGEST_WAIT_SECONDS)
        self.threads.ends[6].callback(None)
        assert self.threads.batches == [tuple(some(2))] * 7
        assert len(self.lines) == 2
        self.writer.write(*some(1))
        self.clock.advance(BATCH_SECONDS)
        assert len(self.threads.batches) == 8

    def test_beyond_the_bound_events_are_dropped_and_counted(self) -> None:
        """Memory is bounded; one line says so."""
        self.writer.write(*some(MOST_WAITING - 1))
        self.writer.write(*some(3))
        self.writer.write(*some(1))
        assert self.writer.dropped == 3
        assert len(self.lines) == 1

    def test_events_that_cannot_be_written_hold_up_nobody(self) -> None:
        """A bug of ours is logged, and the next events are written."""
        self.writer.write(*some(1))
        self.clock.advance(BATCH_SECONDS)
        self.threads.ends[0].errback(ValueError("bug"))
        assert len(self.flushLoggedErrors(ValueError)) == 1
        self.writer.write(*some(1, start=5))
        self.clock.advance(BATCH_SECONDS)
        assert [event.transaction for event in self.threads.batches[1]] == ["5"]

    def test_stopping_writes_what_is_there(self) -> None:
        """At once, and it is done when that is written."""
        self.writer.write(*some(2))
        stopped = self.writer.stopService()
        self.assertNoResult(stopped)
        assert self.threads.batches == [tuple(some(2))]
        self.threads.ends[0].callback(None)
        self.successResultOf(stopped)
        assert self.clock.getDelayedCalls() == []

    def test_stopping_while_the_database_is_away_says_what_is_lost(self) -> None:
        """It does not wait for it."""
        self.writer.write(*some(2))
        stopped = self.writer.stopService()
        self.threads.ends[0].errback(DatabaseUnavailable("away"))
        self.successResultOf(stopped)
        assert "lost at the stop" in self.lines[0]

    def test_stopping_with_nothing_to_write_is_done_at_once(self) -> None:
        """Also while a batch is under way: then when that ends."""
        self.successResultOf(self.writer.stopService())
        assert self.threads.batches == []
