"""People and their roles: one role with each tenant."""

import pytest

from tenants.customers.accounts import (
    Member,
    Role,
    add_user,
    canonical_email,
    members,
    memberships,
    remove_user,
    user_id_of,
)
from tenants.customers.book import delete_tenant
from tenants.customers.sign_in import begin_session, signed_in
from tenants.refusals import NotFound, Refusal
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld


def test_a_person_has_one_role_with_each_tenant(world: CustomerWorld) -> None:
    """The one given last; the address has one spelling."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        first = add_user(session, tenant_id=world.acme.id, email="Rita@ACME.example", role=Role.READER, now=NOW)
        add_user(session, tenant_id=world.blue_harbour.id, email="rita@acme.example", role=Role.ADMIN, now=NOW)
        again = add_user(session, tenant_id=world.acme.id, email="rita@acme.example", role=Role.OWNER, now=NOW)
        assert again == Member(first.user_id, "rita@acme.example", world.acme.id, "acme", Role.OWNER)
        theirs = memberships(session, user_id=first.user_id)
        assert [(each.tenant_name, each.role) for each in theirs] == [
            ("acme", Role.OWNER),
            ("blue-harbour", Role.ADMIN),
        ]
        assert members(session, tenant_id=world.acme.id) == (again,)


def test_a_person_whose_role_is_taken_is_out_at_once(world: CustomerWorld) -> None:
    """Of this tenant's sessions; the other tenant's stay."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        for tenant in (world.acme, world.blue_harbour):
            user = add_user(session, tenant_id=tenant.id, email="rita@acme.example", role=Role.READER, now=NOW).user_id
        ours, other = (
            begin_session(session, user_id=user, tenant_id=tenant.id, now=NOW)
            for tenant in (world.acme, world.blue_harbour)
        )
        remove_user(session, tenant_id=world.acme.id, email="rita@acme.example")
        assert signed_in(session, ours, now=NOW) is None
        assert signed_in(session, other, now=NOW) is not None
        assert members(session, tenant_id=world.acme.id) == ()


def test_a_deleted_tenant_has_no_people(world: CustomerWorld) -> None:
    """Nobody gets in any more."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        user = add_user(session, tenant_id=world.acme.id, email="a@acme.example", role=Role.OWNER, now=NOW).user_id
        token = begin_session(session, user_id=user, tenant_id=world.acme.id, now=NOW)
        delete_tenant(session, world.acme.id, NOW)
        assert memberships(session, user_id=user) == ()
        assert signed_in(session, token, now=NOW) is None


@pytest.mark.parametrize(
    "email", ["", "rita", "@acme.example", "rita@", "a b@acme.example", "<a@b.example>", "a@b\r\nc"]
)
def test_what_is_no_address_is_refused(email: str) -> None:
    """It would be written into mail of our own."""
    with pytest.raises(Refusal, match="is not an e-mail address"):
        canonical_email(email)


def test_an_unknown_person_is_not_found(world: CustomerWorld) -> None:
    """With the address as it was given."""
    with (
        world.database.read(Reader.OPERATOR) as session,
        pytest.raises(NotFound, match=r"There is no user 'nobody@acme.example'"),
    ):
        user_id_of(session, "nobody@acme.example")


@pytest.mark.parametrize(
    ("role", "able"),
    [
        (Role.OWNER, [True, True, True, True]),
        (Role.ADMIN, [False, True, True, True]),
        (Role.REVIEWER, [False, False, True, True]),
        (Role.READER, [False, False, False, True]),
    ],
)
def test_roles_have_an_order(role: Role, able: list[bool]) -> None:
    """Each may do what the later ones may."""
    assert [role.is_at_least(other) for other in Role] == able
