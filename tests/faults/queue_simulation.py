"""A deterministic simulation of the queue: `python -m tests.faults.queue_simulation [SEEDS [FIRST]]`.

The real queue (`mx/delivery/queue.py`, its books on SQLite) on two nodes; time, next hops and accidents are played by
one random generator, so that a seed that fails does so again in the same way. Next hops are up, down, put off, refuse,
or take a copy without saying so; a node crashes in the middle of a transfer, before or after a commit, or stands still
for longer than its leases. After each step every copy that was ever queued must be

* queued, or delivered and with the next hop, or held as undeliverable with its sender owed a report;
* under one lease at a time; given up only when refused for good or when its lifetime is over;
* with the next hop no more often than accidents account for;

and at the end, when every next hop is up again, nothing may be left in the queue.
"""

import argparse
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select
from twisted.internet.defer import Deferred

from mx.delivery.contract import CopyResult, Transfer
from mx.delivery.notices.own_hops import OwnHops
from mx.delivery.queue import Offering, QueueWork
from mx.delivery.runner import LEASE_SECONDS
from mx.delivery.schedule import next_attempt_at, rest_until
from tenants.encryption.keys import current_key
from tenants.encryption.sealed import BlobKind, SealedStore
from tenants.queue.book import DeliveryState, enqueue
from tenants.storage.database import Database
from tenants.storage.migration import migrate
from tenants.storage.tables import mail, notices, quarantine, queue
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld, customer_world
from tests.faults.simulated_parts import DOMAINS, MOODS, AtOnce, Blobs, Crash, Directory, Hops, Threads, Violation

WAITS = (60.0, 300.0, 3600.0, 14400.0)
LIFETIME = timedelta(days=5)
STEPS = 60
ADVANCES = (0.0, 1.0, 30.0, 90.0, LEASE_SECONDS * 3, 3600.0, 86400.0)


