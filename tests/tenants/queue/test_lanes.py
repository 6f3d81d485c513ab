"""Whose turn it is: tenants and their lanes share what a runner can do, and next hops that do not answer rest."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.queue.book import LeasedDelivery, enqueue, lease_due
from tenants.queue.lanes import DueLane, Lane, Rest, Shares, allot, due_lanes, rest, wake, wake_all
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld, later

A1, A2, B1 = Lane(1, "a1.example"), Lane(1, "a2.example"), Lane(2, "b1.example")
RESTED = Rest(3, "away")


def due(*lanes: Lane, since: float = 0, after: Rest | None = None) -> list[DueLane]:
    return [DueLane(lane, later(seconds=since), after) for lane in lanes]


@pytest.mark.parametrize(
    ("lanes", "limit", "shares", "allotted"),
    [
        (due(A1), 3, None, {A1: 3}),
        ([], 3, None, {}),
        (due(A1, A2, B1), 4, None, {A1: 1, A2: 1, B1: 2}),
        (due(A1, A2, B1), 4, Shares(5, 9), {A1: 1, A2: 1, B1: 2}),
        (due(A1, A2), 9, Shares(2, 3), {A1: 2, A2: 1}),
        (due(A1, B1), 1, Shares(5, 9, {A1: 1}), {B1: 1}),
        (due(A1, B1), 1, Shares(5, 9, {A2: 1}), {B1: 1}),
        (due(A1, B1), 9, Shares(2, 9, {A1: 2}), {B1: 2}),
        (due(A1, A2), 9, Shares(5, 2, {A2: 2}), {}),
        (due(A1, after=RESTED) + due(B1), 9, Shares(5, 9), {A1: 1, B1: 5}),
        (due(A1, after=RESTED), 9, Shares(5, 9, {A1: 1}), {}),
        (due(A1) + due(B1, since=-1), 1, Shares(5, 9), {B1: 1}),
    ],
)
def test_turns(lanes: list[DueLane], limit: int, shares: Shares | None, allotted: dict[Lane, int]) -> None:
    """Who has least under way is next, then who waits longest; a lane that rested gets one."""
    assert allot(lanes, limit, shares) == allotted


LANES = st.builds(Lane, st.integers(1, 4), st.sampled_from(["a", "b", "c"]))


@given(
    st.sets(LANES), st.integers(0, 30), st.integers(1, 5), st.integers(1, 9), st.dictionaries(LANES, st.integers(1, 5))
)
def test_nobody_gets_more_than_a_share_and_nothing_is_left_idle(
    lanes: set[Lane], limit: int, per_lane: int, per_tenant: int, busy: dict[Lane, int]
) -> None:
    """Whatever is under way already."""
    allotted = allot(due(*sorted(lanes, key=str)), limit, Shares(per_lane, per_tenant, busy))
    of_tenant = Counter[int]()
    for lane, count in busy.items():
        of_tenant[lane.tenant_id] += count
    before = of_tenant.copy()
    for lane, count in allotted.items():
        of_tenant[lane.tenant_id] += count
        assert busy.get(lane, 0) + count <= per_lane
        assert of_tenant[lane.tenant_id] <= max(per_tenant, before[lane.tenant_id])
    assert sum(allotted.values()) <= limit
    if sum(allotted.values()) < limit:
        for lane in lanes:
            is_full = busy.get(lane, 0) + allotted.get(lane, 0) >= per_lane
            assert is_full or of_tenant[lane.tenant_id] >= per_tenant


def lease(world: CustomerWorld, limit: int, at: float = 0) -> tuple[LeasedDelivery, ...]:
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        return lease_due(session, now=later(seconds=at), limit=limit, owner="one", lease_seconds=60)


def queue_many(world: CustomerWorld, count: int, domain: str, **changes: object) -> None:
    tenant = world.blue_harbour if domain == "blue.example" else world.acme
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        enqueue(session, [world.new_delivery(session, tenant, domain=domain, **changes) for _ in range(count)], NOW)


def test_one_row_of_each_lane_is_looked_at(world: CustomerWorld) -> None:
    """The first one's time is the lane's; what is not due yet is no lane."""
    queue_many(world, 3, "acme.example", next_attempt_at=later(seconds=-5))
    queue_many(world, 2, "acme.example", next_attempt_at=later(seconds=-9))
    queue_many(world, 2, "blue.example")
    queue_many(world, 1, "second.example", next_attempt_at=later(seconds=1))
    with world.database.read(Reader.OPERATOR) as session:
        assert set(due_lanes(session, NOW)) == {
            DueLane(Lane(world.acme.id, "acme.example"), later(seconds=-9)),
            DueLane(Lane(world.blue_harbour.id, "blue.example"), NOW),
        }
        assert due_lanes(session, later(days=-1)) == ()


def test_a_tenants_flood_does_not_delay_anothers_mail(world: CustomerWorld) -> None:
    """However much older the flood is."""
    queue_many(world, 30, "acme.example", next_attempt_at=later(hours=-1))
    queue_many(world, 2, "blue.example")
    assert Counter(each.domain for each in lease(world, 4)) == {"acme.example": 2, "blue.example": 2}


def test_copies_of_one_message_go_along(world: CustomerWorld) -> None:
    """They are one transfer, whatever the lane's share is."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        first = world.new_delivery(session)
        more = [
            world.new_delivery(session, facts=first.facts, body=first.body, recipient=f"{number}@acme.example")
            for number in range(5)
        ]
        enqueue(session, [first, *more], NOW)
    queue_many(world, 1, "acme.example")
    assert len(lease(world, 1)) == 6
    assert len(lease(world, 1)) == 1


