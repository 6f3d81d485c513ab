"""Where recipients are read from: leased by one at a time, applied within the guard, troubles told once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from tenants.customers.audit import list_actions
from tenants.domains.book import add_domain, delete_domain
from tenants.encryption.keys import shred
from tenants.recipients.book import Source, list_recipients, replace_list, set_source, source_of
from tenants.recipients.directories import (
    LEASE,
    RETRY,
    Directory,
    Lease,
    LeaseLost,
    apply_answer,
    lease_directories,
    lease_directory,
    note_trouble,
    open_directory,
    set_directory,
    state_of,
)
from tenants.recipients.skipped_entries import Skipped
from tenants.refusals import NotFound, Refusal
from tenants.storage.blobs.segments import SealBroken
from tenants.storage.database import Database
from tenants.storage.tables.directories import recipient_directory
from tenants.storage.viewpoint import OfTenant, Reader
from tests.contracts.customer_world import NOW, CustomerWorld

ASKED = Directory("ldaps://ldap.acme.example:636", False, "dc=acme", "(mail=*)", "cn=reader", "s3cret", "", 60)
MANY = [f"user{number}" for number in range(20)]
NOTHING = Skipped()


@pytest.fixture
def ids(world: CustomerWorld) -> dict[str, int]:
    """The tenant and the domain, whose directory is due."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        own = {"tenant_id": world.acme.id, "routes": ("smtp://10.0.0.1",), "service": "mx.example"}
        domain = add_domain(session, **own, name="acme.example", verified_at=NOW, now=NOW)  # type: ignore[arg-type]
        ids = {"tenant_id": world.acme.id, "domain_id": domain.id}
        set_directory(session, world.keyring, **ids, directory=ASKED, now=NOW)
    return ids


def leased(database: Database, **later: float) -> Lease:
    """The one that is due."""
    with database.unit_of_work(Reader.RUNNER) as session:
        [lease] = lease_directories(session, now=NOW + timedelta(**later), limit=5, owner="one")
    return lease


def test_one_at_a_time_asks(database: Database, world: CustomerWorld, ids: dict[str, int]) -> None:
    """With all that is needed for it; a lease that ran out is another's, and the late one changes nothing."""
    first = leased(database)
    with database.unit_of_work(Reader.RUNNER) as session:
        assert lease_directories(session, now=NOW, limit=5, owner="two") == ()
    with database.unit_of_work(Reader.OPERATOR) as session, pytest.raises(Refusal, match="in this moment"):
        lease_directory(session, domain_id=ids["domain_id"], now=NOW, owner="by hand")
    second = leased(database, seconds=LEASE.total_seconds() + 1)
    with database.unit_of_work(OfTenant(world.acme.id)) as session:
        opened = open_directory(session, world.keyring, second)
        assert (opened.domain, opened.directory) == ("acme.example", ASKED)
        for late in (
            lambda: apply_answer(session, first, local_parts=["ann"], skipped=NOTHING, now=NOW),
            lambda: note_trouble(session, first, trouble="x", now=NOW),
            lambda: open_directory(session, world.keyring, first),
        ):
            with pytest.raises(LeaseLost):
                late()


def test_the_first_answer_makes_it_the_source(database: Database, world: CustomerWorld, ids: dict[str, int]) -> None:
    """Until then nobody's mail is refused; each recipient has source and age; it is due again after the interval."""
    lease = leased(database)
    with database.unit_of_work(OfTenant(world.acme.id)) as session:
        assert source_of(session, ids["domain_id"]).source is Source.CALL_OUT
        skipped = Skipped(3, ("no address: x",))
        change = apply_answer(session, lease, local_parts=["Ann", "ben"], skipped=skipped, now=NOW)
        assert (change.added, change.removed, change.kept) == (2, 0, 0)
        assert source_of(session, ids["domain_id"]).source is Source.LDAP
        known = list_recipients(session, ids["domain_id"])
        assert [(each.local_part, each.source, each.checked_at) for each in known] == [
            ("ann", Source.LDAP, NOW),
            ("ben", Source.LDAP, NOW),
        ]
        assert known[0].is_fresh(NOW + timedelta(days=99))
        state = state_of(session, ids["domain_id"])
        assert state is not None and (state.synced_at, state.trouble, state.skipped) == (NOW, "", skipped)
        [entry] = list_actions(session, tenant_id=world.acme.id)
        assert (entry.action, entry.subject, entry.details["added"]) == ("recipients.sync", "acme.example", "2")
    with database.unit_of_work(Reader.RUNNER) as session:
        assert lease_directories(session, now=NOW + timedelta(minutes=59), limit=5, owner="one") == ()
    assert leased(database, minutes=60).domain_id == ids["domain_id"]


