"""The portal in a real Chromium: on a phone and on a desk, with scripts and without, under its own strict policy.

Each test ends with the same three questions: did the browser report a breach of the content security policy, did a page
ask for anything from elsewhere, did a dialog open? Screenshots of every page lie in the test's folder.
"""

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from portal.serve import serve
from tenants.quarantine.book import FindingNote, HeldState
from tenants.quarantine.message_record import MessageRecord, RecordedArtifact
from tenants.release import request_release
from tenants.senders.changes import Author, put_and_note
from tenants.senders.lists import Listing
from tenants.storage.viewpoint import Reader
from tests.servers.portal_world import ENCRYPTED, PortalWorld, portal_world

pytestmark = pytest.mark.browser
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
)
PHONE, DESK = (390, 844), (1280, 800)
NOTE_BREACHES = """
window.breaches = [];
document.addEventListener("securitypolicyviolation", breach =>
  window.breaches.push(breach.violatedDirective + " " + breach.blockedURI));
"""
REPLY = "250 2.0.0 Ok: queued as 4F2B1"
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=https://evil.example/x onerror=alert(1)>',
    "<style>@import url(https://evil.example)</style>",
    "<base href=https://evil.example/>",
    "</pre></title><svg onload=alert(1)><meta http-equiv=refresh content='0;url=https://evil.example'>",
    '<a hx-get="https://evil.example" hx-trigger="load" hx-on::load="alert(1)">',
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "photo\u202egpj.exe" + "x" * 3000,
    "مرحبا \u2067evil\u2066 (شكرا)",
)


@dataclass(slots=True)
class Watched:
    """What a browser did that it should not have done."""

    origin: str
    complaints: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Begin to listen to this page."""
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: self._note_request(request.url))
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("console", lambda message: self._note_console(message.type, message.text))

    def _note_request(self, url: str) -> None:
        if not url.startswith(self.origin + "/"):
            self.complaints.append(f"request: {url}")

    def _note_console(self, kind: str, text: str) -> None:
        if kind == "error" or "Content Security Policy" in text:
            self.complaints.append(f"console: {text}")


@dataclass(slots=True)
class Place:
    """The portal on a port, its world, and a browser to visit it with."""

    world: PortalWorld
    origin: str
    browser: Browser
    shots: Path

    @contextmanager
    def page(self, size: tuple[int, int] = DESK, *, scripts: bool = True) -> Iterator[Page]:
        """A fresh browser window; whatever it did amiss fails the test when it closes."""
        width, height = size
        context = self.browser.new_context(viewport={"width": width, "height": height}, java_script_enabled=scripts)
        if scripts:
            context.add_init_script(NOTE_BREACHES)
        watched = Watched(self.origin)
        page = context.new_page()
        page.set_default_timeout(15_000)
        watched.watch(page)
        yield page
        context.close()
        assert watched.complaints == []

    def sign_in(self, page: Page, email: str) -> None:
        """Open a link and press its button."""
        page.goto(self.origin + self.world.link_for(email))
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Quarantine")

    def photograph(self, page: Page, path: str, name: str) -> None:
        """Go there, look that it fits the window and broke no policy, and keep a picture."""
        page.goto(self.origin + path)
        width = page.viewport_size["width"] if page.viewport_size else 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than the window"
        assert page.evaluate("window.breaches") == [], name
        page.screenshot(path=self.shots / f"{name}-{'phone' if width == PHONE[0] else 'desk'}.png", full_page=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests here; each gets windows of its own."""
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("no browser: Chromium is not installed")
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=[*QUIET, *sandbox])
        yield chromium
        chromium.close()


