"""The policy page: every line in plain words; administrators change, others look; the audit knows."""

import pytest
from starlette.testclient import TestClient

from portal.pages.policy.lines import PARTS
from tenants.customers.audit import list_actions
from tenants.policies.book import domain_policy, tenant_policy
from tenants.policies.policy import Action, Policy
from tenants.storage.viewpoint import Reader
from tests.servers.portal_world import PortalWorld, token_in

DOMAIN = "/policy/1"


def change(client: TestClient, path: str = "/policy", **entries: str) -> int:
    """Send these entries, as the page's form does; gives the status."""
    return client.post(path, data={"form_token": token_in(client.get(path).text), **entries}).status_code


def of_acme(world: PortalWorld) -> Policy:
    with world.database.read(Reader.OPERATOR) as session:
        return tenant_policy(session, tenant_id=world.tenants["acme"]).policy


def test_every_entry_is_a_line_in_plain_words(world: PortalWorld) -> None:
    """For the tenant and for each domain; a word that has no sentence would stand there as it is."""
    client = world.signed_in("adam@acme.example")
    for path in ("/policy", DOMAIN):
        page = client.get(path)
        assert page.status_code == 200
        for name in (name for _, names in PARTS for name in names):
            assert f'name="{name}"' in page.text and f">{name}</label>" not in page.text
        for word in (*Action, "max-certainty", "defer", "other-engine"):
            assert f">{word.lower()}</option>" not in page.text
    assert "acme.example" in page.text and "blue-harbour" not in page.text


def test_an_administrator_changes_the_policy(world: PortalWorld) -> None:
    """The audit says who, and what is different now."""
    client = world.signed_in("adam@acme.example")
    assert change(client, spam="hold", findings="*Worm*=discard\r\nlimit.ratio=hold", passwords="two words") == 303
    policy = of_acme(world)
    assert (policy.spam, policy.passwords) == (Action.HOLD, ("two words",))
    assert [rule.pattern for rule in policy.findings] == ["*Worm*", "limit.ratio"]
    with world.database.read(Reader.OPERATOR) as session:
        entry, *before = list_actions(session, tenant_id=world.tenants["acme"])
    assert (entry.who, entry.action, entry.subject) == ("adam@acme.example", "policy.set", "acme")
    assert entry.details["spam"] == "hold" and entry.details["passwords"] == "changed"
    assert change(client, spam="hold") == 303
    with world.database.read(Reader.OPERATOR) as session:
        assert len(list_actions(session, tenant_id=world.tenants["acme"])) == 1 + len(before)
    page = client.get("/policy?saved=").text
    assert "Saved." in page and "Otherwise: Deliver, marked." in page


def test_a_domain_differs_where_its_page_says_so(world: PortalWorld) -> None:
    """And follows the tenant again when it says the same."""
    client, acme = world.signed_in("olga@acme.example"), world.tenants["acme"]
    assert change(client, DOMAIN, spam="reject", phishing="mark") == 303
    with world.database.read(Reader.OPERATOR) as session:
        found = domain_policy(session, tenant_id=acme, domain_id=1)
    assert (found.policy.spam, found.changed, of_acme(world).spam) == (Action.REJECT, ("spam",), Action.MARK)
    assert change(client, DOMAIN, spam="mark") == 303
    with world.database.read(Reader.OPERATOR) as session:
        assert domain_policy(session, tenant_id=acme, domain_id=1).changed == ()


@pytest.mark.parametrize("email", ["rita@acme.example", "rex@acme.example"])
def test_others_read_the_same_lines_without_a_form(world: PortalWorld, email: str) -> None:
    """And see no password."""
    assert change(world.signed_in("adam@acme.example"), passwords="s3cret-word") == 303
    client = world.signed_in(email)
    page = client.get("/policy").text
    assert "Refuse, keep a copy" in page and "<select" not in page and "Save</button>" not in page
    assert "s3cret-word" not in page and "1 set" in page
    token = token_in(client.get("/tenant").text)
    assert client.post("/policy", data={"form_token": token, "spam": "hold"}).status_code == 403
    assert of_acme(world).spam is Action.MARK


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ({"large_octets": "many"}, "large_octets"),
        ({"attachments": "exe"}, "is no rule"),
        ({"attachments": "list:programs=hold"}, "there is no list"),
        ({"agents": "greylisting\nautentication"}, "There is no agent"),
        ({"spam": "<script>"}, "&lt;script&gt;"),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(world: PortalWorld, entries: dict[str, str], sentence: str) -> None:
    """Not even the right entries beside it."""
    client = world.signed_in("adam@acme.example")
    token = token_in(client.get("/policy").text)
    answer = client.post("/policy", data={"form_token": token, "phishing": "hold", **entries})
    assert answer.status_code == 422
    assert "Nothing was changed." in answer.text and sentence in answer.text and "<script>" not in answer.text
    assert of_acme(world) == Policy()


def test_a_form_of_somebody_elses_is_refused(world: PortalWorld) -> None:
    """Without the token nothing changes."""
    client = world.signed_in("adam@acme.example")
    assert client.post("/policy", data={"spam": "discard"}).status_code == 403
    assert of_acme(world) == Policy()


def test_agents_are_shown_in_the_order_in_which_they_are_asked(world: PortalWorld) -> None:
    """With every name that may be given, and what it does."""
    assert change(world.signed_in("adam@acme.example"), agents="greylisting\nauthentication") == 303
    assert of_acme(world).agents == ("greylisting", "authentication")
    page = world.signed_in("adam@acme.example").get("/policy").text
    assert "greylisting\nauthentication</textarea>" in page
    assert "<code>antivirus-stamp</code> Signs a stamp" in page
