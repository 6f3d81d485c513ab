"""Queueing, leasing and settling copies: nothing leased twice, nothing settled by a runner that lost its lease."""

import pytest

from tenants.accounted import AccountedCopy, accounted
from tenants.customers.book import delete_tenant
from tenants.quarantine.book import get_held, held_blobs
from tenants.queue.book import (
    UNDELIVERABLE,
    DeliveryState,
    LeasedDelivery,
    enqueue,
    give_back,
    is_any_queued,
    lease_due,
    settle_deferred,
    settle_delivered,
    settle_undeliverable,
)
from tenants.queue.lanes import Lane, Shares
from tenants.queue.listing import get_delivery
from tenants.storage.viewpoint import Reader
from tenants.trace.book import find
from tenants.trace.events import CopyAccepted, CopyHeld, DeliveryAttempted
from tests.contracts.customer_world import NOW, CustomerWorld, later


def lease(world: CustomerWorld, at: float = 0, owner: str = "one", **more: object) -> tuple[LeasedDelivery, ...]:
    """What a runner gets at this many seconds after NOW, for a minute."""
    with world.database.unit_of_work(Reader.RUNNER) as session:
        asked = {"limit": 10, "lease_seconds": 60.0} | more
        return lease_due(session, now=later(seconds=at), owner=owner, **asked)  # type: ignore[arg-type]


def queue_one(world: CustomerWorld, **changes: object) -> int:
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        (number,) = enqueue(session, [world.new_delivery(session, **changes)], NOW)
    return number


def test_a_queued_copy_is_leased_with_all_that_sending_needs(world: CustomerWorld) -> None:
    """Facts, recipient, headers, octets."""
    number = queue_one(world)
    (copy,) = lease(world)
    assert (copy.id, copy.recipient, copy.domain, copy.attempts) == (number, "Anna@acme.example", "acme.example", 0)
    assert (copy.headers_on_top, copy.queued_at, copy.expires_at) == (b"Received: x\r\n", NOW, later(days=5))
    assert copy.facts.reverse_path == "author@supplier.example"
    assert b"".join(world.sealed.read(copy.body)) == b"Subject: x\r\n\r\nbody\r\n"


def test_recipients_of_one_message_share_its_octets(world: CustomerWorld) -> None:
    """Each has a delivery of its own."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        first = world.new_delivery(session)
        second = world.new_delivery(session, facts=first.facts, body=first.body, recipient="bo@acme.example")
        numbers = enqueue(session, [first, second], NOW)
    assert [copy.id for copy in lease(world)] == list(numbers)


def test_a_leased_copy_is_nobody_elses_until_the_lease_ends(world: CustomerWorld) -> None:
    """Then the next runner gets it, with another fence."""
    queue_one(world)
    (mine,) = lease(world)
    assert lease(world, at=59, owner="two") == ()
    (theirs,) = lease(world, at=61, owner="two")
    assert (theirs.id, theirs.fence) == (mine.id, mine.fence + 1)


def test_a_copy_that_is_not_due_is_not_leased(world: CustomerWorld) -> None:
    """Nor is one whose lane is busy."""
    queue_one(world, next_attempt_at=later(seconds=10))
    assert lease(world, at=9) == ()
    busy = Shares(2, 9, {Lane(world.acme.id, "acme.example"): 2})
    assert lease(world, at=10, shares=busy) == ()
    assert len(lease(world, at=10)) == 1


def test_no_more_is_leased_than_asked_for(world: CustomerWorld) -> None:
    """Those that are due longest come first."""
    numbers = [queue_one(world, next_attempt_at=later(seconds=-age)) for age in (1, 3, 2)]
    assert [copy.id for copy in lease(world, limit=2)] == [numbers[1], numbers[2]]
    assert [copy.id for copy in lease(world, limit=2)] == [numbers[0]]


def test_a_delivered_copy_leaves_the_queue(world: CustomerWorld) -> None:
    """The trace tells the next hop's reply."""
    number = queue_one(world)
    (copy,) = lease(world)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        assert settle_delivered(session, number, fence=copy.fence, reply="250 2.0.0 Ok", now=later(seconds=1))
        assert not settle_delivered(session, number, fence=copy.fence, reply="250 2.0.0 Ok", now=later(seconds=1))
        assert get_delivery(session, number, tenant_id=None).state is DeliveryState.DELIVERED
        (trace,) = find(session, tenant_id=None, transaction=copy.facts.transaction)
    assert [type(event) for event in trace.events] == [CopyAccepted]
    assert lease(world, at=1e6) == ()


