"""`pratique user`: people, their roles, their one-time links."""

from datetime import UTC, datetime

import pytest

from pratique.opening import writing
from pratique.settings.settings import Settings
from tenants.customers.sign_in import spend_link
from tenants.queue.notices import lease_notices
from tests.pratique.commands.conftest import Pratique


@pytest.fixture
def acme(pratique: Pratique) -> Pratique:
    """A tenant with one user."""
    pratique.do("tenant", "add", "acme")
    pratique.do("user", "add", "Anna@Acme.Example", "--tenant", "acme", "--role", "admin")
    return pratique


def test_people_are_listed_with_their_roles(acme: Pratique) -> None:
    """A role given again replaces the first."""
    acme.do("tenant", "add", "b")
    acme.do("user", "add", "anna@acme.example", "--tenant", "b", "--role", "reader")
    acme.do("user", "add", "anna@acme.example", "--tenant", "acme", "--role", "owner")
    both = [
        {"email": "anna@acme.example", "tenant": "acme", "role": "owner"},
        {"email": "anna@acme.example", "tenant": "b", "role": "reader"},
    ]
    assert acme.ask("user", "list") == both
    assert acme.ask("user", "list", "--tenant", "b") == both[1:]
    assert "anna@acme.example" in acme.do("user", "list")


def test_a_link_begins_with_the_portals_address_and_works_once(acme: Pratique, monkeypatch: pytest.MonkeyPatch) -> None:
    """The link is the only thing on standard output."""
    monkeypatch.setenv("PRATIQUE_PORTAL_URL", "https://mail.example")
    link = acme.do("user", "link", "anna@acme.example").rstrip("\n")
    assert link.startswith("https://mail.example/signin/")
    with writing(Settings(data=acme.data)) as session:
        assert spend_link(session, link.rpartition("/")[2], now=datetime.now(UTC))


def test_a_link_in_json_names_its_end(acme: Pratique) -> None:
    """Programs may send it on."""
    made = acme.ask("user", "link", "anna@acme.example")
    assert made["email"] == "anna@acme.example"
    assert made["link"].startswith("http://127.0.0.1:8025/signin/")
    assert made["expires"].endswith("Z")


def test_a_person_removed_may_not_sign_in(acme: Pratique) -> None:
    """With no role left there is no link."""
    assert "removed from acme" in acme.do("user", "remove", "anna@acme.example")
    assert acme.ask("user", "list") == []
    assert "has no role with any tenant" in acme.refuse("user", "link", "anna@acme.example")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["add", "b@b.example", "--tenant", "nobody", "--role", "admin"], "There is no tenant named 'nobody'."),
        (
            ["add", "not-an-address", "--tenant", "acme", "--role", "admin"],
            "'not-an-address' is not an e-mail address.",
        ),
        (["link", "stranger@b.example"], "There is no user 'stranger@b.example'."),
        (["remove", "stranger@b.example"], "There is no user 'stranger@b.example'."),
        (["list", "--tenant", "nobody"], "There is no tenant named 'nobody'."),
    ],
)
def test_what_cannot_be_done_is_one_plain_line(acme: Pratique, words: list[str], line: str) -> None:
    """It names what was typed."""
    assert acme.refuse("user", *words) == line


def test_a_role_that_does_not_exist_is_wrong_usage(acme: Pratique) -> None:
    """The roles that exist are named."""
    result = acme.run("user", "add", "b@b.example", "--tenant", "acme", "--role", "king")
    assert result.exit_code == 2
    assert "'owner', 'admin', 'reviewer', 'reader'" in result.stderr


def test_a_link_can_be_mailed_instead(acme: Pratique) -> None:
    """Nothing of it is shown; to somebody without a role none is."""
    assert acme.do("user", "link", "anna@acme.example", "--send") == "A link is being mailed to anna@acme.example.\n"
    assert acme.ask("user", "link", "anna@acme.example", "--send") == {
        "email": "anna@acme.example",
        "link": None,
        "expires": None,
    }
    with writing(Settings(data=acme.data)) as session:
        leased = lease_notices(session, now=datetime.now(UTC), limit=9, owner="one", lease_seconds=60)
    assert [notice.recipient for notice in leased] == ["anna@acme.example"] * 2
    assert "no user" in acme.refuse("user", "link", "bob@acme.example", "--send")