@pytest.fixture
def place(browser: Browser, tmp_path: Path) -> Iterator[Place]:
    """The portal, served by uvicorn on a free port."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    origin = f"http://127.0.0.1:{listening.getsockname()[1]}"
    reading, writing = os.pipe()
    ready = threading.Event()
    with portal_world(tmp_path, origin) as world:
        arguments = (world.application, listening.detach(), ready.set, reading)
        server = threading.Thread(target=serve, args=arguments)
        server.start()
        try:
            assert ready.wait(15)
            yield Place(world, origin, browser, tmp_path)
        finally:
            os.close(writing)
            server.join(20)
            os.close(reading)


def _furnish(world: PortalWorld) -> dict[str, str]:
    """A quarantine as it looks after a busy morning; gives the paths of all pages that a person may come to."""
    asked = world.hold(reason="encrypted", findings=(ENCRYPTED,), subject="Re: the contract, as agreed")
    released = world.hold(reason="encrypted", findings=(ENCRYPTED,), subject="Payslips for November")
    _ask(world, released)
    world.carry_out_releases(reply=REPLY)
    _ask(world, asked)
    world.clock.advance(minutes=50)
    world.hold(
        reason="undeliverable",
        findings=(),
        subject="Weekly report",
        reverse_path="reports@partner.example",
        recipients=("anna@acme.example", "board@acme.example", "legal@acme.example"),
    )
    world.hold(reason="unscannable", findings=(FindingNote("anatomy", "limit.ratio", 2, "unscannable"),), subject="")
    world.hold(reason="prohibited", subject="photo\u202egpj.exe " + "very " * 40 + "long", reverse_path="")
    world.clock.advance(minutes=12)
    number = world.hold()
    world.hold("blue-harbour", recipients=("otto@blue-harbour.example",))
    transaction = world.deliver()
    waiting = world.queue()
    _list_senders(world)
    world.clock.advance(minutes=3)
    return {
        "list": "/quarantine",
        "search-empty": "/quarantine?text=nothing+like+this",
        "message": f"/quarantine/{number}",
        "release": f"/quarantine/{number}/release",
        "delete": f"/quarantine/{number}/delete",
        "released": f"/quarantine/{released}",
        "asked": f"/quarantine/{asked}",
        "messages": "/messages",
        "trace": f"/messages/{transaction}",
        "trace-released": f"/messages/{world.held(released).facts.transaction}",
        "queue": "/queue",
        "waiting": f"/queue/{waiting}",
        "domains": "/domains",
        "tenants": "/tenant",
        "senders": "/senders",
        "senders-search": "/senders?text=ann%40supplier.example",
        "senders-changes": "/senders/changes",
        "policy": "/policy",
        "policy-domain": "/policy/1",
    }


def _list_senders(world: PortalWorld) -> None:
    author = Author(world.tenants["acme"], "adam@acme.example", world.clock.now)
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        long = f"{'newsletter.' * 5}{'x' * 60}@{'mail.' * 20}supplier.example"
        put_and_note(session, author, Listing.ALLOW, ["ann@supplier.example", long], "our auditors, until March")
        put_and_note(session, author, Listing.BLOCK, ["supplier.example", "203.0.113.0/24"], "")
        put_and_note(session, author, Listing.BLOCK, [f"shop{number:03}.spam.example" for number in range(60)], "ads")


def _ask(world: PortalWorld, number: int) -> None:
    with world.database.unit_of_work(Reader.OPERATOR) as session:
        request_release(
            session,
            number,
            tenant_id=None,
            who="rita@acme.example",
            override=("zip-encrypted",),
            now=world.clock.now,
        )


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_every_page_fits_the_window_and_keeps_to_the_policy(place: Place, size: tuple[int, int]) -> None:
    """Nothing to scroll sideways to, no breach of the policy, nothing asked for from elsewhere."""
    paths = _furnish(place.world)
    with place.page(size) as page:
        place.photograph(page, place.world.link_for("mara@both.example"), "sign-in")
        place.photograph(page, "/signin?signed-out=", "how")
        place.sign_in(page, "mara@both.example")
        for name, path in paths.items():
            place.photograph(page, path, name)
        for button in page.locator("a.btn:visible, button:visible").all():
            box = button.bounding_box()
            assert box is not None
            assert box["height"] >= 40, f"too small for a finger: {button.inner_text()}"


def test_a_link_is_over_after_its_use(place: Place) -> None:
    """The same link again says so, in a page of ours."""
    link = place.world.link_for("rex@acme.example")
    with place.page() as page:
        page.goto(place.origin + link)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Quarantine")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_text("You are signed out")).to_be_visible()
    with pytest.raises(AssertionError, match="410"), place.page() as page:
        page.goto(place.origin + link)
        expect(page.get_by_role("heading", level=1)).to_have_text("This link does not work any more")


def test_the_list_follows_what_is_typed(place: Place) -> None:
    """Without loading the page again; the address keeps the search, so that loading again shows the same."""
    place.world.hold(subject="An invoice")
    place.world.hold(subject="A contract")
    with place.page(PHONE) as page:
        place.sign_in(page, "rex@acme.example")
        page.evaluate("window.is_same_page = true")
        page.get_by_label("Search", exact=True).fill("contract")
        expect(page.get_by_text("An invoice")).to_have_count(0)
        expect(page.get_by_text("A contract")).to_be_visible()
        assert page.evaluate("window.is_same_page") is True
        assert "text=contract" in page.url
        page.reload()
        expect(page.get_by_text("An invoice")).to_have_count(0)
        assert page.evaluate("window.breaches") == []


def test_a_release_shows_its_end_by_itself(place: Place) -> None:
    """From the list over the confirming step to the reply of the tenant's server, the page looking again by itself."""
    number = place.world.hold(reason="encrypted", findings=(ENCRYPTED,), subject="Re: the contract")
    with place.page(PHONE) as page:
        place.sign_in(page, "rita@acme.example")
        page.get_by_text("Re: the contract").click()
        page.get_by_role("link", name="Release…").click()
        expect(page.get_by_text("zip-encrypted")).to_be_visible()
        page.get_by_role("button", name="Release").click()
        expect(page.get_by_role("status")).to_contain_text("Release asked")
        assert place.world.held(number).state is HeldState.RELEASE_REQUESTED
        assert place.world.carry_out_releases(reply=REPLY) == 1
        expect(page.get_by_role("status")).to_contain_text(REPLY, timeout=15_000)
        assert page.evaluate("window.breaches") == []