def test_an_answer_that_would_remove_many_is_not_applied(
    database: Database, world: CustomerWorld, ids: dict[str, int]
) -> None:
    """Whoever was listed before stays, and people are told; once only. It can be said that it is meant."""
    tenant, lease = OfTenant(world.acme.id), leased(database)
    with database.unit_of_work(tenant) as session:
        apply_answer(session, lease, local_parts=MANY, skipped=NOTHING, now=NOW)
    for hours in (1, 2):
        lease = leased(database, hours=hours)
        with database.unit_of_work(tenant) as session, pytest.raises(Refusal, match="remove 3 of 20") as refused:
            apply_answer(session, lease, local_parts=MANY[3:], skipped=NOTHING, now=NOW)
        with database.unit_of_work(tenant) as session:
            note_trouble(session, lease, trouble=str(refused.value), now=NOW + timedelta(hours=hours))
    with database.unit_of_work(tenant) as session:
        assert len(list_recipients(session, ids["domain_id"])) == 20
        actions = [entry.action for entry in list_actions(session, tenant_id=world.acme.id)]
        assert actions == ["recipients.sync-failed", "recipients.sync"]
        state = state_of(session, ids["domain_id"])
        assert state is not None and state.synced_at == NOW and "--remove-many" in state.trouble
    with database.unit_of_work(Reader.OPERATOR) as session:
        lease = lease_directory(session, domain_id=ids["domain_id"], now=NOW + timedelta(hours=2), owner="by hand")
    with database.unit_of_work(tenant) as session:
        change = apply_answer(session, lease, local_parts=MANY[3:], skipped=NOTHING, now=NOW, may_remove_many=True)
        assert change.removed == 3


def test_an_empty_answer_is_never_applied(database: Database, world: CustomerWorld, ids: dict[str, int]) -> None:
    """Not even the first."""
    lease = leased(database)
    with database.unit_of_work(OfTenant(world.acme.id)) as session, pytest.raises(Refusal, match="directory is empty"):
        apply_answer(session, lease, local_parts=[], skipped=NOTHING, now=NOW, may_remove_many=True)


def test_a_list_of_before_is_what_the_guard_compares_with(
    database: Database, world: CustomerWorld, ids: dict[str, int]
) -> None:
    """And importing one forgets the directory, password included; so does any other source."""
    with database.unit_of_work(Reader.OPERATOR) as session:
        replace_list(session, **ids, local_parts=MANY, now=NOW)
        assert state_of(session, ids["domain_id"]) is None
        set_directory(session, world.keyring, **ids, directory=ASKED, now=NOW)
    lease = leased(database)
    with database.unit_of_work(OfTenant(world.acme.id)) as session, pytest.raises(Refusal, match="remove 19 of 20"):
        apply_answer(session, lease, local_parts=["user0"], skipped=NOTHING, now=NOW)
    with database.unit_of_work(Reader.OPERATOR) as session:
        set_source(session, **ids, source=Source.ACCEPT_ALL)
        assert session.scalars(select(recipient_directory.c.id)).all() == []
        with pytest.raises(NotFound):
            lease_directory(session, domain_id=ids["domain_id"], now=NOW, owner="by hand")


def test_a_trouble_is_tried_again_sooner(database: Database, world: CustomerWorld, ids: dict[str, int]) -> None:
    """What was known stays in force meanwhile."""
    lease = leased(database)
    with database.unit_of_work(OfTenant(world.acme.id)) as session:
        note_trouble(session, lease, trouble="It is away.", now=NOW)
        state = state_of(session, ids["domain_id"])
        assert state is not None and (state.tried_at, state.synced_at, state.trouble) == (NOW, None, "It is away.")
    assert leased(database, seconds=RETRY.total_seconds()).domain_id == ids["domain_id"]


def test_the_password_is_sealed(database: Database, world: CustomerWorld, ids: dict[str, int]) -> None:
    """With the tenant's key: it cannot be had once that is gone. Nor is it shown by anything."""
    assert "s3cret" not in repr(ASKED)
    lease = leased(database)
    with database.unit_of_work(Reader.OPERATOR) as session:
        row = session.execute(select(recipient_directory)).one()
        assert b"s3cret" not in row.password
        shred(session, world.acme.id)
    with database.unit_of_work(OfTenant(world.acme.id)) as session, pytest.raises(SealBroken):
        open_directory(session, world.keyring, lease)


def test_a_directory_named_anew_takes_the_lease_away(
    database: Database, world: CustomerWorld, ids: dict[str, int]
) -> None:
    """What the old one answers is not applied."""
    lease = leased(database)
    with database.unit_of_work(Reader.OPERATOR) as session:
        set_directory(session, world.keyring, **ids, directory=ASKED, now=NOW)
    with database.unit_of_work(OfTenant(world.acme.id)) as session, pytest.raises(LeaseLost):
        apply_answer(session, lease, local_parts=["ann"], skipped=NOTHING, now=NOW)


def test_the_directory_of_a_deleted_domain_is_forgotten(
    database: Database, world: CustomerWorld, ids: dict[str, int]
) -> None:
    """When it is due."""
    with database.unit_of_work(Reader.OPERATOR) as session:
        delete_domain(session, tenant_id=world.acme.id, name="acme.example", now=NOW)
    lease = leased(database)
    with database.unit_of_work(OfTenant(world.acme.id)) as session:
        opened = open_directory(session, world.keyring, lease)
        assert (opened.domain, opened.directory.password) == ("", "")
        assert state_of(session, ids["domain_id"]) is None


def test_many_nodes_that_look_at_once_have_one_of_them_ask(database: Database, ids: dict[str, int]) -> None:
    """On either database, however their looks fall together."""
    start = Barrier(8)

    def look(node: int) -> int:
        start.wait(30)
        with database.unit_of_work(Reader.RUNNER) as session:
            return len(lease_directories(session, now=NOW, limit=5, owner=f"node {node}"))

    with ThreadPoolExecutor(8) as nodes:
        assert sum(nodes.map(look, range(8))) == 1
