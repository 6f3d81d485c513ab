"""Releasing: asked for by a person, leased by one worker, settled once, told with its end."""

import pytest

from tenants.encryption.keys import shred
from tenants.quarantine.book import HeldFilter, HeldState, delete_held, get_held, hold
from tenants.queue.book import lease_due
from tenants.queue.notices import PassedOn, lease_notices
from tenants.refusals import NotFound, WrongState
from tenants.release import (
    CopyNotReleased,
    CopyReleased,
    CopyToQueue,
    LeasedRelease,
    Rescan,
    is_any_to_come,
    request_release,
    request_release_of_all,
    settle_release,
    take_release_requests,
)
from tenants.storage.viewpoint import Reader
from tenants.trace.book import events_of, find
from tenants.trace.events import CopyQueued, Released, ReleaseFailed, ReleaseRequested, Rescanned
from tests.contracts.customer_world import NOW, CustomerWorld, later


def hold_one(world: CustomerWorld, *recipients: str) -> int:
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        return hold(session, world.new_held(session, recipients=recipients or ("Anna@acme.example",)), NOW)


def ask(world: CustomerWorld, number: int, override: tuple[str, ...] = ()) -> None:
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        request_release(session, number, tenant_id=world.acme.id, who="rita", override=override, now=NOW)


def take(world: CustomerWorld, at: float = 0) -> tuple[LeasedRelease, ...]:
    with world.database.unit_of_work(Reader.RUNNER) as session:
        return take_release_requests(session, now=later(seconds=at), limit=10, owner="one", lease_seconds=60)


def test_a_release_goes_from_asked_to_done(world: CustomerWorld) -> None:
    """The page shows who asked, and how it ended; the trace tells every step."""
    number = hold_one(world)
    ask(world, number, ("pratique_EICAR",))
    (release,) = take(world)
    assert release.recipients == ("Anna@acme.example",)
    assert (release.message.requested_by, release.message.override) == ("rita", ("pratique_EICAR",))
    assert b"".join(world.sealed.read(release.body)) == b"Subject: x\r\n\r\nbody\r\n"
    assert take(world) == ()
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        report = PassedOn("Anna@acme.example", "2.0.0", NOW)
        results = [CopyReleased("Anna@acme.example", "250 2.0.0 Ok: queued", report)]
        assert settle_release(session, number, fence=release.fence, results=results, now=later(seconds=3))
        assert not settle_release(session, number, fence=release.fence, results=results, now=later(seconds=3))
        done = get_held(session, number, tenant_id=world.acme.id)
        (owed,) = lease_notices(session, now=later(minutes=1), limit=9, owner="one", lease_seconds=60)
        (trace,) = find(session, tenant_id=None, transaction=done.facts.transaction)
    assert (done.state, done.last_result) == (HeldState.RELEASED, "250 2.0.0 Ok: queued")
    assert (done.recipients[0].released_at, done.recipients[0].reply) == (later(seconds=3), "250 2.0.0 Ok: queued")
    assert [type(event) for event in trace.events] == [ReleaseRequested, Released]
    assert owed.passed_on == (report,) and owed.body == release.body.name


def test_a_release_that_failed_leaves_the_message_held_with_the_reason(world: CustomerWorld) -> None:
    """It can be asked for again."""
    number = hold_one(world)
    ask(world, number)
    (release,) = take(world)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        results = [CopyNotReleased("Anna@acme.example", "Found again: pratique_EICAR")]
        assert settle_release(session, number, fence=release.fence, results=results, now=NOW)
        held = get_held(session, number, tenant_id=world.acme.id)
        (trace,) = find(session, tenant_id=None, transaction=held.facts.transaction)
    assert (held.state, held.last_result) == (HeldState.HELD, "Found again: pratique_EICAR")
    assert isinstance(trace.events[-1], ReleaseFailed)
    ask(world, number)
    assert len(take(world)) == 1


def test_only_the_copies_that_were_not_taken_are_released_again(world: CustomerWorld) -> None:
    """The one that was taken is never sent twice."""
    number = hold_one(world, "a@acme.example", "b@acme.example")
    ask(world, number)
    (release,) = take(world)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        results = [CopyReleased("a@acme.example", "250 Ok"), CopyNotReleased("b@acme.example", "450 full")]
        settle_release(session, number, fence=release.fence, results=results, now=NOW)
        held = get_held(session, number, tenant_id=None)
        assert (held.state, held.last_result) == (HeldState.HELD, "450 full")
    ask(world, number)
    (again,) = take(world)
    assert again.recipients == ("b@acme.example",)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        settle_release(session, number, fence=again.fence, results=[CopyReleased("b@acme.example", "250 Ok")], now=NOW)
        assert get_held(session, number, tenant_id=None).state is HeldState.RELEASED


def test_a_worker_that_dies_loses_its_lease_and_can_settle_nothing(world: CustomerWorld) -> None:
    """The next one has another fence."""
    number = hold_one(world)
    ask(world, number)
    (dead,) = take(world)
    assert take(world, at=59) == ()
    (alive,) = take(world, at=61)
    results = [CopyReleased("Anna@acme.example", "250 Ok")]
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        assert not settle_release(session, number, fence=dead.fence, results=results, now=NOW)
        assert get_held(session, number, tenant_id=None).state is HeldState.RELEASING
        assert settle_release(session, number, fence=alive.fence, results=results, now=NOW)


