"""The statements that the two databases spell differently; above all: no row is leased twice."""

from dataclasses import replace

import pytest
from sqlalchemy import func, insert, select

from tenants.refusals import AlreadyExists
from tenants.storage.statements import insert_if_absent, insert_new, insert_or_complete, replace_row
from tenants.storage.tables import engines, people
from tenants.storage.viewpoint import Reader
from tenants.trace.messages import get_message, remember_messages
from tests.contracts.customer_world import NOW, CustomerWorld
from tests.contracts.leases import assert_leased_once


def test_two_processes_never_lease_the_same_of_10000_rows(world: CustomerWorld, database_url: str) -> None:
    """And together they lease all of them."""
    assert_leased_once(world, database_url, rows=10_000, processes=2)


def test_a_conflict_is_a_refusal_and_spoils_nothing_else(world: CustomerWorld) -> None:
    """What the same transaction did before it stays."""
    user = {"email": "rita@acme.example", "created_at": NOW}
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        insert_new(session, people.app_user, user, "unused")
        with pytest.raises(AlreadyExists, match="She is there already"):
            insert_new(session, people.app_user, user, "She is there already.")
    with world.database.read(Reader.OPERATOR) as session:
        assert session.scalar(select(func.count()).select_from(people.app_user)) == 1


def test_rows_that_are_there_stay_as_they_are(world: CustomerWorld) -> None:
    """The others are added; no rows are no statement."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        session.execute(insert(people.app_user).values(email="a@acme.example", created_at=NOW))
        rows = [{"email": f"{name}@acme.example", "created_at": NOW} for name in "ab"]
        insert_if_absent(session, people.app_user, rows)
        insert_if_absent(session, people.app_user, [])
        assert session.scalars(select(people.app_user.c.email).order_by(people.app_user.c.email)).all() == [
            "a@acme.example",
            "b@acme.example",
        ]


def test_a_row_that_lacks_something_is_completed(world: CustomerWorld) -> None:
    """Only what it lacks is given to it, and only once."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        facts = world.facts()
        for verdict, subject in (("", "first"), ("clean", "second"), ("infected", "third")):
            remember_messages(session, [replace(facts, verdict=verdict, subject=subject)])
        known = get_message(session, tenant_id=None, transaction=facts.transaction)
        insert_or_complete(session, people.app_user, [], missing="email")
    assert (known.verdict, known.subject) == ("clean", "first")


def test_a_row_is_replaced_by_its_key(world: CustomerWorld) -> None:
    """The second report of a node's engine takes the place of the first."""
    keys = {"node": "mx1", "engine": "yara"}
    values = {
        "version": "1",
        "signature_version": "",
        "state": "ready",
        "is_confined": True,
        "scans": 1,
        "detections": 0,
        "reported_at": NOW,
    }
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        replace_row(session, engines.engine_state, keys, values)
        replace_row(session, engines.engine_state, keys, values | {"scans": 2})
        assert session.scalars(select(engines.engine_state.c.scans)).all() == [2]
