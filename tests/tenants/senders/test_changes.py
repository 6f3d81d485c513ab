"""Changes of sender lists: none without its author, and none that is half made."""

import pytest

from tenants.list_file import Line
from tenants.refusals import NotFound, Refusal
from tenants.senders.changes import Author, entries_in, list_changes, put_and_note, remove_and_note
from tenants.senders.lists import Listing, list_senders
from tenants.storage.viewpoint import OfTenant
from tests.contracts.customer_world import NOW, CustomerWorld


def test_each_change_names_who_made_it(world: CustomerWorld) -> None:
    """The newest first; of a long list the first twenty and how many more; another tenant sees none of it."""
    author = Author(world.acme.id, "ann@acme.example", NOW)
    many = [f"user{number:02}@s.example" for number in range(25)]
    with world.database.unit_of_work(OfTenant(world.acme.id)) as session:
        assert put_and_note(session, author, Listing.BLOCK, many, "asked for it") == 25
        remove_and_note(session, author, many[:1])
    with world.database.read(OfTenant(world.acme.id)) as session:
        newest, oldest = list_changes(session, tenant_id=world.acme.id, before=None, limit=9)
        assert list_changes(session, tenant_id=world.acme.id, before=newest.id, limit=9) == (oldest,)
        assert len(list_senders(session, tenant_id=world.acme.id)) == 24
    with world.database.read(OfTenant(world.blue_harbour.id)) as session:
        assert list_changes(session, tenant_id=world.blue_harbour.id, before=None, limit=9) == ()
    assert (newest.action, newest.who, newest.details) == (
        "senders.remove",
        "ann@acme.example",
        {"entries": "user00@s.example"},
    )
    assert oldest.action == "senders.block" and oldest.details["entries"].endswith("user19@s.example and 5 more")


def test_what_is_not_there_is_neither_removed_nor_written_down(world: CustomerWorld) -> None:
    """The refusal names it."""
    author = Author(world.acme.id, "ann@acme.example", NOW)
    with pytest.raises(NotFound, match=r"nobody\.example"), world.database.unit_of_work(OfTenant(1)) as session:
        remove_and_note(session, author, ["nobody.example"])
    with world.database.read(OfTenant(world.acme.id)) as session:
        assert list_changes(session, tenant_id=world.acme.id, before=None, limit=9) == ()


def test_a_list_is_taken_whole_or_not_at_all() -> None:
    """Each entry once, in one spelling; the first line that is none is named."""
    lines = [Line(1, "A@b.example"), Line(2, "a@B.example"), Line(5, "not an entry")]
    assert entries_in(lines[:2]) == ["a@b.example"]
    with pytest.raises(Refusal, match=r"Line 5 of the list: .* Nothing was changed\."):
        entries_in(lines)
