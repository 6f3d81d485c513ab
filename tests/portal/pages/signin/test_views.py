"""Signing in by one-time link, signing out, changing between tenants."""

from pathlib import Path

import pytest

from tenants.customers.audit import list_actions
from tenants.queue.notices import SIGN_INS_A_PERSON, lease_notices
from tenants.storage.viewpoint import Reader
from tests.servers.portal_world import PortalWorld, portal_world, token_in

ADAM = "adam@acme.example"
MARA = "mara@both.example"
SESSION = "pratique_session"


def test_opening_a_link_spends_nothing_and_pressing_its_button_works_once(world: PortalWorld) -> None:
    """Five visits by programs that test links, then the person; the second press is told that the link is over."""
    link = world.link_for(ADAM)
    for _ in range(5):
        scanner = world.client()
        assert scanner.get(link).status_code == 200
        assert scanner.head(link).status_code == 200
        assert scanner.options(link).status_code == 405
        assert SESSION not in scanner.cookies
    person = world.client()
    form = {"form_token": token_in(person.get(link).text)}
    answer = person.post(link, data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert person.get("/quarantine").status_code == 200
    late = world.client()
    assert late.get(link).status_code == 410
    again = world.client()
    secret_of_page = {"form_token": token_in(again.get(world.link_for(ADAM)).text)}
    answer = again.post(link, data=secret_of_page)
    assert answer.status_code == 410
    assert "does not work any more" in answer.text
    assert SESSION not in again.cookies


@pytest.mark.parametrize(("minutes", "status"), [(29, 303), (31, 410)])
def test_a_link_works_for_30_minutes(world: PortalWorld, minutes: int, status: int) -> None:
    """Counted from when it was made."""
    link = world.link_for(ADAM)
    client = world.client()
    form = {"form_token": token_in(client.get(link).text)}
    world.clock.advance(minutes=minutes)
    assert client.post(link, data=form).status_code == status


@pytest.mark.parametrize("change", ["", "x", "."])
def test_a_changed_link_is_no_link(world: PortalWorld, change: str) -> None:
    """One letter more, fewer or other; the page is the same as for a spent one."""
    link = world.link_for(ADAM)
    changed = link + change if change else link[:-1]
    assert world.client().get(changed).status_code == 410
    assert world.client().get(link.swapcase().replace("/SIGNIN", "/signin")).status_code == 410


def test_a_link_is_not_pressed_by_another_site(world: PortalWorld) -> None:
    """Neither without the page's token nor with another browser's, so nobody is signed in as somebody else."""
    link = world.link_for(ADAM)
    elsewhere = token_in(world.client().get(link).text)
    victim = world.client()
    assert victim.post(link, data={"a": "b"}).status_code == 403
    assert victim.post(link, data={"form_token": elsewhere}).status_code == 403
    own = token_in(victim.get(link).text)
    assert victim.post(link, data={"form_token": own}, headers={"origin": "https://evil.example"}).status_code == 403
    assert victim.post(link, data={"form_token": own}).status_code == 303


def test_the_session_changes_when_somebody_signs_in(world: PortalWorld) -> None:
    """The one from before is ended, also for whoever had planted or copied it."""
    client = world.signed_in("rex@acme.example")
    before = client.cookies[SESSION]
    link = world.link_for(ADAM)
    page = client.get(link).text
    assert "You are signed in as" in page
    assert client.post(link, data={"form_token": token_in(page)}).status_code == 303
    after = client.cookies[SESSION]
    assert after != before
    assert ADAM in client.get("/quarantine").text
    planted = world.client()
    planted.cookies.set(SESSION, before)
    assert planted.get("/quarantine").headers["location"] == "/signin"


def test_a_planted_cookie_is_not_taken_over(world: PortalWorld) -> None:
    """A session id that the server did not make never becomes one."""
    client = world.client()
    client.cookies.set(SESSION, "planted")
    link = world.link_for(ADAM)
    client.post(link, data={"form_token": token_in(client.get(link).text)})
    stranger = world.client()
    stranger.cookies.set(SESSION, "planted")
    assert stranger.get("/quarantine").status_code == 303


def test_signing_out_ends_the_session_on_our_side(world: PortalWorld) -> None:
    """A copy of the cookie is worth nothing afterwards."""
    client = world.signed_in(ADAM)
    token = client.cookies[SESSION]
    answer = client.post("/signout", data={"form_token": token_in(client.get("/quarantine").text)})
    assert answer.headers["location"] == "/signin?signed-out="
    assert "You are signed out" in client.get(answer.headers["location"]).text
    copy = world.client()
    copy.cookies.set(SESSION, token)
    assert copy.get("/quarantine").headers["location"] == "/signin"


def test_by_https_the_cookies_are_bound_to_the_host(tmp_path: Path) -> None:
    """Both of them; and signing in works with them."""
    with portal_world(tmp_path, "https://portal.example") as world:
        client = world.client("https://portal.example")
        link = world.link_for(ADAM)
        page = client.get(link)
        answer = client.post(link, data={"form_token": token_in(page.text)})
        for cookie in (page.headers["set-cookie"], answer.headers.get_list("set-cookie")[0]):
            assert cookie.startswith("__Host-pratique_s")
            assert "; Secure" in cookie
            assert "; HttpOnly" in cookie
            assert "SameSite=lax" in cookie
        assert client.get("/quarantine").status_code == 200
        assert client.get("/quarantine").headers["strict-transport-security"]


@pytest.mark.parametrize("host", ["evil.example", "portal.example@evil.example", "evil.example:80"])
def test_the_name_that_a_request_calls_us_leads_nowhere(world: PortalWorld, host: str) -> None:
    """No answer repeats Host or X-Forwarded-Host."""
    headers = {"host": host, "x-forwarded-host": host, "x-forwarded-proto": "https"}
    client = world.client()
    for path in ("/", "/signin", world.link_for(ADAM)):
        answer = client.get(path, headers=headers)
        assert "evil.example" not in answer.text
        assert "evil.example" not in str(answer.headers)


def test_a_person_of_two_tenants_changes_between_them(world: PortalWorld) -> None:
    """In a session of its own, with the role that counts there; the tenant before is out of reach."""
    number = world.hold("acme")
    client = world.signed_in(MARA)
    assert client.get(f"/quarantine/{number}").status_code == 200
    page = client.get("/tenant").text
    assert "blue-harbour" in page
    before = client.cookies[SESSION]
    form = {"form_token": token_in(page), "tenant": str(world.tenants["blue-harbour"])}
    assert client.post("/tenant", data=form).status_code == 303
    assert client.cookies[SESSION] != before
    shown = client.get("/quarantine").text
    assert "blue-harbour" in shown
    assert "(reader)" in shown
    assert client.get(f"/quarantine/{number}").status_code == 404


@pytest.mark.parametrize(("tenant", "status"), [("2", 404), ("999", 404), ("x", 422), ("", 422)])
def test_nobody_changes_to_a_tenant_of_others(world: PortalWorld, tenant: str, status: int) -> None:
    """Of others and missing are not told apart."""
    client = world.signed_in(ADAM)
    chosen = str(world.tenants["blue-harbour"]) if tenant == "2" else tenant
    form = {"form_token": token_in(client.get("/tenant").text), "tenant": chosen}
    assert client.post("/tenant", data=form).status_code == status
    assert "acme" in client.get("/quarantine").text


def test_signing_in_is_written_down(world: PortalWorld) -> None:
    """The tenant's audit says who and when."""
    world.signed_in(ADAM)
    with world.database.read(Reader.OPERATOR) as session:
        (entry,) = list_actions(session, tenant_id=world.tenants["acme"])
    assert (entry.who, entry.action, entry.at) == (ADAM, "session.begin", world.clock.now)


def ask_for_link(world: PortalWorld, email: str) -> str:
    """The page that somebody gets who asks for a link."""
    client = world.client()
    answer = client.post("/signin", data={"form_token": token_in(client.get("/signin").text), "email": email})
    assert answer.status_code == 200
    return answer.text


def test_a_link_is_asked_for_with_the_same_answer_for_everybody(world: PortalWorld) -> None:
    """Who is a user cannot be read from it; a worker looks, and mails."""
    answers = {ask_for_link(world, email) for email in (ADAM, "stranger@elsewhere.example", "no address", "")}
    (answer,) = answers
    assert "a link is on its way" in answer
    with world.database.unit_of_work(Reader.RUNNER) as session:
        asked = lease_notices(session, now=world.clock.now, limit=9, owner="one", lease_seconds=60)
    assert [notice.recipient for notice in asked] == [ADAM, "stranger@elsewhere.example"]


def test_asking_too_often_is_answered_alike(world: PortalWorld) -> None:
    """And asks for nothing more."""
    assert len({ask_for_link(world, ADAM) for _ in range(SIGN_INS_A_PERSON + 2)}) == 1
    with world.database.unit_of_work(Reader.RUNNER) as session:
        asked = lease_notices(session, now=world.clock.now, limit=99, owner="one", lease_seconds=60)
    assert len(asked) == SIGN_INS_A_PERSON


def test_a_link_is_not_asked_for_by_another_site(world: PortalWorld) -> None:
    """Only by our own form."""
    assert world.client().post("/signin", data={"email": ADAM}).status_code == 403
