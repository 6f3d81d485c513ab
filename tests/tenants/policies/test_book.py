"""Policies: three levels, of which each stores only where it differs."""

import pytest

from tenants.domains.book import add_domain
from tenants.domains.groups import add_members
from tenants.policies.book import (
    PolicyInForce,
    change_domain_policy,
    change_group_policy,
    change_recipient_policy,
    change_tenant_policy,
    domain_policy,
    group_policy,
    narrowed,
    recipient_policy,
    tenant_policy,
)
from tenants.policies.policy import Action, Policy, PolicyError
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld


@pytest.fixture
def domain_id(world: CustomerWorld) -> int:
    with world.database.unit_of_work(Reader.OPERATOR) as session:
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
    with world.database.read(Reader.OPERATOR) as session:
        assert tenant_policy(session, tenant_id=world.acme.id) == PolicyInForce(Policy(), ())
        assert domain_policy(session, tenant_id=world.acme.id, domain_id=domain_id) == PolicyInForce(Policy(), ())


def test_a_domain_follows_its_tenant_where_it_does_not_differ(world: CustomerWorld, domain_id: int) -> None:
    """Also in what the tenant changes later."""
    acme = world.acme.id
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        change_domain_policy(session, tenant_id=acme, domain_id=domain_id, entries={"spam": "hold"}, now=NOW)
        change_tenant_policy(session, tenant_id=acme, entries={"infected": "discard", "spam": "reject"}, now=NOW)
        tenant = tenant_policy(session, tenant_id=acme)
        domain = domain_policy(session, tenant_id=acme, domain_id=domain_id)
    assert (tenant.policy.infected, tenant.policy.spam) == (Action.DISCARD, Action.REJECT)
    assert (domain.policy.infected, domain.policy.spam) == (Action.DISCARD, Action.HOLD)
    assert (set(tenant.changed), domain.changed) == ({"infected", "spam"}, ("spam",))


def test_an_entry_set_back_is_a_difference_no_more(world: CustomerWorld) -> None:
    """A default that improves then improves it too."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        change_tenant_policy(session, tenant_id=world.acme.id, entries={"spam": "hold"}, now=NOW)
        entries = {"spam": "mark"}
        assert change_tenant_policy(session, tenant_id=world.acme.id, entries=entries, now=NOW).changed == ()
        assert tenant_policy(session, tenant_id=world.blue_harbour.id).changed == ()


def test_a_wrong_entry_changes_nothing(world: CustomerWorld) -> None:
    """Nor do the right ones beside it."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        with pytest.raises(PolicyError):
            entries = {"spam": "hold", "infected": "explode"}
            change_tenant_policy(session, tenant_id=world.acme.id, entries=entries, now=NOW)
        assert tenant_policy(session, tenant_id=world.acme.id).changed == ()


def test_inherit_makes_an_entry_no_difference_any_more(world: CustomerWorld, domain_id: int) -> None:
    """On every level; the entry's name must be one."""
    acme = world.acme.id
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        change_tenant_policy(session, tenant_id=acme, entries={"spam": "hold"}, now=NOW)
        change_domain_policy(session, tenant_id=acme, domain_id=domain_id, entries={"spam": "reject"}, now=NOW)
        back = {"spam": "inherit"}
        domain = change_domain_policy(session, tenant_id=acme, domain_id=domain_id, entries=back, now=NOW)
        assert (domain.policy.spam, domain.changed) == (Action.HOLD, ())
        assert change_tenant_policy(session, tenant_id=acme, entries=back, now=NOW) == PolicyInForce(Policy(), ())
        with pytest.raises(PolicyError, match="There is no policy entry 'ham'"):
            change_tenant_policy(session, tenant_id=acme, entries={"ham": "inherit"}, now=NOW)


def test_a_group_keeps_what_it_asked_for_whatever_is_below(world: CustomerWorld, domain_id: int) -> None:
    """What its domain says may be another thing than what the tenant says."""
    acme = world.acme.id
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        group = add_members(session, tenant_id=acme, name="staff", addresses=["a@acme.example"], now=NOW).id
        which = {"tenant_id": acme, "group_id": group, "domain_id": domain_id}
        change_domain_policy(session, tenant_id=acme, domain_id=domain_id, entries={"spam": "hold"}, now=NOW)
        found = change_group_policy(session, **which, entries={"spam": "mark", "report-only": "on"}, now=NOW)
        assert (found.policy.spam, found.policy.report_only, found.changed) == (
            Action.MARK,
            True,
            ("spam", "report_only"),
        )
        below = domain_policy(session, tenant_id=acme, domain_id=domain_id).policy
        assert narrowed(session, tenant_id=acme, address="a@acme.example", below=below) == found.policy
        assert narrowed(session, tenant_id=acme, address="b@acme.example", below=below) == below
        entries = {"spam": "inherit", "report_only": "inherit"}
        assert change_group_policy(session, **which, entries=entries, now=NOW) == PolicyInForce(below, ())
        assert group_policy(session, tenant_id=acme, group_id=group, domain_id=None).policy == Policy()


def test_a_recipient_has_the_last_word(world: CustomerWorld, domain_id: int) -> None:
    """Stored is only what differs from the groups and the domain."""
    acme, address = world.acme.id, "a@acme.example"
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        group = add_members(session, tenant_id=acme, name="staff", addresses=[address], now=NOW).id
        change_group_policy(session, tenant_id=acme, domain_id=None, group_id=group, entries={"spam": "hold"}, now=NOW)
        which = {"tenant_id": acme, "domain_id": domain_id, "address": address}
        same = change_recipient_policy(session, **which, entries={"spam": "hold"}, now=NOW)
        assert same.changed == ()
        own = change_recipient_policy(session, **which, entries={"spam": "discard"}, now=NOW)
        assert (own.policy.spam, own.changed) == (Action.DISCARD, ("spam",))
        assert recipient_policy(session, **which) == own
        assert narrowed(session, tenant_id=acme, address=address, below=Policy()) == own.policy
        assert change_recipient_policy(session, **which, entries={"spam": "inherit"}, now=NOW).changed == ()