def test_what_is_not_held_cannot_be_released(world: CustomerWorld) -> None:
    """Not twice, not when deleted, not another tenant's; what is being released cannot be deleted."""
    number, gone = hold_one(world), hold_one(world)
    ask(world, number)
    take(world)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        delete_held(session, gone, tenant_id=world.acme.id, who="rita", now=NOW)
        with pytest.raises(WrongState, match="it is releasing already"):
            request_release(session, number, tenant_id=world.acme.id, who="rita", override=(), now=NOW)
        with pytest.raises(WrongState, match="it is deleted already"):
            request_release(session, gone, tenant_id=world.acme.id, who="rita", override=(), now=NOW)
        with pytest.raises(WrongState, match="cannot be deleted: it is releasing"):
            delete_held(session, number, tenant_id=world.acme.id, who="rita", now=NOW)
        with pytest.raises(NotFound):
            request_release(session, number, tenant_id=world.blue_harbour.id, who="otto", override=(), now=NOW)


def test_all_that_fit_are_asked_for_at_once(world: CustomerWorld) -> None:
    """The day of a bad signature."""
    numbers = [hold_one(world) for _ in range(3)]
    ask(world, numbers[0])
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        wanted = HeldFilter(finding="pratique_EICAR", limit=100)
        asked = request_release_of_all(session, wanted, tenant_id=None, who="cli", now=NOW)
    assert {message.id for message in asked} == set(numbers[1:])


def test_content_that_cannot_be_read_any_more_is_said(world: CustomerWorld) -> None:
    """The release does not stay under way for ever."""
    number = hold_one(world)
    ask(world, number)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        shred(session, world.acme.id)
    assert take(world) == ()
    with world.database.read(Reader.OPERATOR) as session:
        held = get_held(session, number, tenant_id=None)
    assert (held.state, held.last_result) == (HeldState.HELD, "The content cannot be read any more.")


def test_a_copy_for_the_queue_is_queued_and_held_no_more(world: CustomerWorld) -> None:
    """In one transaction, with the message's own octets; the trace ends with where it is."""
    number = hold_one(world, "Anna@acme.example", "bo@acme.example")
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        request_release(session, number, tenant_id=None, who="rita", override=(), now=NOW)
        (release,) = take_release_requests(session, now=NOW, limit=9, owner="one", lease_seconds=60)
        results = [
            CopyToQueue(address, "acme.example", b"X: 1\r\n", "away", NOW, later(days=5))
            for address in release.recipients
        ]
        assert settle_release(session, number, fence=release.fence, results=results, now=NOW)
        message = get_held(session, number, tenant_id=None)
        leased = lease_due(session, now=later(seconds=1), limit=9, owner="one", lease_seconds=60)
        events = events_of(session, [message.facts.transaction])[message.facts.transaction]
    assert message.state is HeldState.RELEASED
    assert {copy.body for copy in leased} == {release.body} and {copy.headers_on_top for copy in leased} == {
        b"X: 1\r\n"
    }
    assert [copy.recipient for copy in leased] == list(release.recipients)
    assert isinstance(events[-1], CopyQueued) and message.last_result.startswith("in the queue as ")


def test_what_is_held_for_want_of_an_answer_is_leased_when_its_time_has_come(world: CustomerWorld) -> None:
    """By one worker; a person who asks meanwhile is told that it is on its way."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        new = world.new_held(session, reason="engine-unavailable", rescan_at=later(seconds=30))
        number = hold(session, new, NOW)
    assert take(world, 29) == ()
    (lease,) = take(world, 30)
    assert lease.is_rescan and lease.message.only_if_clean and lease.message.override == ()
    assert take(world, 31) == ()
    with pytest.raises(WrongState, match="releasing already"):
        ask(world, number)
    results = [CopyNotReleased("Anna@acme.example", "Still held: silent.")]
    rescan = Rescan(is_complete=False, next_at=later(seconds=90))
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        assert settle_release(session, number, fence=lease.fence, results=results, now=later(seconds=32), rescan=rescan)
        held = get_held(session, number, tenant_id=None)
        (told,) = events_of(session, [held.facts.transaction])[held.facts.transaction]
    assert (held.state, held.rescan_at, held.rescans) == (HeldState.HELD, later(seconds=90), 0)
    assert isinstance(told, Rescanned) and (told.result, told.again_in_seconds) == ("Still held: silent.", 58)


def test_a_persons_release_that_fails_leaves_the_rescan_to_its_time(world: CustomerWorld) -> None:
    """And a release in spite of findings is not one that needs a clean message."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        new = world.new_held(session, reason="engine-unavailable", rescan_at=later(hours=1))
        number = hold(session, new, NOW)
    ask(world, number)
    (lease,) = take(world)
    assert not lease.is_rescan and not lease.message.only_if_clean
    results = [CopyNotReleased("Anna@acme.example", "Still held.")]
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        settle_release(session, number, fence=lease.fence, results=results, now=NOW)
        assert get_held(session, number, tenant_id=None).rescan_at == later(hours=1)


def test_whether_any_release_is_to_come_is_known(world: CustomerWorld) -> None:
    """One that is asked for, one under way, a rescan that is planned; a message that merely is held is none."""

    def is_any() -> bool:
        with world.database.read(Reader.RUNNER) as session:
            return is_any_to_come(session)

    number = hold_one(world)
    assert not is_any()
    ask(world, number)
    assert is_any()
    (release,) = take(world)
    assert is_any()
    results = [CopyNotReleased("Anna@acme.example", "Still held.")]
    for rescan, expected in ((None, False), (Rescan(is_complete=False, next_at=later(days=1)), True)):
        with world.database.unit_of_work(Reader.OPERATOR) as session:
            settle_release(session, number, fence=release.fence, results=results, now=NOW, rescan=rescan)
        assert is_any() is expected
        ask(world, number)
        (release,) = take(world)
