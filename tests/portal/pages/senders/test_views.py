"""Sender lists in the portal: looked through, searched, added to, removed from, taken from a file; by those who may."""

import pytest
from httpx2 import Response

from tenants.policies.book import change_tenant_policy
from tenants.senders.lists import Listing, list_senders, put_senders
from tenants.storage.viewpoint import Reader
from tests.servers.portal_world import PortalWorld, token_in

ADAM, RITA, REX = "adam@acme.example", "rita@acme.example", "rex@acme.example"


def put(world: PortalWorld, listing: Listing, *entries: str, tenant: str = "acme") -> None:
    """Have these entries on a list."""
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        put_senders(
            session,
            tenant_id=world.tenants[tenant],
            listing=listing,
            entries=entries,
            now=world.clock.now,
            who="command line",
        )


def listed(world: PortalWorld, tenant: str = "acme") -> list[tuple[str, str, str, str]]:
    """All entries: entry, listing, note, by whom."""
    with world.database.read(Reader.OPERATOR) as session:
        rows = list_senders(session, tenant_id=world.tenants[tenant])
    return [(each.entry, each.listing.value, each.note, each.added_by) for each in rows]


def send(
    world: PortalWorld, path: str, form: dict[str, str], email: str = ADAM, upload: bytes | None = None
) -> Response:
    """What this person gets for this form."""
    client = world.signed_in(email)
    data = {"form_token": token_in(client.get("/tenant").text), **form}
    files = None if upload is None else {"file": ("senders.csv", upload, "text/csv")}
    return client.post(path, data=data, files=files)


def test_both_lists_are_shown_in_one_order(world: PortalWorld) -> None:
    """The tenant's own alone; a reader sees no forms; who they are has been asked of the policy."""
    put(world, Listing.BLOCK, "spam.example", "203.0.113.0/24")
    put(world, Listing.ALLOW, "ann@supplier.example")
    put(world, Listing.BLOCK, "not-ours.example", tenant="blue-harbour")
    page = world.signed_in(REX).get("/senders").text
    assert page.index("203.0.113.0/24") < page.index("ann@supplier.example") < page.index("spam.example")
    assert "not-ours" not in page and "1 allowed, 2 blocked" in page and "Add senders" not in page
    assert "do not count yet" in page and "An administrator can" in page
    assert "spam" not in world.signed_in(REX).get("/senders?listing=allow").text.partition('id="listed"')[2]
    assert world.signed_in(REX).get("/senders?listing=nonsense").status_code == 422
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        entries = {"agents": ["sender-lists"]}
        change_tenant_policy(session, tenant_id=world.tenants["acme"], entries=entries, now=world.clock.now)
    assert "do not count yet" not in world.signed_in(REX).get("/senders").text


def test_a_search_says_what_a_sender_falls_under(world: PortalWorld) -> None:
    """The entry that counts, and those that it goes before; beside them the entries that begin so."""
    put(world, Listing.BLOCK, "supplier.example", "203.0.113.0/24")
    put(world, Listing.ALLOW, "ann@supplier.example")
    client = world.signed_in(REX)
    page = client.get("/senders?text=Ann@supplier.example").text
    assert "is allowed by" in page and "It goes before <bdi>supplier.example</bdi> (blocked)" in page
    assert "is blocked by" in client.get("/senders?text=mail.supplier.example").text
    assert "is blocked by" in client.get("/senders?text=203.0.113.9").text
    page = client.get("/senders?text=an").text
    assert "ann@supplier.example" in page and "203.0.113" not in page and " by <strong>" not in page
    assert "No entry begins so" in client.get("/senders?text=zz").text


