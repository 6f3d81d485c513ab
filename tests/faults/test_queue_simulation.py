"""The simulation of the queue in short, and that it finds faults; whole: `python -m tests.faults.queue_simulation`."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import and_, delete, update
from sqlalchemy.orm import Session

from mx.delivery import queue as work
from mx.delivery.contract import CopyResult, TransientlyRefused
from mx.delivery.runner import LEASE_SECONDS
from mx.delivery.schedule import next_attempt_at, next_wait
from mx.spool import Spool
from tenants.queue import book
from tenants.queue.book import LeasedDelivery
from tenants.storage.tables import queue
from tenants.storage.viewpoint import OfTenant
from tests.faults import queue_simulation
from tests.faults.queue_oracle import LEASE_MICROSECONDS
from tests.faults.queue_simulation import violations

MOST_SEEDS = 100
"""So many, at most, are played until a planted fault is found."""
Planted = Callable[[pytest.MonkeyPatch], None]


def test_nothing_is_lost_doubled_or_given_up_early() -> None:
    """A few seeds; each plays nodes, next hops, time and accidents."""
    assert list(violations(range(4))) == []
    assert LEASE_SECONDS * 1e6 == LEASE_MICROSECONDS


def no_fence_when_settling(patch: pytest.MonkeyPatch) -> None:
    real = book._settle

    def settle(session: Session, number: int, fence: int, *rest: Any, **more: datetime) -> Any:
        now = session.execute(queue.delivery.select().where(queue.delivery.c.id == number)).one()
        return real(session, number, now.fence, *rest, **more)

    patch.setattr(book, "_settle", settle)


def no_fence_when_leasing(patch: pytest.MonkeyPatch) -> None:
    real = book._take

    def take(session: Session, condition: Any, order: Any, most: int, lease: Any) -> Any:
        return real(session, condition, order, most, {**lease, "fence": queue.delivery.c.fence})

    patch.setattr(book, "_take", take)


def given_up_a_wait_early(patch: pytest.MonkeyPatch) -> None:
    def attempt_after(
        now: datetime, attempts: int, expires_at: datetime, waits: Sequence[float], jitter: Callable[[], float]
    ) -> datetime | None:
        next_time = now + timedelta(seconds=next_wait(attempts, waits, jitter))
        return next_time if next_time < expires_at else None

    patch.setattr(queue_simulation, "next_attempt_at", attempt_after)


def given_up_after_three_attempts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        queue_simulation,
        "next_attempt_at",
        lambda now, attempts, *rest: None if attempts > 3 else next_attempt_at(now, attempts, *rest),
    )


def never_given_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        queue_simulation,
        "next_attempt_at",
        lambda now, attempts, expires_at, *rest: next_attempt_at(now, attempts, now + timedelta(days=9), *rest),
    )


def a_lease_too_long(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(work, "LEASE_SECONDS", LEASE_SECONDS * 10)


def a_lease_too_short(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(work, "LEASE_SECONDS", LEASE_SECONDS / 10)


def leased_before_its_time(patch: pytest.MonkeyPatch) -> None:
    table = queue.delivery
    patch.setattr(book, "_is_due", lambda now: and_(table.c.state == book.QUEUED, table.c.lease_until < now))


def leased_while_leased(patch: pytest.MonkeyPatch) -> None:
    table = queue.delivery
    patch.setattr(book, "_is_due", lambda now: and_(table.c.state == book.QUEUED, table.c.next_attempt_at <= now))


def settled_before_the_hop_answers(patch: pytest.MonkeyPatch) -> None:
    real = work._results

    async def results(
        parts: work.Offering, group: Sequence[LeasedDelivery], spool: Spool, begin_by: datetime
    ) -> Sequence[CopyResult]:
        whose = OfTenant(group[0].facts.tenant_id)
        for each in group:
            await parts.threads.run_durably(
                whose, work.settle_delivered, each.id, fence=each.fence, reply="", now=parts.now()
            )
        return await real(parts, group, spool, begin_by)

    patch.setattr(work, "_results", results)


def lost_when_its_lifetime_is_over(patch: pytest.MonkeyPatch) -> None:
    real = work.settle_undeliverable

    def settle(session: Session, number: int, *, reply: str, **rest: Any) -> int | None:
        if reply.startswith("550"):
            return real(session, number, reply=reply, **rest)
        session.execute(delete(queue.delivery).where(queue.delivery.c.id == number))
        return 0

    patch.setattr(work, "settle_undeliverable", settle)


def undeliverable_and_not_held(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(book, "insert_held", lambda *_: 0)


def a_report_that_is_not_asked_for(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(book, "ask_report", lambda *_, **__: None)


def delivered_and_left_in_the_queue(patch: pytest.MonkeyPatch) -> None:
    real = work.settle_delivered

    def settle(session: Session, number: int, **rest: Any) -> bool:
        is_settled = real(session, number, **rest)
        session.execute(update(queue.delivery).where(queue.delivery.c.id == number).values(state="queued"))
        return is_settled

    patch.setattr(work, "settle_delivered", settle)


def a_refusal_for_now_taken_for_good(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(work, "PermanentlyRefused", work.PermanentlyRefused | TransientlyRefused)


def a_rest_without_end(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(queue_simulation, "rest_until", lambda now, *_: now + timedelta(days=365))


FAULTS: dict[Planted, str] = {
    no_fence_when_settling: "settled under a lease that somebody else has",
    no_fence_when_leasing: "settled under a lease that somebody else has",
    given_up_a_wait_early: "given up early",
    given_up_after_three_attempts: "given up early",
    never_given_up: "beyond its lifetime",
    a_lease_too_long: "leased for too long",
    a_lease_too_short: "leased twice",
    leased_before_its_time: "before its time",
    leased_while_leased: "leased twice",
    settled_before_the_hop_answers: "nobody has it",
    lost_when_its_lifetime_is_over: "not there any more",
    undeliverable_and_not_held: "held 0 times",
    a_report_that_is_not_asked_for: "reports are owed",
    delivered_and_left_in_the_queue: "was sent 2 times|beyond its lifetime|is queued, and held",
    a_refusal_for_now_taken_for_good: "given up early",
    a_rest_without_end: "left in the queue",
}


@pytest.mark.parametrize("planted", FAULTS, ids=lambda planted: planted.__name__)
def test_a_planted_fault_is_found(planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within so many seeds, for what it is, and in the same way each time that the seed is played."""
    planted(monkeypatch)
    found = next(violations(range(MOST_SEEDS)), None)
    assert found is not None
    seed, said = found
    assert re.search(FAULTS[planted], said), found
    assert list(violations([seed])) == [found]
