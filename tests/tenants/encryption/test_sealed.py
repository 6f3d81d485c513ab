"""Sealed blobs: nothing in the clear, nothing readable by another tenant or after shredding, nothing left over."""

from dataclasses import replace
from pathlib import Path

import pytest

from tenants.encryption.keys import current_key, shred
from tenants.encryption.sealed import BlobKind, SealedBlob, add_blobs, blobs_named, names_without_row, take_unneeded
from tenants.quarantine.book import delete_held, hold
from tenants.queue.book import enqueue, lease_due, settle_delivered
from tenants.queue.notices import PassedOn, ask_report_of_success, end_notice, lease_notices
from tenants.storage.blobs.segments import SealBroken
from tenants.storage.viewpoint import Reader, look_as
from tests.contracts.customer_world import NOW, CustomerWorld, later

CONTENT = b"a marker that must not be found on the disk " * 5000


def stored(world: CustomerWorld) -> SealedBlob:
    with world.database.read(Reader.OPERATOR) as session:
        return world.sealed.store(current_key(session, world.acme.id), BlobKind.RECORD, [CONTENT[:10], CONTENT[10:]])


def test_what_was_stored_can_be_read_and_is_sealed_on_the_disk(world: CustomerWorld, tmp_path: Path) -> None:
    """Its size is that of the plain content."""
    blob = stored(world)
    assert (blob.kind, blob.octets) == (BlobKind.RECORD, len(CONTENT))
    assert b"".join(world.sealed.read(blob)) == CONTENT
    on_disk = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert on_disk and not any(b"marker" in octets for octets in on_disk)


def test_a_blobs_row_gives_it_back(world: CustomerWorld) -> None:
    """To its tenant alone; giving it twice is no harm."""
    blob = stored(world)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        add_blobs(session, [blob, None, blob], NOW)
        add_blobs(session, [blob], NOW)
        assert blobs_named(session, world.acme.id, [blob.name, "unknown"]) == {blob.name: blob}
        assert blobs_named(session, world.blue_harbour.id, [blob.name]) == {}


def test_a_blob_does_not_open_as_another_one(world: CustomerWorld) -> None:
    """Neither under another name, nor with another tenant's key, nor with another blob's."""
    blob, other = stored(world), stored(world)
    with world.database.read(Reader.OPERATOR) as session:
        foreign = current_key(session, world.blue_harbour.id)
    for changed in (
        replace(blob, name=other.name),
        replace(blob, tenant_key=foreign),
        replace(blob, wrapped_key=other.wrapped_key),
        replace(blob, tenant_key=replace(blob.tenant_key, version=2)),
    ):
        with pytest.raises(SealBroken):
            list(world.sealed.read(changed))


def test_shredded_blobs_are_not_found(world: CustomerWorld) -> None:
    """Their rows are there, their key is not."""
    blob = stored(world)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        add_blobs(session, [blob], NOW)
        shred(session, world.acme.id)
        assert blobs_named(session, world.acme.id, [blob.name]) == {}


def test_a_blob_is_kept_while_anything_needs_it(world: CustomerWorld) -> None:
    """One body that is held and queued: gone only when neither is there any more."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        delivery = world.new_delivery(session)
        (queued,) = enqueue(session, [delivery], NOW)
        held = hold(session, world.new_held(session, facts=delivery.facts, body=delivery.body), NOW)
        assert take_unneeded(session, 10) == ()
        (leased,) = lease_due(session, now=NOW, limit=1, owner="one", lease_seconds=60)
        settle_delivered(session, queued, fence=leased.fence, reply="250 Ok", now=NOW)
        assert take_unneeded(session, 10) == ()
        delete_held(session, held, tenant_id=world.acme.id, who="rita", now=NOW)
        look_as(session, Reader.SWEEPER)
        names = take_unneeded(session, 10)
        assert names == (delivery.body.name,)
        assert take_unneeded(session, 10) == ()
    world.sealed.delete(names)
    assert delivery.body.name not in set(world.sealed.names())


def test_a_blob_is_kept_until_its_report_of_success_is_written(world: CustomerWorld) -> None:
    """Nothing else keeps a message that its next hop took."""
    facts, blob = world.facts(), stored(world)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        add_blobs(session, [blob], NOW)
        ask_report_of_success(session, facts, [PassedOn("a@acme.example", "2.0.0", NOW)], body=blob.name, now=NOW)
        look_as(session, Reader.SWEEPER)
        assert take_unneeded(session, 10) == ()
        look_as(session, Reader.OPERATOR)
        (notice,) = lease_notices(session, now=later(minutes=1), limit=1, owner="one", lease_seconds=60)
        end_notice(session, notice, later(minutes=1))
        look_as(session, Reader.SWEEPER)
        assert take_unneeded(session, 10) == (blob.name,)


def test_octets_without_a_row_are_found(world: CustomerWorld) -> None:
    """What an interruption between storing and committing leaves behind."""
    kept, orphan = stored(world), stored(world)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        add_blobs(session, [kept], NOW)
    with world.database.read(Reader.SWEEPER) as session:
        assert names_without_row(session, world.sealed.names()) == (orphan.name,)
    assert (world.sealed.free_octets() or 1) > 0
