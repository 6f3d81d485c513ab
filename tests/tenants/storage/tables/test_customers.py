"""What the database itself refuses of customers."""

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from tenants.storage.tables import customers
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld

DOMAIN = {"mx_name": "x", "verification_token": "x", "created_at": NOW}


def test_only_names_that_are_not_deleted_must_be_unique(world: CustomerWorld) -> None:
    """Of domains, as of tenants."""
    gone = DOMAIN | {"tenant_id": world.acme.id, "name": "acme.example", "deleted_at": NOW}
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(insert(customers.domain), [gone, gone, gone | {"deleted_at": None}])
    with pytest.raises(IntegrityError), world.database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(insert(customers.domain), [gone | {"deleted_at": None}])


@pytest.mark.parametrize(
    ("table", "row"),
    [
        (customers.domain, DOMAIN | {"tenant_id": 4711, "name": "acme.example"}),
        (customers.tenant_key, {"tenant_id": 4711, "version": 1, "wrapped": b"", "created_at": NOW}),
        (customers.route, {"domain_id": 4711, "priority": 0, "scheme": "smtp", "host": "a", "port": 25}),
        (customers.policy, {"tenant_id": 4711, "entries": {}, "changed_at": NOW}),
    ],
    ids=["domain", "tenant_key", "route", "policy"],
)
def test_nothing_belongs_to_nobody(world: CustomerWorld, table: object, row: dict[str, object]) -> None:
    """References are enforced, on SQLite too, which must be asked to."""
    with pytest.raises(IntegrityError), world.database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(insert(table).values(**row))  # type: ignore[arg-type]


def test_a_tenant_has_one_policy_of_its_own(world: CustomerWorld) -> None:
    """The partial index counts where no domain is named."""
    row = {"tenant_id": world.acme.id, "entries": {}, "changed_at": NOW}
    with pytest.raises(IntegrityError), world.database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(insert(customers.policy), [row, row])
