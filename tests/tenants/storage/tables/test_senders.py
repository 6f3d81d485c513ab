"""The tables about senders: one listing for each entry of a tenant."""

from tenants.senders.lists import Listing, list_senders, put_senders
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld


def test_an_entry_stands_once_and_is_its_tenants_own(world: CustomerWorld) -> None:
    """What is said last counts; another tenant may say the opposite."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        for tenant, listings in ((world.acme, Listing), (world.blue_harbour, [Listing.ALLOW])):
            for listing in listings:
                put_senders(session, tenant_id=tenant.id, listing=listing, entries=["x.example"], now=NOW, who="ann")
        said = [list_senders(session, tenant_id=tenant.id) for tenant in (world.acme, world.blue_harbour)]
    assert [[each.listing for each in listed] for listed in said] == [[Listing.BLOCK], [Listing.ALLOW]]
