"""The domains page: each of the tenant's own, with the records that it needs."""

from sqlalchemy import update

from tenants.tables import customers
from tenants.viewpoint import Reader
from tests.servers.portal_world import PortalWorld

REX = "rex@acme.example"


def test_each_domain_has_its_records(world: PortalWorld) -> None:
    """MX, MTA-STS and TLS reports; ownership once it is shown needs no record; nothing of other tenants."""
    page = world.signed_in(REX).get("/domains").text
    assert "acme.example. MX 10 acme-example.mx." in page
    assert "_mta-sts.acme.example. TXT" in page
    assert "_smtp._tls.acme.example. TXT" in page
    assert "Verified" in page
    assert "blue-harbour" not in page


def test_a_domain_that_is_not_verified_shows_its_token(world: PortalWorld) -> None:
    """Until then no mail is taken."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(update(customers.domain).values(verified_at=None))
    assert "Not verified yet" in world.signed_in(REX).get("/domains").text
