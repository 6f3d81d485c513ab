"""The quarantine: looking, searching, releasing, deleting; and hostile mail shown as the text it is."""

import re

import pytest
from starlette.testclient import TestClient

from portal.pages.quarantine.views import fingerprint, is_infected
from tenants.customers.audit import list_actions
from tenants.quarantine.book import FindingNote, HeldState
from tenants.quarantine.message_record import MessageRecord, RecordedArtifact
from tenants.storage.viewpoint import Reader
from tests.servers.portal_world import ENCRYPTED, PortalWorld, hidden_value, token_in

ADAM = "adam@acme.example"
RITA = "rita@acme.example"
REX = "rex@acme.example"
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "{{ 7 * 7 }}{% for i in range(10) %}x{% endfor %}",
    "<style>@import url(https://evil.example)</style>",
    "<base href=https://evil.example/><meta http-equiv=refresh content=0>",
    "javascript:alert(1)",
    "</pre></textarea></title><svg onload=alert(1)>",
    "a\u202egpj.exe\u2066\u200b\x00\x1b[31m\ud800",
    "x" * 5000,
    "<a hx-get=/signout hx-trigger=load>",
)


def _decide(client: TestClient, number: int, step: str, **fields: str) -> int:
    page = client.get(f"/quarantine/{number}/{step}").text
    form = {"form_token": token_in(page), "seen": hidden_value(page, "seen")} | fields
    return client.post(f"/quarantine/{number}/{step}", data=form).status_code


def test_the_list_shows_this_tenants_mail_newest_first(world: PortalWorld) -> None:
    """With reason, sender, recipient and findings; nothing of another tenant's."""
    world.hold(subject="an elder one")
    world.clock.advance(minutes=5)
    world.hold(subject="a younger one", reason="encrypted", findings=(ENCRYPTED,))
    world.hold("blue-harbour", subject="not yours", recipients=("otto@blue-harbour.example",))
    page = world.signed_in(REX).get("/quarantine").text
    assert page.index("a younger one") < page.index("an elder one")
    for shown in ("Infected", "Encrypted", "billing@supplier.example", "anna@acme.example", "zip-encrypted"):
        assert shown in page
    assert "not yours" not in page


def test_an_empty_quarantine_says_so(world: PortalWorld) -> None:
    """And an empty search says that it is one."""
    client = world.signed_in(REX)
    assert "Nothing is held" in client.get("/quarantine").text
    assert "Nothing matches this search" in client.get("/quarantine?text=x").text


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("invoice", True),
        ("INVOICE", True),
        ("supplier overdue", True),
        ("anna@acme", True),
        ("100%", False),
        ("_nvoice", False),
        ("' OR 1=1 --", False),
        ("harbour", False),
    ],
)
def test_search_looks_at_subject_and_addresses(world: PortalWorld, text: str, is_found: bool) -> None:
    """Without a wildcard or a statement in it that would be obeyed."""
    world.hold()
    page = world.signed_in(REX).get("/quarantine", params={"text": text}).text
    assert ("Your invoice 2026-1187" in page) is is_found


def test_pages_follow_each_other(world: PortalWorld) -> None:
    """Each message stands on exactly one page, and the search goes along."""
    numbers = [world.hold(subject=f"message {number:03d}", record=None) for number in range(120)]
    client = world.signed_in(REX)
    address, seen = "/quarantine?text=message", []
    while address:
        page = client.get(address).text
        seen += [int(number) for number in re.findall(r'href="/quarantine/(\d+)"', page)]
        older = re.search(r'href="([^"]+)">Older messages', page)
        address = older[1].replace("&amp;", "&") if older else ""
    assert seen == sorted(numbers, reverse=True)


