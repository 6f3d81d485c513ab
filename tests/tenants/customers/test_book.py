"""Tenants: their names, their states, their end."""

import pytest

from tenants.customers.book import (
    OPERATOR,
    TenantState,
    add_tenant,
    delete_tenant,
    get_tenant,
    list_tenants,
    resume_tenant,
    suspend_tenant,
    tenant_named,
    tenant_names,
)
from tenants.directory import Status, look_up
from tenants.domains.book import add_domain, list_domains
from tenants.encryption.keys import current_key
from tenants.quarantine.book import HeldState, get_held, hold
from tenants.refusals import AlreadyExists, NotFound, Refusal, WrongState
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld, later


def test_a_tenant_is_added_with_a_key_of_its_own(world: CustomerWorld) -> None:
    """And found by name and by number."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        assert tenant_named(session, "acme") == get_tenant(session, world.acme.id) == world.acme
        assert [tenant.name for tenant in list_tenants(session)] == ["acme", "blue-harbour", OPERATOR]
        assert tenant_names(session, [world.acme.id, world.acme.id, 99]) == {world.acme.id: "acme"}
        assert (world.blue_harbour.language, world.blue_harbour.state) == ("de", TenantState.ACTIVE)
        keys = {world.keyring.unwrap(current_key(session, each.id)) for each in (world.acme, world.blue_harbour)}
        assert len(keys) == 2


@pytest.mark.parametrize("name", ["", "Acme", "a b", "-acme", "acme-", "ä", "a" * 64, "a\n"])
def test_a_name_of_another_form_is_refused(world: CustomerWorld, name: str) -> None:
    """It is typed on command lines."""
    with world.database.unit_of_work(Reader.OPERATOR) as session, pytest.raises(Refusal, match="cannot be named"):
        add_tenant(session, world.keyring, name=name, now=NOW)


def test_a_taken_name_and_a_wrong_language_are_refused(world: CustomerWorld) -> None:
    """With one sentence each."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        with pytest.raises(AlreadyExists, match="There is a tenant named 'acme' already"):
            add_tenant(session, world.keyring, name="acme", now=NOW)
        with pytest.raises(Refusal, match="is not a language tag"):
            add_tenant(session, world.keyring, name="other", now=NOW, language="x")


def test_suspending_and_resuming(world: CustomerWorld) -> None:
    """Either may be said twice."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        for _ in range(2):
            assert suspend_tenant(session, world.acme.id, NOW).state is TenantState.SUSPENDED
        for _ in range(2):
            assert resume_tenant(session, world.acme.id).state is TenantState.ACTIVE


def test_a_deleted_tenants_name_is_free_and_its_mail_unreadable(world: CustomerWorld) -> None:
    """Its domains are answered as deleted ones; its held mail is marked deleted."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        routes = ("smtp://mail.acme.example",)
        add_domain(
            session,
            tenant_id=world.acme.id,
            name="acme.example",
            routes=routes,
            service="mx.example",
            verified_at=NOW,
            now=NOW,
        )
        number = hold(session, world.new_held(session), NOW)
        assert delete_tenant(session, world.acme.id, NOW).state is TenantState.DELETED
        assert look_up(session, "anna@acme.example", later(days=1)).status is Status.DELETED_RECENTLY
        assert list_domains(session, tenant_id=world.acme.id) == ()
        assert get_held(session, number, tenant_id=None).state is HeldState.DELETED
        with pytest.raises(NotFound):
            current_key(session, world.acme.id)
        with pytest.raises(NotFound, match="no tenant named 'acme'"):
            tenant_named(session, "acme")
        with pytest.raises(WrongState, match="is deleted"):
            resume_tenant(session, world.acme.id)
        assert add_tenant(session, world.keyring, name="acme", now=NOW).id != world.acme.id


def test_the_built_in_tenant_stays_as_it_is(world: CustomerWorld) -> None:
    """Mail to the postmaster must always be taken."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        operator = tenant_named(session, OPERATOR)
        for change in (suspend_tenant, delete_tenant):
            with pytest.raises(WrongState, match="built in"):
                change(session, operator.id, NOW)
        with pytest.raises(NotFound):
            get_tenant(session, 4711)