def test_a_resting_lane_is_asked_with_one_copy_when_its_time_has_come(world: CustomerWorld) -> None:
    """By one runner; and as before when it is awake."""
    queue_many(world, 3, "acme.example")
    lane = Lane(world.acme.id, "acme.example")
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        rest(session, lane, failures=2, reason="away", until=later(seconds=10), now=NOW)
    assert lease(world, 9, at=9) == ()
    (probe,) = lease(world, 9, at=10)
    assert (probe.failures, probe.resting) == (2, "")
    assert lease(world, 9, at=11) == ()
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        wake(session, lane)
    assert [each.failures for each in lease(world, 9, at=11)] == [0, 0]


def test_rests_are_forgotten_a_day_after_their_end(world: CustomerWorld) -> None:
    """And by `retry --all` at once, for one tenant or for all."""
    lanes = [Lane(world.acme.id, "acme.example"), Lane(world.blue_harbour.id, "blue.example")]
    for domain in ("acme.example", "blue.example"):
        queue_many(world, 1, domain)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        rest(session, lanes[0], failures=9, reason="away", until=later(days=-2), now=later(days=-3))
        rest(session, lanes[1], failures=1, reason="away", until=later(days=1), now=NOW)
        assert due_lanes(session, NOW) == (DueLane(lanes[0], NOW),)
        wake_all(session, tenant_id=lanes[0].tenant_id)
        assert len(due_lanes(session, NOW)) == 1
        wake_all(session, tenant_id=None)
        assert len(due_lanes(session, NOW)) == 2


def test_a_copy_whose_lifetime_is_over_does_not_wait_for_a_resting_lane(world: CustomerWorld) -> None:
    """It is given out once, with the reason why it need not be offered."""
    queue_many(world, 2, "acme.example", expires_at=later(seconds=5))
    queue_many(world, 2, "acme.example", expires_at=later(seconds=50))
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        lane = Lane(world.acme.id, "acme.example")
        rest(session, lane, failures=2, reason="connection refused", until=later(hours=1), now=NOW)
    assert [each.resting for each in lease(world, 9, at=6)] == ["connection refused"] * 2
    assert lease(world, 9, at=7) == ()
