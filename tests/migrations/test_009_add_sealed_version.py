"""Revision 009: blobs of before are read as they were sealed; so are those that the release before still writes."""

from pathlib import Path

from sqlalchemy import text

from tenants.encryption.sealed import blobs_named
from tenants.storage.database import Database
from tenants.storage.migration import migrate
from tenants.storage.viewpoint import Reader

_BLOB = (
    "INSERT INTO blob (name, tenant_id, kind, wrapped_key, key_version, octets, stored_at)"
    " VALUES ('b', 1, 'body', x'00', 3, 1, 0)"
)
_KEY = "INSERT INTO tenant_key (tenant_id, version, wrapped, created_at) VALUES (1, 3, x'00', 0)"


def test_a_blob_without_the_version_is_bound_to_its_keys(tmp_path: Path) -> None:
    """The statement of the release before."""
    database = Database(f"sqlite:///{tmp_path / 'before.sqlite'}")
    migrate(database)
    with database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(text(_KEY))
        session.execute(text(_BLOB))
        assert blobs_named(session, 1, ["b"])["b"].sealed_version == 3
    database.close()