def test_one_message_is_shown_with_all_that_is_known(world: PortalWorld) -> None:
    """Why it was held, its artifacts with size and digest, its text, its headers, its envelope."""
    number = world.hold()
    page = world.signed_in(REX).get(f"/quarantine/{number}").text
    for shown in (
        "A virus scanner recognised malware",
        "Win.Test.EICAR_HDB-1",
        "invoice-2026-1187.zip",
        "invoice.pdf.exe",
        "by its content: <bdi>application/x-dosexec</bdi>",
        "56" * 32,
        "33 KB",
        "please find attached our invoice",
        "Billing &lt;billing@supplier.example&gt;",
        "203.0.113.9",
        "&lt;1@supplier.example&gt;",
    ):
        assert shown in page, shown
    assert "Your role lets you look" in page
    assert "/release" not in page


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_mail_is_shown_as_text(world: PortalWorld, hostile: str) -> None:
    """In each place that a stranger writes: no markup of theirs, no character that turns or hides, no template run."""
    record = MessageRecord(
        headers=((hostile, hostile),),
        artifacts=(RecordedArtifact(0, None, hostile, hostile, hostile, 1, hostile, f"!{hostile}"),),
        preview=hostile,
    )
    # Reason, engine and severity are words of ours, so a database always takes them.
    word = hostile[:100].replace("\ud800", "")
    findings = (FindingNote(word, hostile, 0, word),)
    number = world.hold(
        reason=word,
        findings=findings,
        subject=hostile,
        reverse_path=hostile,
        recipients=(word.replace("\0", ""),),
        record=record,
    )
    transaction = world.held(number).facts.transaction
    client = world.signed_in(ADAM)
    addresses = [f"/quarantine/{number}{step}" for step in ("", "/release", "/delete")]
    for address in [*addresses, "/quarantine", "/messages", f"/messages/{transaction}"]:
        answer = client.get(address)
        assert answer.status_code == 200
        page = answer.text
        assert page.count("<script") == 1, address
        for markup in ("<img src=x", "<style", "<base", "<svg", "<a hx-get", 'http-equiv="refresh" content=0', "49x"):
            assert markup not in page, address
        assert not set(page) & set("\u202e\u2066\u200b\x00\x1b"), address
        assert "x" * 2001 not in page.replace(page.partition('class="preview"')[2].partition("</pre>")[0], ""), address


def test_a_record_that_cannot_be_read_leaves_the_rest(world: PortalWorld) -> None:
    """The page says that there is none, and the message can still be released."""
    number = world.hold(reason="encrypted", findings=(ENCRYPTED,), record=None)
    page = world.signed_in(RITA).get(f"/quarantine/{number}").text
    assert "There is no readable record" in page
    assert f"/quarantine/{number}/release" in page


def test_a_lost_record_is_not_a_failure(world: PortalWorld) -> None:
    """Also when the blob is gone from the store."""
    number = world.hold()
    world.sealed.delete(list(world.sealed.names()))
    answer = world.signed_in(RITA).get(f"/quarantine/{number}")
    assert answer.status_code == 200
    assert "There is no readable record" in answer.text


def test_a_release_is_asked_for_carried_out_and_shown(world: PortalWorld) -> None:
    """From the button to the tenant server's reply."""
    number = world.hold(reason="encrypted", findings=(ENCRYPTED,))
    client = world.signed_in(RITA)
    assert "zip-encrypted" in client.get(f"/quarantine/{number}/release").text
    assert _decide(client, number, "release") == 303
    held = world.held(number)
    assert (held.state, held.requested_by, held.override) == (
        HeldState.RELEASE_REQUESTED,
        RITA,
        ("zip-encrypted",),
    )
    page = client.get(f"/quarantine/{number}").text
    assert "Release asked" in page
    assert 'hx-trigger="every 2s"' in page
    assert world.carry_out_releases(reply="250 2.0.0 Ok: queued as 4F2B1") == 1
    page = client.get(f"/quarantine/{number}").text
    assert "250 2.0.0 Ok: queued as 4F2B1" in page
    assert "every 2s" not in page
    assert world.held(number).state is HeldState.RELEASED
    assert "Your invoice" in client.get("/quarantine?state=released").text
    assert "Your invoice" not in client.get("/quarantine").text


def test_a_release_that_came_to_nothing_says_why(world: PortalWorld) -> None:
    """The message is held again and can be released again."""
    number = world.hold(reason="encrypted", findings=(ENCRYPTED,))
    client = world.signed_in(RITA)
    assert _decide(client, number, "release") == 303
    world.carry_out_releases(failure="Scanned again: Win.Trojan.Agent-1 was found.")
    page = client.get(f"/quarantine/{number}").text
    assert "Win.Trojan.Agent-1 was found" in page
    assert "still held" in page
    assert f"/quarantine/{number}/release" in page


