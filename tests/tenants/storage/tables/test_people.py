"""What the database itself refuses of people."""

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from tenants.storage.tables import people
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld


def test_an_address_is_one_user(world: CustomerWorld) -> None:
    """Two rows would be two sets of rights."""
    row = {"email": "rita@acme.example", "created_at": NOW}
    with pytest.raises(IntegrityError), world.database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(insert(people.app_user), [row, row])


def test_a_membership_needs_both_its_ends(world: CustomerWorld) -> None:
    """References are enforced."""
    with pytest.raises(IntegrityError), world.database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(insert(people.membership).values(user_id=4711, tenant_id=world.acme.id, role="owner"))