def test_pages_follow_each_other(world: PortalWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is shown twice, and the way back is there."""
    monkeypatch.setattr("portal.pages.senders.views.PAGE_ROWS", 2)
    put(world, Listing.BLOCK, "a.example", "c.example")
    put(world, Listing.ALLOW, "b.example")
    client = world.signed_in(REX)
    first = client.get("/senders").text
    assert "b.example" in first and "c.example" not in first and "behind=b.example" in first
    second = client.get("/senders?behind=b.example").text
    assert "c.example" in second and "a.example" not in second and "First</a>" in second


def test_entries_are_added_one_a_line_with_their_author(world: PortalWorld) -> None:
    """In their one spelling; the page then says how many."""
    form = {"entries": "Ann@Supplier.example\r\n\r\n*.spam.example\r\n", "listing": "block", "note": " asked for it "}
    answer = send(world, "/senders", form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/senders?changed=block&count=2")
    assert listed(world) == [
        ("ann@supplier.example", "block", "asked for it", ADAM),
        ("spam.example", "block", "asked for it", ADAM),
    ]
    client = world.signed_in(REX)
    assert "2 blocked." in client.get("/senders?changed=block&count=2").text
    page = client.get("/senders/changes").text
    assert ADAM in page and " blocked <bdi>ann@supplier.example spam.example</bdi>" in " ".join(page.split())


@pytest.mark.parametrize("upload", [None, b"good.example\r\nnot an entry\r\n"], ids=["typed", "file"])
def test_what_is_no_entry_is_named_and_nothing_is_changed(world: PortalWorld, upload: bytes | None) -> None:
    """What was typed stands there still, to be put right."""
    form = {"listing": "allow", "note": "auditors"}
    if upload is None:
        answer = send(world, "/senders", form | {"entries": "good.example\r\nnot an entry"})
    else:
        answer = send(world, "/senders/file", form, upload=upload)
    assert answer.status_code == 422 and "Line 2 of the list" in answer.text and "auditors" in answer.text
    assert listed(world) == [] and "Nothing was changed yet" in world.signed_in(REX).get("/senders/changes").text


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"entries": " \r\n ", "listing": "allow"}, "There was no entry in it."),
        ({"entries": "a.example", "listing": "nonsense"}, "A value was missing or not possible"),
        ({"entries": "a.example"}, "A value was missing or not possible"),
    ],
)
def test_a_form_that_says_nothing_changes_nothing(world: PortalWorld, form: dict[str, str], sentence: str) -> None:
    """422, with what is amiss."""
    answer = send(world, "/senders", form)
    assert answer.status_code == 422 and sentence in answer.text and listed(world) == []


def test_a_file_is_taken_whole(world: PortalWorld) -> None:
    """The first field of each line; a heading is none. One that is no text is refused."""
    raw = b"\xef\xbb\xbfSender,Since\r\n" + b"".join(b"user%04d@s.example,2026\r\n" % number for number in range(1500))
    assert send(world, "/senders/file", {"listing": "allow"}, upload=raw).status_code == 303
    assert len(listed(world)) == 1000 and "1,500 allowed" in world.signed_in(REX).get("/senders").text
    assert "cannot be read as text" in send(world, "/senders/file", {"listing": "allow"}, upload=b"\xff\xfe").text


def test_an_entry_is_removed_once(world: PortalWorld) -> None:
    """Whoever comes second is told the same, and nothing is written down twice; another tenant's stays."""
    put(world, Listing.BLOCK, "a.example")
    put(world, Listing.BLOCK, "a.example", tenant="blue-harbour")
    for _ in range(2):
        answer = send(world, "/senders/remove", {"entry": "a.example", "text": "a", "listing": "block"})
        assert (answer.status_code, answer.headers["location"]) == (
            303,
            "/senders?text=a&listing=block&changed=removed",
        )
    assert listed(world) == [] and len(listed(world, "blue-harbour")) == 1
    assert world.signed_in(REX).get("/senders/changes").text.count("removed ") == 1


@pytest.mark.parametrize("email", [RITA, REX])
def test_only_administrators_change_lists(world: PortalWorld, email: str) -> None:
    """For others a file is not even read."""
    put(world, Listing.BLOCK, "a.example")
    form = {"entries": "b.example", "entry": "a.example", "listing": "allow"}
    assert send(world, "/senders", form, email).status_code == 403
    assert send(world, "/senders/remove", form, email).status_code == 403
    assert send(world, "/senders/file", form, email, upload=b"b.example" * 1_000_000).status_code == 403
    assert [entry for entry, *_ in listed(world)] == ["a.example"]


def test_an_older_page_of_changes_follows_the_newest(world: PortalWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Newest first."""
    monkeypatch.setattr("portal.pages.senders.views.PAGE_ROWS", 1)
    for name in ("first.example", "second.example"):
        send(world, "/senders", {"entries": name, "listing": "block"})
    client = world.signed_in(REX)
    newest = client.get("/senders/changes").text
    assert "second.example" in newest and "first.example" not in newest
    address = newest.partition('href="/senders/changes?')[2].partition('"')[0]
    older = client.get("/senders/changes?" + address).text
    assert "first.example" in older and "second.example" not in older
