"""Sender lists: spelling, the narrowest entry, both databases, many rows."""

import pytest
from sqlalchemy import text

from tenants.refusals import NotFound, Refusal
from tenants.senders.lists import (
    MOST_KEYS,
    Listing,
    canonical_entry,
    count_senders,
    fitting,
    keys_of,
    list_senders,
    narrowest,
    put_senders,
    remove_senders,
)
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW, CustomerWorld


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        (" Ann@Supplier.Example ", "ann@supplier.example"),
        ("*.Supplier.example.", "supplier.example"),
        (".supplier.example", "supplier.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("203.0.113.9", "203.0.113.9/32"),
        ("203.0.113.9/24", "203.0.113.0/24"),
        ("2001:DB8::1", "2001:db8::1/128"),
        ("2001:db8::1/32", "2001:db8::/32"),
    ],
)
def test_an_entry_has_one_spelling(written: str, spelled: str) -> None:
    """However it is written."""
    assert canonical_entry(written) == spelled


@pytest.mark.parametrize("written", ["", "@", "ann@", "a b.example", "10.0.0.0/4", "::/0", "2001:db8::/100", "x" * 400])
def test_what_is_no_entry_is_refused(written: str) -> None:
    """Also networks so large that they would be half the world, and those that no look-up asks for."""
    with pytest.raises(Refusal):
        canonical_entry(written)


@pytest.mark.parametrize(
    ("address", "client", "begins"),
    [
        ("Ann@mail.Supplier.example", "", ["ann@mail.supplier.example", "mail.supplier.example", "supplier.example"]),
        ("", "203.0.113.9", ["203.0.113.9/32", "203.0.113.8/31"]),
        ("", "::ffff:203.0.113.9", ["203.0.113.9/32"]),
        ("", "2001:db8::1", ["2001:db8::1/128", "2001:db8::/64"]),
        ("ann@[203.0.113.9]", "", []),
        ("@@", "nobody", []),
    ],
)
def test_the_narrowest_key_stands_first(address: str, client: str, begins: list[str]) -> None:
    """And whatever a client says of itself gives keys, or none, but no error."""
    keys = keys_of(address, client)
    assert list(keys[: len(begins)]) == begins and (begins or not keys)


def test_there_are_never_more_keys_than_a_query_takes() -> None:
    """Not for the longest domain there can be, from the widest address there is."""
    assert len(keys_of("a@" + "x." * 120 + "example", "2001:db8:1:2:3:4:5:6")) <= MOST_KEYS


def test_the_narrowest_entry_counts(world: CustomerWorld) -> None:
    """One colleague is allowed out of a blocked domain; a blocked network gives way to both."""
    own = {"tenant_id": world.acme.id, "now": NOW, "who": "ann"}
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        put_senders(session, **own, listing=Listing.ALLOW, entries=["ann@supplier.example"])  # type: ignore[arg-type]
        put_senders(session, **own, listing=Listing.BLOCK, entries=["supplier.example", "203.0.113.0/24"])  # type: ignore[arg-type]

        def said(address: str, client: str = "") -> Listing | None:
            found = narrowest(session, tenant_id=world.acme.id, keys=keys_of(address, client))
            return found and found.listing

        assert said("Ann@supplier.example", "203.0.113.9") is Listing.ALLOW
        assert said("bob@mail.supplier.example") is Listing.BLOCK
        assert said("bob@other.example", "203.0.113.9") is Listing.BLOCK
        assert said("bob@other.example", "203.0.114.9") is None
        assert said("") is None
        assert narrowest(session, tenant_id=world.blue_harbour.id, keys=keys_of("ann@supplier.example")) is None


