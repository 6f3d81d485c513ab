"""The MTA-STS policy as senders fetch it: by the host name, for verified domains alone."""

from pathlib import Path

import pytest
from sqlalchemy import update

from portal.policy_file import policy_file
from tenants.domains.mta_sts import StsMode
from tenants.storage.database import Database
from tenants.storage.tables import customers
from tenants.storage.viewpoint import Reader
from tests.servers.portal_world import PortalWorld


def test_a_sender_gets_the_policy_of_the_domain_it_asks_for(world: PortalWorld) -> None:
    """As text, with the domain's own MX name; no session, no redirect."""
    answer = world.client("https://mta-sts.acme.example").get("/.well-known/mta-sts.txt")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.startswith("version: STSv1\r\nmode: testing\r\nmx: acme-example.mx.")
    enforced = policy_file(world.database, StsMode.ENFORCE, "MTA-STS.acme.example")
    assert b"mode: enforce\r\n" in bytes(enforced.body)


@pytest.mark.parametrize(
    "host", ["", "acme.example", "mta-sts.", "mta-sts.other.example", "mta-sts.a b", "mta-sts.mta-sts.acme.example"]
)
def test_a_name_of_no_domain_has_no_policy(world: PortalWorld, host: str) -> None:
    """404, whatever the name is."""
    assert policy_file(world.database, StsMode.TESTING, host).status_code == 404


def test_a_domain_that_is_not_verified_has_none(world: PortalWorld) -> None:
    """Nobody but its owner says where its mail goes."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(update(customers.domain).values(verified_at=None))
    assert policy_file(world.database, StsMode.TESTING, "mta-sts.acme.example").status_code == 404


def test_a_database_that_is_away_is_no_missing_policy(tmp_path: Path) -> None:
    """503: senders go on with what they know."""
    away = Database(f"sqlite:///{tmp_path}")
    assert policy_file(away, StsMode.TESTING, "mta-sts.acme.example").status_code == 503