def test_a_second_release_changes_nothing(world: PortalWorld) -> None:
    """Whoever presses late is led to the page that shows how it stands."""
    number = world.hold(reason="encrypted", findings=(ENCRYPTED,))
    rita, adam = world.signed_in(RITA), world.signed_in(ADAM)
    late = adam.get(f"/quarantine/{number}/release").text
    assert _decide(rita, number, "release") == 303
    form = {"form_token": token_in(late), "seen": hidden_value(late, "seen")}
    answer = adam.post(f"/quarantine/{number}/release", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/quarantine/{number}")
    assert world.held(number).requested_by == RITA
    assert adam.get(f"/quarantine/{number}/release").status_code == 303


@pytest.mark.parametrize("step", ["release", "delete"])
def test_an_infected_message_takes_an_administrator(world: PortalWorld, step: str) -> None:
    """A reviewer sees why not, and cannot do it by address or by form either."""
    number = world.hold()
    client = world.signed_in(RITA)
    assert "Only an administrator or owner" in client.get(f"/quarantine/{number}").text
    assert client.get(f"/quarantine/{number}/{step}").status_code == 403
    form = {"form_token": token_in(client.get("/tenant").text), "accept": "yes"}
    form["seen"] = fingerprint(world.held(number))
    assert client.post(f"/quarantine/{number}/{step}", data=form).status_code == 403
    assert world.held(number).state is HeldState.HELD


def test_an_infected_message_takes_a_tick(world: PortalWorld) -> None:
    """The step names what was found, and asks for the tick again when it is missing."""
    number = world.hold()
    client = world.signed_in(ADAM)
    page = client.get(f"/quarantine/{number}/release").text
    assert page.count("Win.Test.EICAR_HDB-1") >= 2
    assert _decide(client, number, "release") == 422
    assert world.held(number).state is HeldState.HELD
    assert _decide(client, number, "release", accept="yes") == 303
    assert world.held(number).override == ("Win.Test.EICAR_HDB-1",)


def test_what_was_not_seen_is_not_released(world: PortalWorld) -> None:
    """A form that was made for other findings is shown the present ones first."""
    number = world.hold(reason="encrypted", findings=(ENCRYPTED,))
    client = world.signed_in(RITA)
    assert _decide(client, number, "release", seen="of another time") == 409
    assert world.held(number).state is HeldState.HELD


def test_a_deletion_is_for_good(world: PortalWorld) -> None:
    """After its step; the page keeps saying what was there, and nothing can be done to it."""
    number = world.hold(reason="encrypted", findings=(ENCRYPTED,))
    client = world.signed_in(RITA)
    assert _decide(client, number, "delete") == 303
    assert world.held(number).state is HeldState.DELETED
    page = client.get(f"/quarantine/{number}").text
    assert "Its content is gone" in page
    assert "please find attached" not in page
    assert client.get(f"/quarantine/{number}/delete").status_code == 303
    assert client.get(f"/quarantine/{number}/release").status_code == 303


def test_what_people_do_is_written_down(world: PortalWorld) -> None:
    """Who, what, to which message."""
    number = world.hold(reason="encrypted", findings=(ENCRYPTED,))
    client = world.signed_in(RITA)
    _decide(client, number, "release")
    _decide(client, world.hold(reason="encrypted", findings=()), "delete")
    with world.database.read(Reader.OPERATOR) as session:
        entries = list_actions(session, tenant_id=world.tenants["acme"])
    assert [(entry.who, entry.action) for entry in entries[:2]] == [
        (RITA, "quarantine.delete"),
        (RITA, "quarantine.release"),
    ]
    assert entries[1].subject == str(number)
    assert entries[1].details["findings"] == "zip-encrypted"


@pytest.mark.parametrize(
    ("reason", "severity", "expected"),
    [
        ("infected", "infected", True),
        ("undeliverable", "infected", True),
        ("infected", "spam", True),
        ("encrypted", "encrypted", False),
        ("unscannable", "suspicious", False),
    ],
)
def test_malware_anywhere_makes_it_infected(world: PortalWorld, reason: str, severity: str, expected: bool) -> None:
    """Whatever the reason says for which the copy was held."""
    number = world.hold(reason=reason, findings=(FindingNote("yara", "x", 0, severity),))
    assert is_infected(world.held(number)) is expected
