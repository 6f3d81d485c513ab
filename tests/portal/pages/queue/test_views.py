"""The queue in the portal: listed, shown, tried again, held back, dropped; by those who may."""

import pytest

from tenants.customers.audit import list_actions
from tenants.queue.book import DeliveryState, lease_due
from tenants.storage.viewpoint import Reader
from tests.servers.portal_world import PortalWorld, token_in

RITA, ADAM, REX = "rita@acme.example", "adam@acme.example", "rex@acme.example"


def press(world: PortalWorld, email: str, path: str) -> tuple[int, str]:
    """The status and the text that this person gets for this button."""
    client = world.signed_in(email)
    answer = client.post(path, data={"form_token": token_in(client.get("/tenant").text)})
    return answer.status_code, answer.text


def test_what_waits_is_listed_with_the_last_answer(world: PortalWorld) -> None:
    """The tenant's own alone; narrowed by words and by state."""
    world.queue("blue-harbour", subject="Not ours", recipient="otto@blue-harbour.example")
    world.queue(subject="Minutes", last_reply="451 4.3.0 Try again later")
    client = world.signed_in(REX)
    page = client.get("/queue").text
    assert "Minutes" in page and "451 4.3.0 Try again later" in page and "Not ours" not in page
    assert "Nothing matches" in client.get("/queue?text=elsewhere").text
    assert "Nothing to show" in client.get("/queue?state=dropped").text
    assert "Nothing waits" in world.signed_in("mara@both.example").get("/queue?state=waiting&before=1").text
    for wrong in ("state=nonsense", "before=x"):
        assert client.get(f"/queue?{wrong}").status_code == 422


def test_an_older_page_follows_the_newest(world: PortalWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is shown twice."""
    monkeypatch.setattr("portal.pages.queue.views.PAGE_ROWS", 2)
    for number in range(3):
        world.queue(subject=f"Letter {number}")
    client = world.signed_in(REX)
    newest = client.get("/queue").text
    assert "Letter 2" in newest and "Letter 0" not in newest
    older = client.get("/queue?state=waiting&before=2").text
    assert "Letter 0" in older and "Letter 1" not in older


def test_a_copy_shows_how_it_stands(world: PortalWorld) -> None:
    """And a reader sees no button."""
    number = world.queue(last_reply="connection refused")
    page = world.signed_in(REX).get(f"/queue/{number}").text
    assert "It is tried again" in page and "connection refused" in page and "1 time<" in page
    assert "Try now" not in page and "lets you look" in page
    assert "Drop" not in world.signed_in(RITA).get(f"/queue/{number}").text
    assert "Drop" in world.signed_in(ADAM).get(f"/queue/{number}").text


def test_a_copy_is_held_back_and_tried_again(world: PortalWorld) -> None:
    """Both are written down with who did it."""
    number = world.queue()
    assert press(world, RITA, f"/queue/{number}/hold")[0] == 303
    assert world.delivery(number).is_on_hold
    assert "Held back" in world.signed_in(REX).get("/queue").text
    assert press(world, RITA, f"/queue/{number}/retry")[0] == 303
    assert world.delivery(number).next_attempt_at == world.clock.now
    with world.database.read(Reader.OPERATOR) as session:
        actions = [each.action for each in list_actions(session, tenant_id=world.tenants["acme"])]
    assert {"queue.hold", "queue.retry"} <= set(actions)


def test_a_copy_that_is_being_tried_is_not_held_back(world: PortalWorld) -> None:
    """The page says so."""
    number = world.queue()
    press(world, RITA, f"/queue/{number}/retry")
    with world.database.unit_of_work(Reader.RUNNER) as session:
        lease_due(session, now=world.clock.now, limit=9, owner="one", lease_seconds=60)
    status, text = press(world, RITA, f"/queue/{number}/hold")
    assert status == 409 and "it is being tried at this moment" in text


def test_dropping_asks_first_and_is_for_administrators(world: PortalWorld) -> None:
    """What is dropped has no buttons any more."""
    number = world.queue()
    assert "cannot be brought back" in world.signed_in(ADAM).get(f"/queue/{number}/drop").text
    assert press(world, RITA, f"/queue/{number}/drop")[0] == 403
    assert press(world, ADAM, f"/queue/{number}/drop")[0] == 303
    assert world.delivery(number).state is DeliveryState.DROPPED
    client = world.signed_in(ADAM)
    assert client.get(f"/queue/{number}/drop").status_code == 303
    assert "took this copy out" in client.get(f"/queue/{number}").text
    assert press(world, RITA, f"/queue/{number}/retry")[0] == 409
