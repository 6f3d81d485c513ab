"""Scenario: a reviewer finds a held message in the portal and releases it; it arrives, and the page says so.

1. A client sends an archive that cannot be opened: refused, and kept.
2. The operator makes a sign-in link with `pratique user link`; the reviewer opens it in a real Chromium.
3. The reviewer finds the message, reads why it is held, and releases it.
4. The work process scans it again and sends it; it stands in the tenant's Maildir, and the page shows the reply.
"""

import os
import shutil
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.contracts.mail import base64_part, encrypted_zip, message, text_part
from tests.servers.gateway import Gateway
from tests.servers.mail_client import message_id, send
from tests.servers.postfix_server import PostfixServer
from tests.servers.serving import TENANT, serving

pytestmark = [pytest.mark.system, pytest.mark.browser]
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
REVIEWER = "rita@tenant.example"


@pytest.fixture
def page() -> Iterator[Page]:
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("no browser: Chromium is not installed")
    flags = ["--no-first-run", "--disable-background-networking"]
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=[*flags, *sandbox])
        page = chromium.new_page()
        page.set_default_timeout(15_000)
        yield page
        chromium.close()


@pytest.fixture
def one(next_hop: PostfixServer) -> Iterator[Gateway]:
    with serving({"tenant.example": next_hop.route}) as started:
        started.do("user", "add", REVIEWER, "--tenant", TENANT, "--role", "reviewer")
        yield started


def locked_archive(mark: str) -> bytes:
    """With a Date: Postfix would add one of its own."""
    lines = [
        "From: a@sender.example",
        f"Subject: Contract {mark}",
        f"Message-ID: {message_id(mark)}",
        "Date: Tue, 24 Nov 2026 09:00:00 +0000",
        "",
    ]
    header = "\r\n".join(lines).encode()
    return message(text_part(), base64_part(encrypted_zip(), b"contract.zip"), header=header)


def test_a_reviewer_releases_a_held_message(one: Gateway, next_hop: PostfixServer, page: Page) -> None:
    """From the refusal over the browser to the Maildir, and back to the page with the server's own reply."""
    mark = uuid4().hex
    sent = locked_archive(mark)
    assert send(one.smtp_port, sent).line.startswith("550 5.7.1 ")

    page.goto(one.do("user", "link", REVIEWER).strip())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Quarantine")
    page.get_by_text(f"Contract {mark}").click()
    expect(page.get_by_text("contract.zip").first).to_be_visible()
    page.get_by_role("link", name="Release…").click()
    page.get_by_role("button", name="Release").click()
    expect(page.get_by_role("status")).to_contain_text("Release asked")

    arrived = next_hop.wait_for("user", mark.encode())
    assert arrived.endswith(sent.replace(b"\r\n", b"\n"))
    answered = "Your mail server answered: 250 2.0.0 Ok: "
    expect(page.get_by_role("status")).to_contain_text(answered, timeout=15_000)
    assert one.ask("quarantine", "list") == []
    assert one.do("accounted") == ""
    [trace] = one.ask("trace", "--message-id", message_id(mark))
    assert [event["event"] for event in trace["events"]][-2:] == ["release-requested", "released"]
