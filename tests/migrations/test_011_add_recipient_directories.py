"""Revision 011: a domain of before has no directory, and its recipients are learned as they were."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tenants.recipients.book import Source, source_of
from tenants.recipients.directories import state_of
from tenants.storage.database import Database
from tenants.storage.migration import migrate
from tenants.storage.viewpoint import Reader

_SOURCE = "INSERT INTO recipient_source (domain_id, tenant_id, source) VALUES (1, 1, 'list')"
_DIRECTORY = (
    "INSERT INTO recipient_directory (domain_id, tenant_id, url, starttls, authorities, bind_dn, base, filter,"
    " every_minutes, due_at, lease_owner, lease_until, fence, trouble, skipped)"
    " VALUES (1, 1, 'ldap://x:389', 1, '', '', '', '', 60, 0, '', 0, 0, '', '{}')"
)


def test_nothing_changes_for_a_domain_of_before(tmp_path: Path) -> None:
    """And one that gets a directory has one only."""
    database = Database(f"sqlite:///{tmp_path / 'before.sqlite'}")
    migrate(database)
    with database.unit_of_work(Reader.OPERATOR) as session:
        domain = (
            "INSERT INTO domain (id, tenant_id, name, mx_name, verification_token, created_at)"
            " VALUES (1, 1, 'x.example', 'x', 't', 0)"
        )
        session.execute(text(domain))
        session.execute(text(_SOURCE))
        assert source_of(session, 1).source is Source.LIST
        assert state_of(session, 1) is None
        session.execute(text(_DIRECTORY))
        state = state_of(session, 1)
        assert state is not None and (state.url, state.tried_at) == ("ldap://x:389", None)
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(text(_DIRECTORY))
    database.close()
