"""The domains page: each of the tenant's own, with the records that it needs."""

from datetime import timedelta

from sqlalchemy import update

from tenants.domains.book import get_domain
from tenants.encryption.keys import Keyring
from tenants.recipients.directories import (
    Directory,
    apply_answer,
    lease_directories,
    note_trouble,
    set_directory,
)
from tenants.recipients.refused_lists import note_refused_list
from tenants.recipients.skipped_entries import Skipped
from tenants.storage.tables import customers
from tenants.storage.viewpoint import Reader
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


def test_a_directory_that_cannot_be_read_is_told(world: PortalWorld) -> None:
    """With when it could be last; and nothing of who asks it."""
    asked = Directory("ldaps://dc.acme.example:636", False, "dc=acme", "(mail=*)", "cn=reader", "s3cret")
    now = world.clock.now
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        domain = get_domain(session, tenant_id=None, name="acme.example")
        own = {"tenant_id": domain.tenant_id, "domain_id": domain.id}
        set_directory(session, Keyring(bytes(range(32))), **own, directory=asked, now=now)
        [lease] = lease_directories(session, now=now, limit=1, owner="one")
        apply_answer(session, lease, local_parts=["ann"], skipped=Skipped(), now=now)
    page = world.signed_in(REX).get("/domains").text
    assert "Recipients are read from" in page and "2026-11-24 09:00 UTC" in page and "came to nothing" not in page
    later = now + timedelta(hours=1)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        [lease] = lease_directories(session, now=later, limit=1, owner="one")
        note_trouble(session, lease, trouble="It said <b>no</b>.", now=later)
    page = world.signed_in(REX).get("/domains").text
    assert "It said &lt;b&gt;no&lt;/b&gt;." in page
    assert "s3cret" not in page and "cn=reader" not in page


def test_a_list_that_was_not_applied_is_told(world: PortalWorld) -> None:
    """To its tenant, escaped."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        domain = get_domain(session, tenant_id=None, name="acme.example")
        reason = "The list would remove <b>900</b> of 1000 recipients."
        own = {"tenant_id": domain.tenant_id, "domain": domain.name}
        note_refused_list(session, **own, who="command line", reason=reason, now=world.clock.now)  # type: ignore[arg-type]
    page = world.signed_in(REX).get("/domains").text
    assert "2026-11-24 09:00 UTC was not applied:" in page and "&lt;b&gt;900&lt;/b&gt; of 1000" in page
