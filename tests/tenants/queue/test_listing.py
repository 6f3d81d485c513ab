"""Looking into the queue, having things tried again, dropping them."""

import pytest

from tenants.accounted import accounted
from tenants.queue.book import DeliveryState, enqueue, lease_due, settle_delivered
from tenants.queue.lanes import Lane, rest
from tenants.queue.listing import (
    DeliveryFilter,
    count_queued,
    drop_delivery,
    get_delivery,
    hold_delivery,
    list_deliveries,
    retry_all,
    retry_delivery,
)
from tenants.refusals import NotFound, WrongState
from tenants.storage.viewpoint import Reader
from tenants.trace.book import find
from tenants.trace.events import DeliveryDropped, DeliveryHeldBack
from tests.contracts.customer_world import NOW, CustomerWorld, later


def queue_some(world: CustomerWorld) -> tuple[int, ...]:
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        waiting = later(hours=4)
        return enqueue(
            session,
            [
                world.new_delivery(session, next_attempt_at=waiting),
                world.new_delivery(session, next_attempt_at=waiting, domain="second.example"),
                world.new_delivery(session, world.blue_harbour, next_attempt_at=waiting),
            ],
            NOW,
        )


@pytest.mark.parametrize(
    ("wanted", "positions"),
    [
        (DeliveryFilter(), [1, 0]),
        (DeliveryFilter(domain="second.example"), [1]),
        (DeliveryFilter(search="invoice"), [1, 0]),
        (DeliveryFilter(search="nothing"), []),
        (DeliveryFilter(limit=1), [1]),
        (DeliveryFilter(states=(DeliveryState.DELIVERED,)), []),
    ],
)
def test_a_list_holds_what_fits(world: CustomerWorld, wanted: DeliveryFilter, positions: list[int]) -> None:
    """Newest first, one's own tenant's."""
    numbers = queue_some(world)
    with world.database.read(Reader.OPERATOR) as session:
        found = list_deliveries(session, wanted, tenant_id=world.acme.id)
        assert [delivery.id for delivery in found] == [numbers[position] for position in positions]
        assert len(list_deliveries(session, DeliveryFilter(before=numbers[2]), tenant_id=None)) == 2


def test_another_tenants_delivery_is_not_there(world: CustomerWorld) -> None:
    """Not to look at, not to retry, not to drop."""
    number = queue_some(world)[0]
    other = world.blue_harbour.id
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        with pytest.raises(NotFound):
            get_delivery(session, number, tenant_id=other)
        with pytest.raises(NotFound):
            retry_delivery(session, number, tenant_id=other, now=NOW)
        with pytest.raises(NotFound):
            drop_delivery(session, number, tenant_id=other, who="otto", now=NOW)
        assert count_queued(session, tenant_id=other) == 1
        assert count_queued(session, tenant_id=None) == 3


def test_what_is_retried_is_due_at_once(world: CustomerWorld) -> None:
    """One, a tenant's, or everything."""
    number = queue_some(world)[0]
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        assert retry_delivery(session, number, tenant_id=world.acme.id, now=NOW).next_attempt_at == NOW
        assert retry_all(session, tenant_id=world.acme.id, now=NOW) == 2
        assert retry_all(session, tenant_id=None, now=NOW) == 3
    with world.database.unit_of_work(Reader.RUNNER) as session:
        assert len(lease_due(session, now=NOW, limit=10, owner="one", lease_seconds=60)) == 3
    with world.database.read(Reader.OPERATOR) as session:
        assert get_delivery(session, number, tenant_id=None).is_leased


def test_a_dropped_copy_is_gone_even_for_the_runner_that_has_it(world: CustomerWorld) -> None:
    """The trace says who dropped it; it cannot be retried."""
    number = queue_some(world)[0]
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        retry_delivery(session, number, tenant_id=None, now=NOW)
    with world.database.unit_of_work(Reader.RUNNER) as session:
        (leased,) = lease_due(session, now=NOW, limit=10, owner="one", lease_seconds=60)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        dropped = drop_delivery(session, number, tenant_id=world.acme.id, who="rita", now=NOW)
        assert dropped.state is DeliveryState.DROPPED
        assert not settle_delivered(session, number, fence=leased.fence, reply="250 Ok", now=NOW)
        with pytest.raises(WrongState, match="it is dropped"):
            retry_delivery(session, number, tenant_id=None, now=NOW)
        with pytest.raises(WrongState, match="it is dropped"):
            drop_delivery(session, number, tenant_id=None, who="rita", now=NOW)
        (trace,) = find(session, tenant_id=None, transaction=leased.facts.transaction)
        assert len(list(accounted(session))) == 2
    assert trace.events == (
        DeliveryDropped(leased.facts.transaction, world.acme.id, NOW, "Anna@acme.example", number, "rita"),
    )


def test_what_is_held_back_waits_for_a_person(world: CustomerWorld) -> None:
    """Not for the time, nor for everything being tried; it is still accounted for."""
    number = queue_some(world)[0]
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        held = hold_delivery(session, number, tenant_id=world.acme.id, who="rita", now=NOW)
        assert held.is_on_hold and held.state is DeliveryState.QUEUED
        assert retry_all(session, tenant_id=None, now=NOW) == 2
        leased = lease_due(session, now=later(days=400), limit=10, owner="one", lease_seconds=60)
        assert number not in {each.id for each in leased} and len(leased) == 2
    # A session that has leased looks with the eyes of whose copy came last.
    with world.database.read(Reader.OPERATOR) as session:
        assert len(list(accounted(session))) == 3
        (trace,) = find(session, tenant_id=None, transaction=held.facts.transaction)
        assert [type(event) for event in trace.events] == [DeliveryHeldBack]
        assert not retry_delivery(session, number, tenant_id=None, now=NOW).is_on_hold
        assert [each.id for each in lease_due(session, now=NOW, limit=9, owner="one", lease_seconds=60)] == [number]
        with pytest.raises(WrongState, match="being tried at this moment"):
            hold_delivery(session, number, tenant_id=None, who="rita", now=NOW)
        drop_delivery(session, number, tenant_id=None, who="rita", now=NOW)
        with pytest.raises(WrongState, match="it is dropped"):
            hold_delivery(session, number, tenant_id=None, who="rita", now=NOW)


def test_trying_again_asks_a_next_hop_that_rests(world: CustomerWorld) -> None:
    """One delivery, a tenant's, or everything."""
    number = queue_some(world)[0]
    lane = Lane(world.acme.id, "acme.example")
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        for retried in (
            lambda: retry_delivery(session, number, tenant_id=None, now=NOW),
            lambda: retry_all(session, tenant_id=world.acme.id, now=NOW),
            lambda: retry_all(session, tenant_id=None, now=NOW),
        ):
            rest(session, lane, failures=3, reason="away", until=later(hours=1), now=NOW)
            assert get_delivery(session, number, tenant_id=None).resting_until == later(hours=1)
            retried()
            assert get_delivery(session, number, tenant_id=None).resting_until is None
