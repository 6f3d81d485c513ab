"""What the database itself refuses of engines' states and ignored findings."""

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from tenants.storage.tables import engines
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld


@pytest.mark.parametrize("is_for_all", [True, False])
def test_a_finding_is_ignored_once(world: CustomerWorld, is_for_all: bool) -> None:
    """For all tenants, where NULL stands, and NULLs are otherwise never equal; and for each."""
    row = {"name": "Bad", "tenant_id": None if is_for_all else world.acme.id, "since": NOW, "who": "cli"}
    with pytest.raises(IntegrityError), world.database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(insert(engines.ignored_finding), [row, row])
