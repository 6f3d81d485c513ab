"""Recipient groups: made with their first members, changed, deleted; a tenant sees its own alone."""

import pytest

from tenants.domains.groups import add_members, canonical_address, get_group, list_groups, remove_members
from tenants.policies.book import change_group_policy, tenant_policy
from tenants.refusals import NotFound, Refusal
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld

A, B = "anna@acme.example", "bo@acme.example"


def test_a_group_is_made_with_its_first_members(world: CustomerWorld) -> None:
    """A member is there once, in one spelling."""
    acme = world.acme.id
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        add_members(session, tenant_id=acme, name="staff", addresses=["Anna@ACME.example", A], now=NOW)
        group = add_members(session, tenant_id=acme, name="staff", addresses=[B, A], now=NOW)
        empty = add_members(session, tenant_id=acme, name="board", addresses=[], now=NOW)
        assert (group.members, empty.members) == ((A, B), ())
        assert list_groups(session, tenant_id=acme) == (group, empty)
        assert list_groups(session, tenant_id=world.blue_harbour.id) == ()
        with pytest.raises(NotFound, match="There is no group 'staff'"):
            get_group(session, tenant_id=world.blue_harbour.id, name="staff")


def test_members_leave_and_groups_end(world: CustomerWorld) -> None:
    """With what the group asked for."""
    acme = world.acme.id
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        group = add_members(session, tenant_id=acme, name="staff", addresses=[A, B], now=NOW)
        entries = {"spam": "hold"}
        change_group_policy(session, tenant_id=acme, domain_id=None, group_id=group.id, entries=entries, now=NOW)
        left = remove_members(session, tenant_id=acme, name="staff", addresses=[A])
        assert left is not None and left.members == (B,)
        with pytest.raises(NotFound, match=r"anna@acme\.example is not in the group 'staff'"):
            remove_members(session, tenant_id=acme, name="staff", addresses=[B, A])
        assert get_group(session, tenant_id=acme, name="staff").members == (B,)
        assert remove_members(session, tenant_id=acme, name="staff", addresses=[]) is None
        assert list_groups(session, tenant_id=acme) == ()
        assert tenant_policy(session, tenant_id=acme).changed == ()


@pytest.mark.parametrize("name", ["", "Staff", "a b", "-a", "x" * 64])
def test_a_name_that_cannot_be_one_is_refused(world: CustomerWorld, name: str) -> None:
    """As a tenant's."""
    with world.database.unit_of_work(Reader.OPERATOR) as session, pytest.raises(Refusal, match="cannot be named"):
        add_members(session, tenant_id=world.acme.id, name=name, addresses=[], now=NOW)


@pytest.mark.parametrize(
    ("address", "spelled"),
    [("A.B@Acme.Example", "a.b@acme.example"), (" ü@bücher.example ", "ü@xn--bcher-kva.example")],
)
def test_an_address_has_one_spelling(address: str, spelled: str) -> None:
    """For looking it up; mail goes to what the sender wrote."""
    assert canonical_address(address) == spelled


@pytest.mark.parametrize("address", ["", "anna", "@acme.example", "anna@", "anna@acme", "x" * 400 + "@acme.example"])
def test_what_is_no_address_is_refused(address: str) -> None:
    """With a sentence."""
    with pytest.raises(Refusal, match=r"is not an? "):
        canonical_address(address)
