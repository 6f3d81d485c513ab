"""What a tenant has stored is counted by its blobs, and asked for now and then."""

from collections.abc import Callable
from typing import Any

import pytest

from tenants.quarantine.book import delete_held, hold
from tenants.queue.book import enqueue
from tenants.quotas import BELIEVED_SECONDS, MOST_BELIEVED, Place, Quota, Quotas, stored_octets
from tenants.storage.database import DatabaseUnavailable
from tenants.storage.viewpoint import OfTenant, Reader, Viewpoint
from tests.contracts.customer_world import NOW, CustomerWorld
from tests.contracts.disposing import result_of


def stored(world: CustomerWorld, place: Place, tenant_id: int | None = None) -> int:
    with world.database.read(OfTenant(tenant_id or world.acme.id)) as session:
        return stored_octets(session, tenant_id=tenant_id or world.acme.id, place=place)


def test_what_copies_share_counts_once_and_what_is_gone_does_not(world: CustomerWorld) -> None:
    """Two queued copies of one body, one held message that is deleted; nothing of other tenants."""
    assert stored(world, Place.QUEUE) == stored(world, Place.QUARANTINE) == 0
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        body = world.blob(session, None, b"x" * 5000)
        first = world.new_delivery(session, body=body)
        second = world.new_delivery(session, facts=first.facts, body=body, recipient="other@acme.example")
        enqueue(session, [first, second], NOW)
        held = hold(session, world.new_held(session, body=world.blob(session, None, b"y" * 7000)), NOW)
    assert 5000 <= stored(world, Place.QUEUE) < 7000
    assert 7000 <= stored(world, Place.QUARANTINE) < 9000
    assert stored(world, Place.QUEUE, world.blue_harbour.id) == 0
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        delete_held(session, held, tenant_id=None, who="rita", now=NOW)
    assert stored(world, Place.QUARANTINE) == 0


class Books:
    """Answers what it is told, and counts the questions."""

    def __init__(self) -> None:
        self.octets, self.asked, self.is_away = 0, 0, False

    async def read(self, viewpoint: Viewpoint, function: Callable[..., Any], **named: Any) -> Any:
        self.asked += 1
        if self.is_away:
            raise DatabaseUnavailable("away")
        return self.octets


def test_a_place_is_full_when_its_quota_is_reached() -> None:
    """What was asked is believed for a while; where there is no quota nobody is asked."""
    books, now = Books(), [0.0]
    quotas = Quotas(books, lambda: now[0], Quota(queue_octets=100))
    assert not result_of(quotas.is_full(1, Place.QUARANTINE))
    assert books.asked == 0
    assert not result_of(quotas.is_full(1, Place.QUEUE))
    books.octets = 100
    assert not result_of(quotas.is_full(1, Place.QUEUE))
    now[0] = BELIEVED_SECONDS
    assert result_of(quotas.is_full(1, Place.QUEUE))
    assert books.asked == 2


def test_a_database_that_is_away_is_told_and_memory_is_bounded() -> None:
    """Whoever asked then stores nothing either."""
    books = Books()
    quotas = Quotas(books, lambda: 0.0, Quota(1, 1))
    for tenant_id in range(MOST_BELIEVED + 1):
        result_of(quotas.is_full(tenant_id, Place.QUEUE))
    assert len(quotas._believed) == 1
    books.is_away = True
    with pytest.raises(DatabaseUnavailable):
        result_of(quotas.is_full(0, Place.QUEUE))
