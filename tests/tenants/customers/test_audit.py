"""The audit: what was done, newest first, each tenant's own."""

from tenants.customers.audit import AuditEntry, list_actions, record_action
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld


def test_entries_come_back_newest_first_and_page_by_page(world: CustomerWorld) -> None:
    """A tenant sees its own; the operator all."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        for number, tenant_id in enumerate((world.acme.id, world.blue_harbour.id, world.acme.id, None)):
            record_action(
                session,
                at=NOW,
                tenant_id=tenant_id,
                who="rita@acme.example",
                action="quarantine.release",
                subject=f"{number}\0",
                details={"override": "EICAR"},
            )
        everything = list_actions(session, tenant_id=None)
        assert [entry.subject for entry in everything] == [f"{number}\ufffd" for number in (3, 2, 1, 0)]
        own = list_actions(session, tenant_id=world.acme.id, limit=1)
        older = list_actions(session, tenant_id=world.acme.id, before=own[0].id)
    assert older == (
        AuditEntry(
            everything[3].id,
            NOW,
            world.acme.id,
            "rita@acme.example",
            "quarantine.release",
            "0\ufffd",
            {"override": "EICAR"},
        ),
    )
