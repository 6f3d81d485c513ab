"""Lists that were not applied, as the audit tells."""

from tenants.customers.audit import record_action
from tenants.domains.book import add_domain
from tenants.recipients.refused_lists import RefusedList, note_refused_list, refused_lists
from tenants.storage.viewpoint import OfTenant, Reader
from tests.contracts.customer_world import NOW, CustomerWorld, later


def test_the_last_list_is_told_until_something_is_done(world: CustomerWorld) -> None:
    """Of each domain, to its tenant alone; what was done about other domains or matters does not count."""
    acme = world.acme.id
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        one, two = (
            add_domain(session, tenant_id=acme, name=name, routes=("smtp://10.0.0.1",), service="mx.example",
                       verified_at=NOW, now=NOW)
            for name in ("acme.example", "second.example")
        )  # fmt: skip
        note_refused_list(session, tenant_id=acme, domain=one.name, who="command line", reason="first", now=NOW)
        rita = {"who": "rita@acme.example", "reason": "second"}
        note_refused_list(session, tenant_id=acme, domain=one.name, now=later(hours=1), **rita)
        note_refused_list(session, tenant_id=acme, domain=two.name, who="command line", reason="third", now=NOW)
        done = {"at": later(hours=2), "tenant_id": acme, "who": "command line"}
        record_action(session, **done, action="recipients.import", subject="second.example")  # type: ignore[arg-type]
        record_action(session, **done, action="policy.set", subject="acme.example")  # type: ignore[arg-type]
    with world.database.read(OfTenant(acme)) as session:
        expected = RefusedList(later(hours=1), "rita@acme.example", "second")
        assert refused_lists(session, tenant_id=acme) == {"acme.example": expected}
    with world.database.read(OfTenant(world.blue_harbour.id)) as session:
        assert refused_lists(session, tenant_id=world.blue_harbour.id) == {}
