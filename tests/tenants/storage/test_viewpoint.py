"""Viewpoints: who a transaction works for ends with the transaction; on SQLite they change nothing."""

import pytest
from sqlalchemy import func, select, text

from tenants.storage.tables import customers
from tenants.storage.viewpoint import OfTenant, Reader, Viewpoint, look_as, taking_role
from tests.contracts.customer_world import CustomerWorld


@pytest.mark.parametrize(
    ("viewpoint", "role", "tenant"),
    [(OfTenant(7), "'tenant'", "'7'"), (Reader.SIGN_IN, "'sign_in'", "''"), (Reader.OPERATOR, "'operator'", "''")],
)
def test_a_viewpoint_is_a_role_and_perhaps_a_tenant(viewpoint: Viewpoint, role: str, tenant: str) -> None:
    """The database knows its roles' whole names."""
    statement = taking_role(viewpoint)
    assert f"pratique_role({role})" in statement and f"'pratique.tenant', {tenant}" in statement


def test_only_a_number_gets_into_the_statement() -> None:
    """Whatever a caller takes for a tenant's number."""
    with pytest.raises(ValueError):
        taking_role(OfTenant("1'); DROP TABLE tenant; --"))  # type: ignore[arg-type]


def test_a_tenant_is_not_there_for_another_on_postgresql_alone(world: CustomerWorld) -> None:
    """A statement without any condition; SQLite has no roles, and the books' conditions are all there is."""
    everybody, tenants = select(func.count()).select_from(customers.tenant), []
    with world.database.read(Reader.OPERATOR) as session:
        for viewpoint in (Reader.OPERATOR, OfTenant(world.acme.id), OfTenant(987_654), Reader.DIRECTORY):
            look_as(session, viewpoint)
            tenants.append(session.scalar(everybody))
    assert tenants == ([3, 3, 3, 3] if world.database.is_sqlite else [3, 1, 0, 3])


def test_the_next_transaction_has_a_viewpoint_of_its_own(world: CustomerWorld) -> None:
    """Nothing of it stays with the connection in the pool, whether the transaction ended well or not."""
    if world.database.is_sqlite:
        pytest.skip("SQLite knows no roles")
    with pytest.raises(KeyError), world.database.unit_of_work(OfTenant(world.acme.id)):
        raise KeyError
    with world.database.unit_of_work(OfTenant(world.acme.id)):
        pass
    with world.database.engine.connect() as plain:
        asked = plain.execute(text("SELECT current_user = session_user, current_setting('pratique.tenant', true)"))
        assert asked.one() == (True, "")
