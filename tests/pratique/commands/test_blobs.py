"""`pratique blobs check`: what stands in one place alone is named, and nothing is changed."""

import json

from tenants.customers.book import tenant_named
from tenants.encryption.keys import current_key
from tenants.encryption.sealed import BlobKind
from tenants.storage.viewpoint import Reader
from tests.pratique.commands.conftest import Mail, Pratique


def test_a_store_that_agrees_is_said_in_one_line(pratique: Pratique, mail: Mail) -> None:
    """A body and a record."""
    mail.hold("EICAR")
    assert pratique.do("blobs", "check") == "2 rows, 0 of them without octets; 0 octets without a row.\n"


def test_rows_without_octets_are_named_and_the_status_says_so(pratique: Pratique, mail: Mail) -> None:
    """Somebody removed a file."""
    mail.hold("EICAR")
    victim = next(path for path in (pratique.data / "blobs").rglob("*") if path.is_file())
    victim.unlink()
    result = pratique.run("blobs", "check", "--json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["rows"], found["octets_without_row"]) == (1, 2, [])
    assert len(found["rows_without_octets"]) == 1
    assert f"no octets: {found['rows_without_octets'][0]}" in pratique.run("blobs", "check").stdout


def test_octets_without_a_row_are_no_fault(pratique: Pratique, mail: Mail) -> None:
    """A process died before its commit; the sweep will come by."""
    mail.hold("EICAR")
    with mail.parts.database.read(Reader.OPERATOR) as session:
        key = current_key(session, tenant_named(session, "acme").id)
    orphan = mail.parts.store.store(key, BlobKind.BODY, [b"x"]).name
    found = pratique.ask("blobs", "check")
    assert (found["octets_without_row"], found["rows_without_octets"]) == ([orphan], [])