def test_entries_are_listed_counted_and_removed(world: CustomerWorld) -> None:
    """In their order, page by page; one that is not there is named, and nothing is removed then."""
    many = [f"user{number:04}@supplier.example" for number in range(1234)]
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        put_senders(session, tenant_id=world.acme.id, listing=Listing.BLOCK, entries=many, now=NOW, who="ann", note="x")
        assert count_senders(session, tenant_id=world.acme.id) == {Listing.ALLOW: 0, Listing.BLOCK: 1234}
        page = list_senders(session, tenant_id=world.acme.id, behind="user0999@supplier.example", limit=2)
        assert [each.entry for each in page] == ["user1000@supplier.example", "user1001@supplier.example"]
        assert len(list_senders(session, tenant_id=world.acme.id, begins="user12")) == 34
    with pytest.raises(NotFound, match=r"nobody\.example"), world.database.unit_of_work(Reader.OPERATOR) as session:
        remove_senders(session, tenant_id=world.acme.id, entries=[many[0], "nobody.example"])
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        remove_senders(session, tenant_id=world.acme.id, entries=[many[0]])
        assert count_senders(session, tenant_id=world.acme.id)[Listing.BLOCK] == 1233


def _plan(world: CustomerWorld, asked: str) -> list[str]:
    """How the database answers this where acme has 5,000 entries."""
    many = [f"user{number:04}@supplier.example" for number in range(5000)]
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        put_senders(session, tenant_id=world.acme.id, listing=Listing.BLOCK, entries=many, now=NOW, who="ann")
    asked = asked.replace(":acme", str(world.acme.id))
    with world.database.engine.begin() as connection:
        if world.database.is_sqlite:
            return [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {asked}"))]
        connection.execute(text("ANALYZE listed_sender"))
        return list(connection.execute(text(f"EXPLAIN {asked}")).scalars())


def test_a_look_up_goes_along_the_key(world: CustomerWorld) -> None:
    """So that millions of rows cost what one does: the plan names the primary key and reads no whole table."""
    keys = ", ".join(f"'{key}'" for key in keys_of("ann@supplier.example", "203.0.113.9"))
    plan = _plan(world, f"SELECT * FROM listed_sender WHERE tenant_id = :acme AND entry IN ({keys})")
    expected = "tenant_id=? AND entry=?" if world.database.is_sqlite else "pk_listed_sender"
    assert any(expected in line for line in plan), plan


def test_a_page_goes_along_its_index(world: CustomerWorld) -> None:
    """The last of a million pages costs what the first does; nothing is sorted."""
    asked = "SELECT * FROM listed_sender WHERE tenant_id = :acme AND listing = 'block' AND entry > 'user47'"
    plan = _plan(world, f"{asked} ORDER BY entry LIMIT 51")
    assert any("ix_listed_sender_tenant_id_listing_entry" in line for line in plan), plan
    assert not any("Sort" in line or "TEMP B-TREE" in line for line in plan), plan


def test_a_page_is_of_one_list_or_of_both(world: CustomerWorld) -> None:
    """Both are woven into one order, and counting ends where it is told to."""
    own = {"tenant_id": world.acme.id, "now": NOW, "who": "ann"}
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        put_senders(session, **own, listing=Listing.ALLOW, entries=["b.example", "d.example"])  # type: ignore[arg-type]
        put_senders(session, **own, listing=Listing.BLOCK, entries=["a.example", "c.example", "e.example"])  # type: ignore[arg-type]

        def names(**how: object) -> list[str]:
            return [each.entry[0] for each in list_senders(session, tenant_id=world.acme.id, **how)]  # type: ignore[arg-type]

        assert names(limit=3) == ["a", "b", "c"] and names(behind="c.example") == ["d", "e"]
        assert names(listing=Listing.ALLOW) == ["b", "d"]
        assert count_senders(session, tenant_id=world.acme.id, most=2) == {Listing.ALLOW: 2, Listing.BLOCK: 2}


def test_a_sender_falls_under_the_narrowest_entry_first(world: CustomerWorld) -> None:
    """Those that do not count because of it follow."""
    own = {"tenant_id": world.acme.id, "now": NOW, "who": "ann"}
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        put_senders(session, **own, listing=Listing.BLOCK, entries=["supplier.example"])  # type: ignore[arg-type]
        put_senders(session, **own, listing=Listing.ALLOW, entries=["ann@supplier.example"])  # type: ignore[arg-type]
        found = fitting(session, tenant_id=world.acme.id, keys=keys_of("Ann@supplier.example"))
        assert [each.entry for each in found] == ["ann@supplier.example", "supplier.example"]
        assert fitting(session, tenant_id=world.acme.id, keys=()) == ()
