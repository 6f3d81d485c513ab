"""A deterministic simulation of the queue: `python -m tests.faults.queue_simulation`.

    python -m tests.faults.queue_simulation [SEEDS [FIRST]] [--processes N]

The real queue (`mx/delivery/queue.py`, its books on SQLite) on two nodes; time, next hops and accidents are played by
one random generator, so that a seed that fails does so again in the same way. Next hops are up, down, put off, refuse,
or take a copy without saying so; a node crashes in the middle of a transfer, before or after a commit, or stands still
for longer than its leases. After each step every copy that was ever queued must be (`queue_oracle.py`)

* queued, or delivered and with the next hop, or held as undeliverable with its sender owed a report;
* under one lease at a time, not before its time and for no longer than a lease is, and settled by nobody else;
* given up when refused for good or when its lifetime is over, neither before nor later;
* with the next hop no more often than accidents account for;

and at the end, when every next hop is up again, nothing may be left in the queue.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import delete
from twisted.internet.defer import Deferred

from mx.delivery.contract import CopyResult, Transfer
from mx.delivery.notices.own_hops import OwnHops
from mx.delivery.queue import Offering, QueueWork
from mx.delivery.runner import LEASE_SECONDS
from mx.delivery.schedule import JITTER_SHARE, LONGEST_REST, next_attempt_at, rest_until
from tenants.encryption.keys import current_key
from tenants.encryption.sealed import BlobKind, SealedStore
from tenants.queue.book import DeliveryState, enqueue
from tenants.storage.database import Database
from tenants.storage.migration import migrate
from tenants.storage.tables import mail, notices, quarantine, queue
from tenants.storage.tables.column_types import START_OF_TIME
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld, customer_world
from tests.faults.queue_oracle import Oracle, Queued
from tests.faults.simulated_parts import DOMAINS, MOODS, AtOnce, Blobs, Crash, Directory, Hops, Threads, Violation

WAITS = (60.0, 300.0, 3600.0, 14400.0)
LIFETIMES = (timedelta(minutes=5), timedelta(hours=1), timedelta(days=1), timedelta(days=5))
STEPS = 60
STUBBORN = ("put-off", "put-off", "down")
STEP_KINDS = {"arrive": 2.0, "lease": 3.0, "end": 2.0, "mood": 1.0, "time": 1.0, "quiet": 1.5, "crash": 1.0}
"""Each with how often it is taken."""
SEEDS_OF_ONE_CALL = 100
ADVANCES = (0.0, 1.0, 30.0, 90.0, LEASE_SECONDS * 3, 3600.0, 86400.0)


@dataclass
class Piece:
    """One transfer of one node."""

    copies: list[int]
    until: int
    run: Coroutine[Any, Any, None]
    ends: Deferred[None] | None = None
    is_over: bool = False


_EMPTYING = tuple(
    delete(table)
    for table in (
        notices.notice,
        quarantine.held_finding,
        quarantine.held_recipient,
        quarantine.held,
        queue.delivery,
        queue.lane_rest,
        mail.message_event,
        mail.message_recipient,
        mail.blob,
        mail.message,
    )
)


class Node:
    """One `work` process."""

    def __init__(self, simulation: "Simulation", name: str) -> None:
        self.threads = Threads(simulation.database)
        self.pieces: list[Piece] = []
        self._simulation = simulation
        self._waiting: list[Deferred[None]] = []
        self._name = name
        self.work = self._new_work()

    def _new_work(self) -> QueueWork:
        simulation, directory = self._simulation, Directory(self._simulation.world)

        def attempt_after(now: datetime, attempts: int, expires_at: datetime) -> datetime | None:
            return next_attempt_at(now, attempts, expires_at, WAITS, simulation.chance.random)

        offering = Offering(
            directory=directory,
            forwarding=self,
            sealed=simulation.sealed,
            threads=self.threads,  # type: ignore[arg-type]
            reactor=AtOnce(),
            now=lambda: simulation.now,
            next_attempt_at=attempt_after,
            own=OwnHops((), self, self, directory),
            rest_until=lambda now, failures: rest_until(now, failures, WAITS, simulation.chance.random),
            hostname="mx.service.example",
            service="mx.service.example",
            scratch=simulation.folder,
        )
        return QueueWork(offering, self._name)

    async def deliver(self, routes: Sequence[Any], transfer: Transfer, seconds: float) -> tuple[CopyResult, ...]:
        """The transfer is under way until the simulation lets it end."""
        ends: Deferred[None] = Deferred()
        self._waiting.append(ends)
        await ends
        return tuple(self._simulation.hops.answer((transfer.reverse_path, who)) for who in transfer.recipients)

    def lease(self) -> None:
        """Lease, and begin every piece."""
        runs, begun = _result(self.work.lease(5)), list[Piece]()
        for run in runs:
            copies = [each.id for each in run.cr_frame.f_locals["group"]]
            until = self._simulation.now + timedelta(seconds=LEASE_SECONDS)
            piece = Piece(copies, micros(until), run)
            self.pieces.append(piece)
            begun.append(piece)
            _begin(piece.run, partial(self._ended, piece))
            piece.ends = self._waiting.pop() if self._waiting else None
        for piece in begun:
            self._simulation.oracle.leased(piece, micros(self._simulation.now))

    def _ended(self, piece: Piece) -> None:
        piece.is_over = True
        self.pieces.remove(piece)

    def crash(self) -> None:
        """All that was under way is forgotten."""
        for piece in self.pieces:
            piece.is_over = True
        self.pieces.clear()
        self.threads = Threads(self._simulation.database)
        self.work = self._new_work()


def _begin(run: Coroutine[Any, Any, Any], ended: Callable[[], None]) -> None:
    def done(result: Any) -> None:
        # A crash is not an end: the node that crashed has forgotten the piece.
        if getattr(result, "type", None) is not Crash:
            ended()
            return result
        return None

    Deferred.fromCoroutine(run).addBoth(done)


def _result(run: Coroutine[Any, Any, Any]) -> Any:
    try:
        run.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("the simulated database made somebody wait")


class Simulation:
    """One seed."""

    def __init__(self, world: CustomerWorld, sealed: SealedStore, folder: Path, seed: int) -> None:
        self.world, self.sealed, self.folder, self.database = world, sealed, folder, world.database
        self.chance = random.Random(seed)
        self.now = NOW
        self.hops = Hops()
        self.oracle = Oracle(self.hops)
        # Every seed is a world of its own: what is frequent in one is rare in another.
        self._weights = [weight * self.chance.choice((0.3, 1.0, 3.0)) for weight in STEP_KINDS.values()]
        self._moods = self.chance.choice((MOODS, MOODS, STUBBORN, STUBBORN, ("up", "cut-after-taking")))
        self.hops.moods = {domain: self.chance.choice(self._moods) for domain in DOMAINS}
        self._messages = 0
        self.nodes = [Node(self, "one"), Node(self, "two")]

    def run(self) -> None:
        """Raises Violation."""
        for _ in range(STEPS):
            self._step()
        self._calm_down()

    def _step(self) -> None:
        node = self.chance.choice(self.nodes)
        match self.chance.choices(tuple(STEP_KINDS), self._weights)[0]:
            case "arrive":
                self._arrive()
            case "lease":
                node.lease()
                self._look()
            case "end":
                self._end_one(node)
            case "mood":
                self.hops.moods[self.chance.choice(DOMAINS)] = self.chance.choice(self._moods)
            case "time":
                self._go_on()
            case "quiet":
                self._work(node)
                self._go_on()
            case _:
                self._crash(node)

    def _go_on(self) -> None:
        """Some time, or until the next copy is due: what goes wrong does so at such moments."""
        due = [row.next_attempt_at for row in self.oracle.rows.values() if row.state == DeliveryState.QUEUED]
        later = [moment for moment in due if moment > micros(self.now)]
        if later and self.chance.random() < 0.6:
            self.now = START_OF_TIME + timedelta(microseconds=min(later))
        else:
            self.now += timedelta(seconds=self.chance.choice(ADVANCES))

    def _work(self, node: Node) -> None:
        """Without an accident: end all that is under way, and begin what is due."""
        while any(piece.ends for piece in node.pieces):
            self._end_one(node)
        node.lease()
        self._look()

    def _arrive(self) -> None:
        """One message for some recipients of one domain."""
        self._messages += 1
        domain = self.chance.choice(DOMAINS)
        tenant = self.world.blue_harbour if domain == "blue.example" else self.world.acme
        sender = f"{self._messages}@supplier.example"
        expires_at = self.now + self.chance.choice(LIFETIMES)
        with self.database.unit_of_work(Reader.OPERATOR) as session:
            body = self.sealed.store(current_key(session, tenant.id), BlobKind.BODY, [b"Subject: x\r\n\r\nbody\r\n"])
            facts = self.world.facts(tenant, reverse_path=sender)
            for number in range(self.chance.randint(1, 3)):
                recipient = f"{number}@{domain}"
                new = self.world.new_delivery(session, tenant, facts=facts, body=body, recipient=recipient)
                times = {"domain": domain, "next_attempt_at": self.now, "expires_at": expires_at}
                (made,) = enqueue(session, [replace(new, **times)], self.now)
                self.oracle.queued[made] = Queued((sender, recipient), micros(expires_at))
        self._look()

    def _end_one(self, node: Node, *, is_crash: bool = False) -> None:
        waiting = [piece for piece in node.pieces if piece.ends is not None]
        if not waiting:
            return
        piece = self.chance.choice(waiting)
        ends, piece.ends = piece.ends, None
        moods = {copy: self.hops.moods[self.oracle.queued[copy].key[1].rpartition("@")[2]] for copy in piece.copies}
        self.oracle.note_accident(copy for copy, mood in moods.items() if mood == "cut-after-taking")
        assert ends is not None
        before = self.oracle.rows
        ends.callback(None)
        self._look()
        self.oracle.ended(piece, before, micros(self.now), is_whole=not is_crash)

    def _crash(self, node: Node) -> None:
        """Now, or in the middle of ending a transfer."""
        node.threads.crash = self.chance.choice(("before", "after", ""))
        for piece in node.pieces:
            self.oracle.note_accident(piece.copies)
        self._end_one(node, is_crash=bool(node.threads.crash))
        node.crash()

    def _look(self) -> None:
        with self.database.read(Reader.OPERATOR) as session:
            self.oracle.look(session, micros(self.now))

    def _calm_down(self) -> None:
        """Every next hop is up; the nodes work until nothing waits."""
        self.hops.moods = dict.fromkeys(DOMAINS, "up")
        for _ in range(200):
            for node in self.nodes:
                self._work(node)
            if not any(row.state == DeliveryState.QUEUED for row in self.oracle.rows.values()):
                return
            waiting = [row for row in self.oracle.rows.values() if row.state == DeliveryState.QUEUED]
            soonest = min(max(row.next_attempt_at, row.lease_until) for row in waiting)
            at_least = self.now + timedelta(seconds=LONGEST_REST * (1 + JITTER_SHARE) + 1)
            self.now = max(at_least, START_OF_TIME + timedelta(microseconds=soonest))
        raise Violation("something is left in the queue")


def micros(moment: datetime) -> int:
    """As the database has it."""
    return (moment - START_OF_TIME) // timedelta(microseconds=1)


def violations(seeds: Iterable[int]) -> Iterator[tuple[int, str]]:
    """Play these seeds; each that fails, and why."""
    fast = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(dir=fast) as name:
        folder = Path(name)
        database = Database(f"sqlite:///{folder / 'simulation.sqlite'}")
        migrate(database)
        world = customer_world(database, folder)
        sealed = SealedStore(Blobs(), world.keyring)
        for seed in seeds:
            try:
                Simulation(world, sealed, folder, seed).run()
            except Violation as violation:
                yield seed, str(violation)
            _empty(database)
        database.close()


def _all_violations(seeds: range) -> list[tuple[int, str]]:
    return list(violations(seeds))


def _empty(database: Database) -> None:
    with database.unit_of_work(Reader.OPERATOR) as session:
        for statement in _EMPTYING:
            session.execute(statement)


def main() -> int:
    """Exit status 0 when no seed failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("seeds", type=int, nargs="?", default=10_000)
    parser.add_argument("first", type=int, nargs="?", default=0)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    asked = parser.parse_args()
    began, failed, end = time.monotonic(), 0, asked.first + asked.seeds
    ranges = [range(at, min(at + SEEDS_OF_ONE_CALL, end)) for at in range(asked.first, end, SEEDS_OF_ONE_CALL)]
    with ProcessPoolExecutor(asked.processes) as processes:
        for found in processes.map(_all_violations, ranges):
            failed += len(found)
            for seed, violation in found:
                print(f"seed {seed}: {violation}")
    print(f"seeds {asked.seeds}, violations {failed}, {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
