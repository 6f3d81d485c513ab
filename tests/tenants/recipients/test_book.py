"""Who is known of a domain, from where, and for how long."""

from datetime import timedelta

import pytest

from tenants.domains.book import add_domain
from tenants.recipients.book import (
    KNOWN_FOR,
    UNKNOWN_FOR,
    KnownRecipient,
    Source,
    count_recipients,
    list_recipients,
    note_answer,
    note_probe,
    recipient_of,
    replace_list,
    set_source,
    source_of,
)
from tenants.refusals import Refusal
from tenants.storage.database import Database
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld


@pytest.fixture
def ids(world: CustomerWorld) -> dict[str, int]:
    """The tenant and the domain that the recipients are of."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        own = {"tenant_id": world.acme.id, "routes": ("smtp://10.0.0.1",), "service": "mx.example"}
        domain = add_domain(session, **own, name="acme.example", verified_at=NOW, now=NOW)  # type: ignore[arg-type]
    return {"tenant_id": world.acme.id, "domain_id": domain.id}


def test_what_a_call_out_learned_is_kept_for_a_while(database: Database, ids: dict[str, int]) -> None:
    """24 hours for who is known, 15 minutes for who is not; case does not count."""
    with database.unit_of_work(Reader.OPERATOR) as session:
        note_answer(session, **ids, local_part="Ann", refusal=None, now=NOW)
        note_answer(session, **ids, local_part="nobody", refusal="550 5.1.1 no", now=NOW)
    with database.read(Reader.OPERATOR) as session:
        ann, nobody = (recipient_of(session, ids["domain_id"], name) for name in ("aNN", "nobody"))
        assert recipient_of(session, ids["domain_id"], "other") is None
        assert count_recipients(session, ids["domain_id"]) == 1
    assert ann is not None and ann.is_known
    assert nobody is not None and (nobody.is_known, nobody.refusal) == (False, "550 5.1.1 no")
    second = timedelta(seconds=1)
    assert ann.is_fresh(NOW + KNOWN_FOR - second) and not ann.is_fresh(NOW + KNOWN_FOR)
    assert nobody.is_fresh(NOW + UNKNOWN_FOR - second) and not nobody.is_fresh(NOW + UNKNOWN_FOR)


def test_a_domain_that_takes_everybody_is_remembered_since_when(database: Database, ids: dict[str, int]) -> None:
    """A later probe renews it, and one that fails ends it."""
    later = NOW + timedelta(hours=25)
    with database.unit_of_work(Reader.OPERATOR) as session:
        note_probe(session, **ids, takes_all=True, now=NOW)
        note_probe(session, **ids, takes_all=True, now=later)
        source = source_of(session, ids["domain_id"])
        assert (source.takes_all_since, source.probed_at) == (NOW, later)
        note_probe(session, **ids, takes_all=False, now=later)
        assert source_of(session, ids["domain_id"]).takes_all_since is None


def test_a_list_is_the_truth_about_a_domain(database: Database, ids: dict[str, int]) -> None:
    """Whatever a call-out had learned before."""
    with database.unit_of_work(Reader.OPERATOR) as session:
        note_answer(session, **ids, local_part="old", refusal=None, now=NOW)
        change = replace_list(session, **ids, local_parts=["Ann", "ben"], now=NOW)
        assert (change.added, change.removed, change.kept) == (2, 0, 0)
        assert source_of(session, ids["domain_id"]).source is Source.LIST
        assert list_recipients(session, ids["domain_id"]) == (
            KnownRecipient("ann", True, Source.LIST, NOW),
            KnownRecipient("ben", True, Source.LIST, NOW),
        )


def test_a_list_that_would_remove_many_is_not_applied(database: Database, ids: dict[str, int]) -> None:
    """People are told, and nothing changes, unless it is meant."""
    many = [f"user{number}" for number in range(1000)]
    with database.unit_of_work(Reader.OPERATOR) as session:
        replace_list(session, **ids, local_parts=many, now=NOW)
        replace_list(session, **ids, local_parts=many[100:], now=NOW)
    for wrong, sentence in ((many[300:], "200 of 900"), ([], "empty")):
        with pytest.raises(Refusal, match=sentence), database.unit_of_work(Reader.OPERATOR) as session:
            replace_list(session, **ids, local_parts=wrong, now=NOW)
    with database.unit_of_work(Reader.OPERATOR) as session:
        assert count_recipients(session, ids["domain_id"]) == 900
        replace_list(session, **ids, local_parts=["ann"], now=NOW, may_remove_many=True)
        assert count_recipients(session, ids["domain_id"]) == 1


def test_the_source_can_be_chosen(database: Database, ids: dict[str, int]) -> None:
    """And starts afresh."""
    with database.unit_of_work(Reader.OPERATOR) as session:
        note_probe(session, **ids, takes_all=True, now=NOW)
        set_source(session, **ids, source=Source.ACCEPT_ALL)
        source = source_of(session, ids["domain_id"])
        assert (source.source, source.takes_all_since, source.probed_at) == (Source.ACCEPT_ALL, None, None)
