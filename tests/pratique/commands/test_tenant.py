"""`pratique tenant`: the customers."""

import pytest

from pratique.opening import reading
from pratique.settings.settings import Settings
from tenants.customers.audit import list_actions
from tests.pratique.commands.conftest import Mail, Pratique


def test_a_tenant_is_added_listed_and_shown(pratique: Pratique) -> None:
    """The built-in operator is listed too."""
    added = pratique.ask("tenant", "add", "acme", "--language", "de", "--plan", "large")
    assert (added["name"], added["language"], added["plan"], added["state"]) == ("acme", "de", "large", "active")
    assert [one["name"] for one in pratique.ask("tenant", "list")] == ["acme", "operator"]
    pratique.do("domain", "add", "acme.example", "--tenant", "acme", "--route", "smtp://a.example")
    assert pratique.ask("tenant", "show", "acme")["domains"] == ["acme.example"]


def test_a_tenant_is_suspended_and_resumed(pratique: Pratique) -> None:
    """The state tells which."""
    pratique.do("tenant", "add", "acme")
    assert pratique.ask("tenant", "suspend", "acme")["state"] == "suspended"
    assert pratique.ask("tenant", "resume", "acme")["state"] == "active"


def test_a_deleted_tenant_is_gone_with_its_mail(pratique: Pratique, mail: Mail) -> None:
    """What was held for it is no longer accounted for, and its name is free again."""
    mail.hold("EICAR")
    assert "acme deleted" in pratique.do("tenant", "delete", "acme")
    assert pratique.ask("accounted") == []
    assert pratique.refuse("tenant", "show", "acme") == "There is no tenant named 'acme'."
    pratique.do("tenant", "add", "acme")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["add", "acme"], "There is a tenant named 'acme' already."),
        (["add", "A B"], "A tenant cannot be named 'A B': use 1 to 63 of a-z, 0-9, '-', '_' and '.'."),
        (["add", "x", "--language", "!"], "'!' is not a language tag such as en, de or pt-BR."),
        (["show", "nobody"], "There is no tenant named 'nobody'."),
        (["suspend", "nobody"], "There is no tenant named 'nobody'."),
        (["delete", "nobody"], "There is no tenant named 'nobody'."),
        (["delete", "operator"], "The tenant 'operator' is built in: it stays as it is."),
    ],
)
def test_what_cannot_be_done_is_one_plain_line(pratique: Pratique, words: list[str], line: str) -> None:
    """Exit status 1, nothing on standard output."""
    pratique.do("tenant", "add", "acme")
    assert pratique.refuse("tenant", *words) == line


def test_what_was_done_is_in_the_audit(pratique: Pratique) -> None:
    """Each change, by whom."""
    for words in (["add", "acme"], ["suspend", "acme"], ["resume", "acme"], ["delete", "acme"]):
        pratique.do("tenant", *words)
    with reading(Settings(data=pratique.data)) as session:
        entries = list_actions(session, tenant_id=None)
    assert [entry.action for entry in entries[::-1]] == [
        "tenant.add",
        "tenant.suspend",
        "tenant.resume",
        "tenant.delete",
    ]
    assert {(entry.who, entry.subject) for entry in entries} == {("command line", "acme")}


def test_people_read_sentences_and_tables(pratique: Pratique) -> None:
    """Without `--json`, the next step is named."""
    assert "Next: pratique domain add" in pratique.do("tenant", "add", "acme")
    assert "acme" in pratique.do("tenant", "list")
    assert pratique.do("tenant", "show", "acme").startswith("id:")