def test_an_infected_message_is_not_released_without_the_tick(place: Place) -> None:
    """The browser insists on it before the form is sent."""
    number = place.world.hold()
    with place.page() as page:
        place.sign_in(page, "adam@acme.example")
        page.goto(f"{place.origin}/quarantine/{number}/release")
        page.get_by_role("button", name="Release").click()
        assert place.world.held(number).state is HeldState.HELD
        page.get_by_role("checkbox").check()
        page.get_by_role("button", name="Release").click()
        expect(page.get_by_role("status")).to_contain_text("Release asked")
        assert place.world.held(number).override == ("Win.Test.EICAR_HDB-1",)


def test_everything_that_matters_works_without_scripts(place: Place) -> None:
    """Signing in, searching, releasing with its end, deleting, changing the tenant, signing out."""
    released = place.world.hold(reason="encrypted", findings=(ENCRYPTED,), subject="Re: the contract")
    deleted = place.world.hold(reason="unscannable", findings=(), subject="Photos")
    with place.page(PHONE, scripts=False) as page:
        place.sign_in(page, "mara@both.example")
        page.get_by_label("Search", exact=True).fill("contract")
        page.get_by_role("button", name="Search").click()
        expect(page.get_by_text("Photos")).to_have_count(0)
        page.get_by_text("Re: the contract").click()
        page.get_by_role("link", name="Release…").click()
        page.get_by_role("button", name="Release").click()
        expect(page.get_by_role("status")).to_contain_text("Release asked")
        place.world.carry_out_releases(reply=REPLY)
        # A page without scripts is told to load itself again every few seconds.
        expect(page.get_by_role("status")).to_contain_text(REPLY, timeout=15_000)
        page.goto(f"{place.origin}/quarantine/{deleted}")
        page.get_by_role("link", name="Delete…").click()
        page.get_by_role("button", name="Delete for good").click()
        expect(page.get_by_role("status")).to_contain_text("Deleted")
        page.get_by_role("link", name="Change customer").click()
        page.get_by_role("button", name="blue-harbour").click()
        expect(page.get_by_text("(reader)")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_text("You are signed out")).to_be_visible()
    assert place.world.held(released).state is HeldState.RELEASED
    assert place.world.held(deleted).state is HeldState.DELETED


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_mail_does_nothing_in_the_browser(place: Place, hostile: str) -> None:
    """No dialog, no request to elsewhere, no breach of the policy to report, nothing wider than the window."""
    record = MessageRecord(
        headers=((hostile, hostile),),
        artifacts=(RecordedArtifact(0, None, hostile, hostile, hostile, 1, hostile),),
        preview=hostile,
    )
    number = place.world.hold(
        findings=(FindingNote("clamd", hostile, 0, "infected"),),
        subject=hostile,
        reverse_path=hostile,
        recipients=(hostile,),
        record=record,
    )
    transaction = place.world.held(number).facts.transaction
    with place.page(PHONE) as page:
        place.sign_in(page, "adam@acme.example")
        paths = (
            "/quarantine",
            f"/quarantine/{number}",
            f"/quarantine/{number}/release",
            f"/quarantine/{number}/delete",
        )
        for place_number, path in enumerate((*paths, "/messages", f"/messages/{transaction}")):
            place.photograph(page, path, f"hostile-{place_number}")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_policy_is_changed_with_a_thumb(place: Place, scripts: bool) -> None:
    """One choice, one button; the domain's page then shows what it would be otherwise."""
    with place.page(PHONE, scripts=scripts) as page:
        place.sign_in(page, "adam@acme.example")
        page.get_by_role("link", name="Policy").click()
        page.get_by_label("Spam").select_option("Hold in quarantine")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_contain_text("Saved.")
        expect(page.get_by_label("Spam")).to_have_value("hold")
        page.get_by_role("link", name="acme.example").click()
        expect(page.get_by_label("Spam")).to_have_value("hold")
        page.get_by_label("Spam").select_option("Refuse")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Otherwise: Hold in quarantine.")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_senders_are_added_removed_and_taken_from_a_file(place: Place, scripts: bool, tmp_path: Path) -> None:
    """With a thumb; the file goes up as a browser sends it."""
    path = tmp_path / "senders.csv"
    path.write_text("Sender,Why\nfirst.example,ads\nsecond.example,ads\n")
    with place.page(PHONE, scripts=scripts) as page:
        place.sign_in(page, "adam@acme.example")
        page.get_by_role("link", name="Senders").click()
        page.get_by_label("one a line").fill("Ann@Supplier.example")
        page.locator("#add-listing").select_option("allow")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.get_by_role("status")).to_contain_text("1 allowed.")
        page.locator("#file").set_input_files(path)
        page.get_by_role("button", name="Add all of it").click()
        expect(page.get_by_role("status")).to_contain_text("2 blocked.")
        page.get_by_role("button", name="Remove first.example").click()
        expect(page.get_by_role("status")).to_contain_text("Removed.")
        expect(page.get_by_text("first.example")).to_have_count(0)
        page.get_by_role("link", name="Who changed what").click()
        expect(page.get_by_text("first.example second.example")).to_be_visible()
