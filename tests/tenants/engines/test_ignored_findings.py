"""Findings that do not count: for all, or for one tenant."""

import pytest

from tenants.engines.ignored_findings import IgnoredFinding, ignore_finding, list_ignored, stop_ignoring
from tenants.refusals import AlreadyExists, NotFound, Refusal
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld


def test_a_finding_is_ignored_for_all_or_for_one(world: CustomerWorld) -> None:
    """Each once, and each taken back alone."""
    acme = world.acme.id
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        for tenant_id in (None, acme):
            ignore_finding(session, name="Bad.Signature", tenant_id=tenant_id, who="cli", now=NOW)
            with pytest.raises(AlreadyExists, match="ignored already"):
                ignore_finding(session, name="Bad.Signature", tenant_id=tenant_id, who="cli", now=NOW)
        assert list_ignored(session) == (
            IgnoredFinding("Bad.Signature", None, "", NOW, "cli"),
            IgnoredFinding("Bad.Signature", acme, "acme", NOW, "cli"),
        )
        stop_ignoring(session, name="Bad.Signature", tenant_id=None)
        assert [ignored.tenant_id for ignored in list_ignored(session)] == [acme]
        with pytest.raises(NotFound, match="are not ignored"):
            stop_ignoring(session, name="Bad.Signature", tenant_id=None)


@pytest.mark.parametrize("name", ["", "a\nb", "\0"])
def test_a_name_that_no_finding_has_is_refused(world: CustomerWorld, name: str) -> None:
    """It would ignore nothing."""
    with world.database.unit_of_work(Reader.OPERATOR) as session, pytest.raises(Refusal, match="cannot be empty"):
        ignore_finding(session, name=name, tenant_id=None, who="cli", now=NOW)
