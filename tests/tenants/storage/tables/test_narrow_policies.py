"""The tables of groups and of narrow policies: a group's name is its tenant's own."""

import pytest

from tenants.domains.groups import add_members
from tenants.refusals import AlreadyExists
from tenants.storage.statements import insert_new
from tenants.storage.tables import narrow_policies
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld


def test_a_groups_name_is_unique_within_its_tenant(world: CustomerWorld) -> None:
    """Another tenant may use it too."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        for tenant in (world.acme, world.blue_harbour):
            add_members(session, tenant_id=tenant.id, name="staff", addresses=["a@acme.example"], now=NOW)
        values = {"tenant_id": world.acme.id, "name": "staff", "changed_at": NOW}
        with pytest.raises(AlreadyExists):
            insert_new(session, narrow_policies.recipient_group, values, "taken")
