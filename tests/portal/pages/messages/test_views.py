"""Recent messages: the list, one message's way, and nothing of other tenants."""

import re

import pytest

from tenants.storage.viewpoint import Reader
from tenants.trace.book import record_events
from tenants.trace.events import EVENT_KINDS, Event, MessageReceived, UnknownEvent
from tenants.trace.form import from_json
from tests.servers.portal_world import PortalWorld

REX = "rex@acme.example"
FIELDS = {
    "fields": ["Pratique-Stamp"],
    "step": "header",
    "seconds": 0.25,
    "changes": ["- Pratique-Stamp"],
    "notice": "1" * 22,
    "shown_by": "SPF of supplier.example",
    "recipient": "anna@acme.example",
    "reply": "250 2.0.0 Ok",
    "reason": "infected",
    "held": 1,
    "delivery": 1,
    "attempt": 3,
    "result": "timed out",
    "who": "rita@acme.example",
    "agent": "authentication",
    "hook": "message",
    "fact": "dmarc",
    "value": "pass",
    "verdict": "clean",
    "override": ["zip-encrypted"],
    "findings": ["zip-encrypted"],
    "reverse_path": "b@lawfirm.example",
    "recipients": ["anna@acme.example"],
    "message_id": "<1@x>",
    "subject": "s",
    "octets": 5,
    "client_address": "203.0.113.9",
}


def test_the_list_shows_what_became_of_each_message(world: PortalWorld) -> None:
    """Newest first, delivered and held, of this tenant alone."""
    world.deliver(subject="Lunch on Friday?")
    world.clock.advance(minutes=5)
    world.hold(subject="An invoice")
    world.deliver("blue-harbour", subject="not yours")
    page = world.signed_in(REX).get("/messages").text
    assert page.index("An invoice") < page.index("Lunch on Friday?")
    assert "Delivered" in page
    assert ">Held<" in page
    assert "not yours" not in page


def test_an_empty_list_says_so(world: PortalWorld) -> None:
    """And an empty search says that it is one."""
    client = world.signed_in(REX)
    assert "No mail yet" in client.get("/messages").text
    assert "Nothing matches this search" in client.get("/messages?text=x").text


def test_one_messages_way_is_shown_event_by_event(world: PortalWorld) -> None:
    """With the reply of the tenant's server."""
    transaction = world.deliver()
    page = world.signed_in(REX).get(f"/messages/{transaction}").text
    for shown in ("Received from", "over TLSv1.3", "Scanned: clean", "250 2.0.0 Ok: queued as 4F2B1", transaction):
        assert shown in page


def test_a_held_messages_way_leads_to_the_quarantine(world: PortalWorld) -> None:
    """Where a person decides."""
    number = world.hold()
    page = world.signed_in(REX).get(f"/messages/{world.held(number).facts.transaction}").text
    assert f'href="/quarantine/{number}"' in page
    assert "The sender was told" in page


@pytest.mark.parametrize("kind", [kind for kind in EVENT_KINDS if kind not in (UnknownEvent, MessageReceived)])
def test_every_kind_of_event_has_its_sentence(world: PortalWorld, kind: type[Event]) -> None:
    """A kind that is added to the trace without a sentence here fails."""
    transaction = world.deliver()
    at = world.clock.now.isoformat()
    record = {"event": kind.name, "at": at, "next_attempt_at": at, "expires_at": at, **FIELDS}
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        record_events(session, [from_json(record, transaction, world.tenants["acme"])])
    answer = world.signed_in(REX).get(f"/messages/{transaction}")
    assert answer.status_code == 200
    assert "does not know" not in answer.text


def test_findings_name_their_engine_and_ambiguities_say_what_they_mean(world: PortalWorld) -> None:
    """And a note says what else was done with a copy."""
    transaction = world.deliver()
    record = {
        "at": world.clock.now.isoformat(),
        "event": "examined",
        "verdict": "infected",
        "findings": ["Worm.X"],
        "found_by": ["clamd: Worm.X"],
        "ambiguities": ["bare-lf"],
        "explanations": ["Its lines end in two ways."],
    }
    kept = {
        "event": "copy-accepted",
        "at": record["at"],
        "recipient": "a@acme.example",
        "reply": "250",
        "note": "n-o-t-e",
    }
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        record_events(session, [from_json(each, transaction, world.tenants["acme"]) for each in (record, kept)])
    page = world.signed_in(REX).get(f"/messages/{transaction}").text
    assert "clamd: Worm.X" in page and "Its lines end in two ways." in page and "n-o-t-e." in page


def test_an_event_of_a_newer_release_is_shown_as_such(world: PortalWorld) -> None:
    """The rest of the way stays readable."""
    transaction = world.deliver()
    unknown = UnknownEvent(transaction, world.tenants["acme"], world.clock.now, "teleported")
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        record_events(session, [unknown])
    answer = world.signed_in(REX).get(f"/messages/{transaction}")
    assert answer.status_code == 200
    assert "does not know" in answer.text


def test_pages_follow_each_other(world: PortalWorld) -> None:
    """Each message stands on exactly one page."""
    made = [world.deliver(subject=f"message {number:03d}") for number in range(120)]
    client = world.signed_in(REX)
    address, seen = "/messages?text=message", []
    while address:
        page = client.get(address).text
        seen += re.findall(r'href="/messages/(\d+)"', page)
        older = re.search(r'href="([^"]+)">Older messages', page)
        address = older[1].replace("&amp;", "&") if older else ""
    assert seen == sorted(made, reverse=True)
