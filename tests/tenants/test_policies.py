"""Policies: three levels, of which each stores only where it differs."""

import pytest

from tenants.domains import add_domain
from tenants.policies import (
    PolicyInForce,
    change_domain_policy,
    change_tenant_policy,
    domain_policy,
    tenant_policy,
)
from tenants.policy import Action, Policy, PolicyError
from tests.contracts.customer_world import NOW, CustomerWorld


@pytest.fixture
def domain_id(world: CustomerWorld) -> int:
    with world.database.unit_of_work() as session:
        return add_domain(
            session,
            tenant_id=world.acme.id,
            name="acme.example",
            routes=("smtp://one.example",),
            service="pratique.example",
            verified_at=NOW,
            now=NOW,
        ).id


def test_nothing_changed_is_the_default(world: CustomerWorld, domain_id: int) -> None:
    """On both levels."""
    with world.database.read() as session:
        assert tenant_policy(session, tenant_id=world.acme.id) == PolicyInForce(Policy(), ())
        assert domain_policy(session, tenant_id=world.acme.id, domain_id=domain_id) == PolicyInForce(Policy(), ())


def test_a_domain_follows_its_tenant_where_it_does_not_differ(world: CustomerWorld, domain_id: int) -> None:
    """Also in what the tenant changes later."""
    acme = world.acme.id
    with world.database.unit_of_work() as session:
        change_domain_policy(session, tenant_id=acme, domain_id=domain_id, entries={"spam": "hold"}, now=NOW)
        change_tenant_policy(session, tenant_id=acme, entries={"infected": "discard", "spam": "reject"}, now=NOW)
        tenant = tenant_policy(session, tenant_id=acme)
        domain = domain_policy(session, tenant_id=acme, domain_id=domain_id)
    assert (tenant.policy.infected, tenant.policy.spam) == (Action.DISCARD, Action.REJECT)
    assert (domain.policy.infected, domain.policy.spam) == (Action.DISCARD, Action.HOLD)
    assert (set(tenant.changed), domain.changed) == ({"infected", "spam"}, ("spam",))


def test_an_entry_set_back_is_a_difference_no_more(world: CustomerWorld) -> None:
    """A default that improves then improves it too."""
    with world.database.unit_of_work() as session:
        change_tenant_policy(session, tenant_id=world.acme.id, entries={"spam": "hold"}, now=NOW)
        entries = {"spam": "mark"}
        assert change_tenant_policy(session, tenant_id=world.acme.id, entries=entries, now=NOW).changed == ()
        assert tenant_policy(session, tenant_id=world.blue_harbour.id).changed == ()


def test_a_wrong_entry_changes_nothing(world: CustomerWorld) -> None:
    """Nor do the right ones beside it."""
    with world.database.unit_of_work() as session:
        with pytest.raises(PolicyError):
            entries = {"spam": "hold", "infected": "explode"}
            change_tenant_policy(session, tenant_id=world.acme.id, entries=entries, now=NOW)
        assert tenant_policy(session, tenant_id=world.acme.id).changed == ()
