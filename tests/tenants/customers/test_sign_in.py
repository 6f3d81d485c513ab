"""Signing in: links are good once and for 30 minutes, sessions end by idleness, age and sign-out."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tenants.customers.accounts import Role, add_user, remove_user
from tenants.customers.sign_in import (
    LINK_LIFE,
    SESSION_IDLE,
    SESSION_LIFE,
    begin_session,
    end_session,
    forget_ended,
    is_link_good,
    make_link,
    needs_note,
    note_use,
    signed_in,
    spend_link,
    switch_tenant,
)
from tenants.refusals import NotFound
from tenants.storage.tables import people
from tenants.storage.viewpoint import Reader, look_as
from tests.contracts.customer_world import NOW, CustomerWorld

RITA = "rita@acme.example"


@pytest.fixture
def user_id(world: CustomerWorld) -> int:
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        return add_user(session, tenant_id=world.acme.id, email=RITA, role=Role.REVIEWER, now=NOW).user_id


def test_a_link_is_spent_once(world: CustomerWorld, user_id: int) -> None:
    """Looking at it spends nothing."""
    with world.database.unit_of_work(Reader.SIGN_IN) as session:
        link = make_link(session, email="RITA@acme.example", now=NOW)
        assert [is_link_good(session, link, now=NOW) for _ in range(5)] == [True] * 5
        token = spend_link(session, link, now=NOW)
        who = signed_in(session, token, now=NOW)
        assert who is not None
        assert (who.email, who.tenant_name, who.role, who.language) == (RITA, "acme", Role.REVIEWER, "en")
        assert not is_link_good(session, link, now=NOW)
        with pytest.raises(NotFound, match="not valid any more"):
            spend_link(session, link, now=NOW)


def test_a_link_is_too_old_after_30_minutes(world: CustomerWorld, user_id: int) -> None:
    """And nothing tells it from one that never was."""
    with world.database.unit_of_work(Reader.SIGN_IN) as session:
        link = make_link(session, email=RITA, now=NOW)
        assert is_link_good(session, link, now=NOW + LINK_LIFE - timedelta(seconds=1))
        for token in (link, "never-was", "\ud800"):
            with pytest.raises(NotFound, match="not valid any more"):
                spend_link(session, token, now=NOW + LINK_LIFE)


def test_a_link_of_somebody_without_a_tenant_lets_nobody_in(world: CustomerWorld, user_id: int) -> None:
    """The membership was taken after the link was made."""
    with world.database.unit_of_work(Reader.SIGN_IN) as session:
        link = make_link(session, email=RITA, now=NOW)
        look_as(session, Reader.OPERATOR)
        remove_user(session, tenant_id=world.acme.id, email=RITA)
        look_as(session, Reader.SIGN_IN)
        with pytest.raises(NotFound):
            spend_link(session, link, now=NOW)
        with pytest.raises(NotFound):
            make_link(session, email="nobody@acme.example", now=NOW)


def test_tokens_are_stored_as_digests_only(world: CustomerWorld, user_id: int) -> None:
    """Whoever reads the database cannot sign in with what is there."""
    with world.database.unit_of_work(Reader.SIGN_IN) as session:
        link = make_link(session, email=RITA, now=NOW)
        token = spend_link(session, link, now=NOW)
        stored = {*session.scalars(select(people.sign_in_link.c.token_sha256))}
        stored |= {*session.scalars(select(people.portal_session.c.token_sha256))}
    assert len(stored) == 2 and not stored & {link, token} and all(len(digest) == 64 for digest in stored)


def test_a_session_ends_when_idle_and_when_old(world: CustomerWorld, user_id: int) -> None:
    """Use puts off the idle end, never the other; and it is written once a minute at most."""
    with world.database.unit_of_work(Reader.SIGN_IN) as session:
        token = begin_session(session, user_id=user_id, tenant_id=world.acme.id, now=NOW)
        assert signed_in(session, token, now=NOW + SESSION_IDLE - timedelta(seconds=1))
        assert signed_in(session, token, now=NOW + SESSION_IDLE) is None
        now = NOW
        while now < NOW + SESSION_LIFE:
            assert signed_in(session, token, now=now)
            note_use(session, token, now=now)
            now += timedelta(minutes=20)
        assert signed_in(session, token, now=NOW + SESSION_LIFE) is None
        note_use(session, token, now=NOW + SESSION_LIFE)
        assert signed_in(session, token, now=NOW + SESSION_LIFE) is None


def test_use_is_noted_only_when_it_is_due(world: CustomerWorld, user_id: int) -> None:
    """Most pages need no writing transaction."""
    with world.database.unit_of_work(Reader.SIGN_IN) as session:
        token = begin_session(session, user_id=user_id, tenant_id=world.acme.id, now=NOW)
        assert not needs_note(session, token, now=NOW + timedelta(seconds=59))
        assert needs_note(session, token, now=NOW + timedelta(seconds=60))


def test_switching_the_tenant_changes_the_token(world: CustomerWorld, user_id: int) -> None:
    """To a tenant of one's own alone."""
    other = world.blue_harbour.id
    with world.database.unit_of_work(Reader.SIGN_IN) as session:
        token = begin_session(session, user_id=user_id, tenant_id=world.acme.id, now=NOW)
        with pytest.raises(NotFound):
            switch_tenant(session, token, tenant_id=other, now=NOW)
        look_as(session, Reader.OPERATOR)
        add_user(session, tenant_id=other, email=RITA, role=Role.OWNER, now=NOW)
        look_as(session, Reader.SIGN_IN)
        switched = switch_tenant(session, token, tenant_id=other, now=NOW)
        who = signed_in(session, switched, now=NOW)
        assert who is not None and (who.tenant_id, who.role) == (other, Role.OWNER)
        assert signed_in(session, token, now=NOW) is None
        with pytest.raises(NotFound):
            switch_tenant(session, token, tenant_id=other, now=NOW)


def test_signing_out_ends_the_session(world: CustomerWorld, user_id: int) -> None:
    """And what has ended is forgotten in time."""
    with world.database.unit_of_work(Reader.SIGN_IN) as session:
        token = begin_session(session, user_id=user_id, tenant_id=world.acme.id, now=NOW)
        end_session(session, token)
        assert signed_in(session, token, now=NOW) is None
        begin_session(session, user_id=user_id, tenant_id=world.acme.id, now=NOW)
        make_link(session, email=RITA, now=NOW)
        forget_ended(session, now=NOW + timedelta(hours=1))
        assert session.execute(select(people.portal_session)).all() == []
        assert session.execute(select(people.sign_in_link)).all() == []