def test_a_deferred_copy_is_tried_again_later(world: CustomerWorld) -> None:
    """The attempt is counted, and its reply is shown."""
    number = queue_one(world)
    (copy,) = lease(world)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        again = later(minutes=5)
        assert settle_deferred(session, number, fence=copy.fence, reply="451 later", next_attempt_at=again, now=NOW)
        shown = get_delivery(session, number, tenant_id=world.acme.id)
        (trace,) = find(session, tenant_id=None, transaction=copy.facts.transaction)
    assert (shown.attempts, shown.last_reply, shown.next_attempt_at, shown.is_leased) == (1, "451 later", again, False)
    assert isinstance(trace.events[0], DeliveryAttempted)
    assert lease(world, at=299) == ()
    assert lease(world, at=300)[0].attempts == 1


def test_an_undeliverable_copy_is_held_in_the_same_transaction(world: CustomerWorld) -> None:
    """It is accounted for at every moment."""
    number = queue_one(world)
    (copy,) = lease(world)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        held = settle_undeliverable(session, number, fence=copy.fence, reply="no route", now=NOW)
        assert held is not None
        message = get_held(session, held, tenant_id=world.acme.id)
        body = held_blobs(session, held, tenant_id=world.acme.id).body
        copies = list(accounted(session))
        (trace,) = find(session, tenant_id=None, transaction=copy.facts.transaction)
    assert (message.reason, message.recipients[0].address) == (UNDELIVERABLE, "Anna@acme.example")
    assert body == copy.body
    assert copies == [
        AccountedCopy("quarantine", "acme", copy.facts.message_id, "Anna@acme.example", copy.facts.subject)
    ]
    assert isinstance(trace.events[-1], CopyHeld)


@pytest.mark.parametrize("settle", ["delivered", "deferred", "undeliverable"])
def test_a_runner_that_lost_its_lease_settles_nothing(world: CustomerWorld, settle: str) -> None:
    """Its fence does not fit any more: the row stays as the other runner has it."""
    number = queue_one(world)
    (stale,) = lease(world)
    lease(world, at=61, owner="two")
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        fence, reply = stale.fence, "250 2.0.0 Ok"
        if settle == "delivered":
            settled: object = settle_delivered(session, number, fence=fence, reply=reply, now=NOW)
        elif settle == "deferred":
            settled = settle_deferred(session, number, fence=fence, reply=reply, next_attempt_at=NOW, now=NOW)
        else:
            settled = settle_undeliverable(session, number, fence=fence, reply=reply, now=NOW)
        assert not settled
        assert get_delivery(session, number, tenant_id=None).state is DeliveryState.QUEUED
        assert len(list(accounted(session))) == 1


def test_a_runner_that_stops_gives_its_leases_back(world: CustomerWorld) -> None:
    """The next one need not wait for them to end; nothing is counted as an attempt."""
    queue_one(world)
    copies = lease(world)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        give_back(session, copies)
    (again,) = lease(world, at=1)
    assert again.attempts == 0


def test_mail_of_a_deleted_tenant_is_not_given_out(world: CustomerWorld) -> None:
    """Its keys are shredded, its rows say so."""
    number = queue_one(world)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        delete_tenant(session, world.acme.id, NOW)
    assert lease(world) == ()
    with world.database.read(Reader.OPERATOR) as session:
        assert get_delivery(session, number, tenant_id=None).state is DeliveryState.DROPPED


def test_whether_any_copy_waits_is_known_whatever_it_waits_for(world: CustomerWorld) -> None:
    """For its time, or for the end of its lease; not once it is settled."""

    def is_any() -> bool:
        with world.database.read(Reader.RUNNER) as session:
            return is_any_queued(session)

    assert not is_any()
    number = queue_one(world)
    assert is_any()
    (copy,) = lease(world)
    assert is_any()
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        settle_delivered(session, number, fence=copy.fence, reply="250 ok", now=NOW)
    assert not is_any()