@dataclass
class Piece:
    """One transfer of one node."""

    copies: list[int]
    until: datetime
    run: Coroutine[Any, Any, None]
    ends: Deferred[None] | None = None
    is_over: bool = False


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
        runs = _result(self.work.lease(5))
        for run in runs:
            copies = [each.id for each in run.cr_frame.f_locals["group"]]
            piece = Piece(copies, self._simulation.now + timedelta(seconds=LEASE_SECONDS), run)
            self._simulation.note_lease(piece)
            self.pieces.append(piece)
            _begin(piece.run, partial(self._ended, piece))
            piece.ends = self._waiting.pop() if self._waiting else None

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
        self.queued: dict[int, tuple[tuple[str, str], datetime]] = {}
        """By number: the copy's key, and the end of its lifetime."""
        self.accidents: Counter[tuple[str, str]] = Counter()
        self._leases: dict[int, Piece] = {}
        self._messages = 0
        self.nodes = [Node(self, "one"), Node(self, "two")]

    def run(self) -> None:
        """Raises Violation."""
        for _ in range(STEPS):
            self._step()
            self._check()
        self._calm_down()

    def _step(self) -> None:
        node = self.chance.choice(self.nodes)
        match self.chance.randrange(10):
            case 0 | 1:
                self._arrive()
            case 2 | 3 | 4:
                node.lease()
            case 5 | 6:
                self._end_one(node)
            case 7:
                self.hops.moods[self.chance.choice(DOMAINS)] = self.chance.choice(MOODS)
            case 8:
                self.now += timedelta(seconds=self.chance.choice(ADVANCES))
            case _:
                self._crash(node)

    def _arrive(self) -> None:
        """One message for some recipients of one domain."""
        self._messages += 1
        domain = self.chance.choice(DOMAINS)
        tenant = self.world.blue_harbour if domain == "blue.example" else self.world.acme
        sender = f"{self._messages}@supplier.example"
        expires_at = self.now + LIFETIME
        with self.database.unit_of_work(Reader.OPERATOR) as session:
            body = self.sealed.store(current_key(session, tenant.id), BlobKind.BODY, [b"Subject: x\r\n\r\nbody\r\n"])
            facts = self.world.facts(tenant, reverse_path=sender)
            for number in range(self.chance.randint(1, 3)):
                recipient = f"{number}@{domain}"
                new = self.world.new_delivery(session, tenant, facts=facts, body=body, recipient=recipient)
                times = {"domain": domain, "next_attempt_at": self.now, "expires_at": expires_at}
                (made,) = enqueue(session, [_changed(new, **times)], self.now)
                self.queued[made] = ((sender, recipient), expires_at)

    def note_lease(self, piece: Piece) -> None:
        """Nobody else may have a living lease on these copies."""
        for copy in piece.copies:
            held = self._leases.get(copy)
            if held is not None and not held.is_over and held.until >= self.now:
                raise Violation(f"copy {copy} is leased twice")
            if held is not None and not held.is_over:
                # Its node stood still for longer than the lease, and may send it still.
                self.accidents[self.queued[copy][0]] += 1
            self._leases[copy] = piece

    def _end_one(self, node: Node) -> None:
        waiting = [piece for piece in node.pieces if piece.ends is not None]
        if not waiting:
            return
        piece = self.chance.choice(waiting)
        ends, piece.ends = piece.ends, None
        for copy in piece.copies:
            key = self.queued[copy][0]
            if self.hops.moods[key[1].rpartition("@")[2]] == "cut-after-taking":
                self.accidents[key] += 1
        assert ends is not None
        ends.callback(None)

    def _crash(self, node: Node) -> None:
        """Now, or in the middle of ending a transfer."""
        node.threads.crash = self.chance.choice(("before", "after", ""))
        for piece in node.pieces:
            for copy in piece.copies:
                self.accidents[self.queued[copy][0]] += 1
        self._end_one(node)
        node.crash()

    def _check(self) -> None:
        with self.database.read(Reader.OPERATOR) as session:
            rows = session.execute(select(queue.delivery.c.id, queue.delivery.c.state)).all()
            held = session.execute(
                select(mail.message.c.reverse_path, quarantine.held_recipient.c.address)
                .join(quarantine.held, quarantine.held.c.transaction_id == mail.message.c.transaction_id)
                .join(quarantine.held_recipient, quarantine.held_recipient.c.held_id == quarantine.held.c.id)
            ).all()
            owed = session.execute(select(func.count()).select_from(notices.notice)).scalar_one()
        states = {row.id: DeliveryState(row.state) for row in rows}
        if states.keys() != self.queued.keys():
            raise Violation("a copy is not there any more")
        kept = Counter((row.reverse_path, row.address) for row in held)
        for number, (key, expires_at) in self.queued.items():
            self._check_copy(states[number], key, expires_at, kept[key])
        if owed != kept.total():
            raise Violation(f"{kept.total()} copies are undeliverable, and {owed} reports are owed")

    def _check_copy(self, state: DeliveryState, key: tuple[str, str], expires_at: datetime, held: int) -> None:
        if held != (state is DeliveryState.UNDELIVERABLE):
            raise Violation(f"{key} is {state}, and held {held} times")
        if state is DeliveryState.DELIVERED and not self.hops.taken[key]:
            raise Violation(f"{key} counts as delivered, and nobody has it")
        if state is DeliveryState.UNDELIVERABLE and key not in self.hops.refused and self.now < expires_at:
            raise Violation(f"{key} was given up early")
        if self.hops.taken[key] > 1 + self.accidents[key]:
            raise Violation(f"{key} was sent {self.hops.taken[key]} times after {self.accidents[key]} accidents")

    def _calm_down(self) -> None:
        """Every next hop is up; the nodes work until nothing waits."""
        self.hops.moods = dict.fromkeys(DOMAINS, "up")
        for _ in range(200):
            for node in self.nodes:
                while any(piece.ends for piece in node.pieces):
                    self._end_one(node)
                node.lease()
            self._check()
            with self.database.read(Reader.OPERATOR) as session:
                waiting = select(func.count()).where(queue.delivery.c.state == DeliveryState.QUEUED.value)
                if not session.execute(waiting).scalar_one():
                    return
            self.now += timedelta(minutes=30)
        raise Violation("something is left in the queue")


def _changed(new: Any, **changes: Any) -> Any:
    from dataclasses import replace

    return replace(new, **changes)


def simulate(seeds: Iterable[int], tell: Callable[[str], None]) -> list[int]:
    """Run these seeds; those that failed."""
    fast = "/dev/shm" if os.path.isdir("/dev/shm") else None
    failed: list[int] = []
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
                failed.append(seed)
                tell(f"seed {seed}: {violation}")
            _empty(database)
        database.close()
    return failed


def _empty(database: Database) -> None:
    with database.unit_of_work(Reader.OPERATOR) as session:
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
        ):
            session.execute(delete(table))


def main() -> int:
    """Exit status 0 when no seed failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("seeds", type=int, nargs="?", default=10_000)
    parser.add_argument("first", type=int, nargs="?", default=0)
    asked = parser.parse_args()
    failed = simulate(range(asked.first, asked.first + asked.seeds), print)
    print(f"seeds {asked.seeds}, violations {len(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
