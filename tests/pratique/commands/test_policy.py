"""`pratique policy`: what becomes of a message for each verdict."""

import json
from pathlib import Path

import pytest

from tests.pratique.commands.conftest import Pratique


@pytest.fixture
def acme(pratique: Pratique) -> Pratique:
    """A tenant with a domain."""
    pratique.add_acme()
    return pratique


def test_a_new_tenant_has_the_default_policy(acme: Pratique) -> None:
    """The promise of the contract."""
    entries = acme.ask("policy", "show", "--tenant", "acme")
    assert entries["clean"] == "deliver"
    assert entries["infected"] == entries["encrypted"] == entries["unscannable"] == "reject-and-keep"
    assert entries["engine_failure"] == "defer"


def test_a_domain_differs_from_its_tenant_only_where_it_says_so(acme: Pratique) -> None:
    """The tenant's change reaches the domain, the domain's does not reach the tenant."""
    of_domain = ("--tenant", "acme", "--domain", "acme.example")
    acme.do("policy", "set", *of_domain, "spam=hold")
    acme.do("policy", "set", "--tenant", "acme", "encrypted=hold", "engine-failure=hold")
    assert acme.ask("policy", "show", "--tenant", "acme")["spam"] == "mark"
    domain = acme.ask("policy", "show", *of_domain)
    assert (domain["spam"], domain["encrypted"], domain["engine_failure"]) == ("hold", "hold", "hold")
    lines = acme.do("policy", "show", *of_domain).splitlines()
    assert [line.split()[0] for line in lines if "changed" in line] == ["spam"]


def test_what_show_prints_set_reads(acme: Pratique, tmp_path: Path) -> None:
    """Key and value on the command line win over the file."""
    acme.do("policy", "set", "--tenant", "acme", "encrypted=hold")
    file = tmp_path / "policy.json"
    file.write_text(acme.do("policy", "show", "--tenant", "acme", "--json"))
    acme.do("tenant", "add", "b")
    entries = acme.ask("policy", "set", "--tenant", "b", "--file", str(file), "spam=reject")
    assert (entries["encrypted"], entries["spam"]) == ("hold", "reject")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--tenant", "nobody", "spam=hold"], "There is no tenant named 'nobody'."),
        (["--tenant", "acme", "--domain", "b.example", "spam=hold"], "There is no domain 'b.example'."),
        (["--tenant", "acme", "spam=eat"], "Policy entry 'spam' cannot be 'eat': possible are deliver, mark, clean,"),
        (["--tenant", "acme", "ham=hold"], "There is no policy entry 'ham'. Known: clean, infected,"),
        (["--tenant", "acme", "--file", "none.json"], "none.json: No such file or directory."),
        (["--tenant", "acme", "--file", "list.json"], "The policy file list.json is not a policy: it looks like"),
        (["--tenant", "acme", "--file", "text.json"], "The policy file text.json is not JSON: Expecting value"),
    ],
)
def test_what_cannot_be_done_is_one_plain_line(acme: Pratique, words: list[str], line: str) -> None:
    """Nothing is changed."""
    Path("list.json").write_text(json.dumps(["spam"]))
    Path("text.json").write_text("spam=hold")
    before = acme.ask("policy", "show", "--tenant", "acme")
    assert acme.refuse("policy", "set", *words).startswith(line)
    assert acme.ask("policy", "show", "--tenant", "acme") == before


@pytest.mark.parametrize("words", [["--tenant", "acme"], ["--tenant", "acme", "spam"], ["spam=hold"]])
def test_wrong_usage_ends_with_2(acme: Pratique, words: list[str]) -> None:
    """An assignment has a key and a value."""
    assert acme.run("policy", "set", *words).exit_code == 2


def test_a_group_and_a_recipient_differ_where_they_say_so(acme: Pratique) -> None:
    """default, tenant, domain, group, recipient: the narrowest has the last word."""
    acme.do("group", "add", "--tenant", "acme", "sales", "anna@acme.example")
    of_group = ("--tenant", "acme", "--group", "sales")
    of_anna = ("--tenant", "acme", "--recipient", "Anna@ACME.example")
    of_domain = ("--tenant", "acme", "--domain", "acme.example")
    acme.do("policy", "set", *of_domain, "encrypted=hold", "spam=hold")
    acme.do("policy", "set", *of_group, "spam=reject", "phishing=hold")
    acme.do("policy", "set", *of_anna, "phishing=discard")
    anna = acme.ask("policy", "show", *of_anna)
    assert (anna["encrypted"], anna["spam"], anna["phishing"]) == ("hold", "reject", "discard")
    assert acme.ask("policy", "show", *of_group)["encrypted"] == "reject-and-keep"
    assert acme.ask("policy", "show", *of_group, *of_domain[2:])["encrypted"] == "hold"
    bo = acme.ask("policy", "show", "--tenant", "acme", "--recipient", "bo@acme.example")
    assert (bo["spam"], bo["phishing"]) == ("hold", "mark")
    acme.do("policy", "set", *of_anna, "phishing=inherit")
    assert acme.ask("policy", "show", *of_anna)["phishing"] == "hold"


def test_rules_are_given_as_a_list(acme: Pratique) -> None:
    """Between commas; each with its own action."""
    rules = "extension:exe=hold,list:executables=reject"
    entries = acme.ask("policy", "set", "--tenant", "acme", f"attachments={rules}", "findings=*Worm*=discard")
    assert entries["attachments"] == rules.split(",")
    assert entries["findings"] == ["*Worm*=discard"]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--group", "nobody"], "There is no group 'nobody'."),
        (["--recipient", "anna"], "'anna' is not an address."),
        (["--recipient", "anna@other.example"], "There is no domain 'other.example'."),
    ],
)
def test_a_level_that_is_not_there_is_one_plain_line(acme: Pratique, words: list[str], line: str) -> None:
    """Neither shown nor changed."""
    assert acme.refuse("policy", "show", "--tenant", "acme", *words).startswith(line)
    assert acme.refuse("policy", "set", "--tenant", "acme", *words, "spam=hold").startswith(line)
    assert acme.run("policy", "show", "--tenant", "acme", "--group", "a", "--recipient", "b").exit_code == 2


def test_an_agent_that_nobody_here_has_is_refused(acme: Pratique) -> None:
    """With those that are known; in a file as well. Nothing is changed."""
    said = acme.refuse("policy", "set", "--tenant", "acme", "agents=greylisting,autentication")
    assert said.startswith("There is no agent 'autentication' here. Known: sender-lists, ")
    assert acme.ask("policy", "show", "--tenant", "acme")["agents"] == []
    entries = acme.ask("policy", "set", "--tenant", "acme", "agents=greylisting,authentication")
    assert entries["agents"] == ["greylisting", "authentication"]
    assert acme.ask("policy", "set", "--tenant", "acme", "agents=inherit")["agents"] == []
