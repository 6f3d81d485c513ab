"""`pratique domain`: adding, verifying, routing, removing."""

import pytest

from tests.pratique.commands.conftest import Pratique

ROUTE = ("--route", "smtp://mail.acme.example:2525")


@pytest.fixture
def acme(pratique: Pratique) -> Pratique:
    """A tenant without domains."""
    pratique.do("tenant", "add", "acme")
    return pratique


def test_a_domain_is_added_with_the_records_it_needs(acme: Pratique) -> None:
    """Its MX name is below the service's, and the ownership token is told."""
    added = acme.ask("domain", "add", "Acme.Example", "--tenant", "acme", *ROUTE)
    assert added["domain"] == "acme.example"
    assert added["mx_name"] == "acme-example.mx.service.example"
    assert added["routes"] == ["smtp://mail.acme.example:2525"]
    assert added["verified"] is False
    shown = acme.ask("domain", "show", "acme.example")
    records = shown.pop("tls_records")
    assert shown == added
    assert [record.split()[0] for record in records] == [
        "mta-sts.acme.example.",
        "_mta-sts.acme.example.",
        "_smtp._tls.acme.example.",
    ]
    assert acme.ask("domain", "list", "--tenant", "acme") == [added]


def test_people_are_told_which_records_to_make(acme: Pratique) -> None:
    """One that is verified needs no ownership record."""
    said = acme.do("domain", "add", "acme.example", "--tenant", "acme", *ROUTE)
    assert "acme.example. MX 10 acme-example.mx.service.example." in said
    assert 'acme.example. TXT "pratique-verify=' in said
    assert "TXT" not in acme.do("domain", "add", "b.example", "--tenant", "acme", *ROUTE, "--verified")
    assert "b.example" in acme.do("domain", "list")
    assert acme.do("domain", "show", "b.example").startswith("domain:")


def test_a_domain_is_verified_by_the_operators_word(acme: Pratique) -> None:
    """At once, or later; a second time changes nothing."""
    assert acme.ask("domain", "add", "a.example", "--tenant", "acme", *ROUTE, "--verified")["verified"]
    acme.do("domain", "add", "b.example", "--tenant", "acme", *ROUTE)
    first = acme.ask("domain", "verify", "b.example", "--verified")
    assert first["verified"]
    assert acme.ask("domain", "verify", "b.example") == first


def test_routes_are_replaced_in_order(acme: Pratique) -> None:
    """The first is tried first."""
    acme.do("domain", "add", "acme.example", "--tenant", "acme", *ROUTE)
    changed = acme.ask("domain", "route", "acme.example", "smtp://a.example", "smtp://[::1]:26")
    assert changed["routes"] == ["smtp://a.example:25", "smtp://[::1]:26"]
    assert "then smtp://c.example:25" in acme.do(
        "domain", "route", "acme.example", "smtp://b.example", "smtp://c.example"
    )


def test_terms_of_routes_are_shown_as_they_are_written(acme: Pratique) -> None:
    """By every command, in one spelling."""
    text = "mx://a.example:25?priority=5&weight=10&tls=required&concurrency=5&rate=100/m"
    given = "mx://A.example?rate=100/m&tls=required&weight=10&priority=5&concurrency=5"
    assert acme.ask("domain", "add", "a.example", "--tenant", "acme", "--route", given)["routes"] == [text]
    assert acme.ask("domain", "show", "a.example")["routes"] == [text]
    assert acme.ask("domain", "route", "a.example", text)["routes"] == [text]
    assert acme.ask("domain", "list")[0]["routes"] == [text]


def test_a_removed_domain_is_gone(acme: Pratique) -> None:
    """It can be added anew."""
    acme.do("domain", "add", "acme.example", "--tenant", "acme", *ROUTE)
    assert "within seven days" in acme.do("domain", "remove", "acme.example")
    assert acme.ask("domain", "list") == []
    assert acme.refuse("domain", "show", "acme.example") == "There is no domain 'acme.example'."


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["add", "a.example", "--tenant", "nobody", *ROUTE], "There is no tenant named 'nobody'."),
        (["add", "taken.example", "--tenant", "acme", *ROUTE], "The domain taken.example is taken already."),
        (["add", "not a domain", "--tenant", "acme", *ROUTE], "'not a domain' is not a domain name."),
        (
            ["add", "a.example", "--tenant", "acme", "--route", "mail.example"],
            "The route 'mail.example' cannot be used; it looks like smtp://mail.example:25.",
        ),
        (
            ["add", "a.example", "--tenant", "acme", "--route", "smtp://un known"],
            "The route 'smtp://un known' does not name a host that can exist.",
        ),
        (
            ["add", "a.example", "--tenant", "acme", "--route", "smtp://a-example.mx.service.example"],
            "The route 'smtp://a-example.mx.service.example:25' leads to this service itself; it has to name the"
            " domain's own server.",
        ),
        (
            ["add", "a.example", "--tenant", "acme", "--route", "smtp://a.example?tls=always"],
            "The route 'smtp://a.example?tls=always' has tls='always'; possible are opportunistic, required, pinned,"
            " dane.",
        ),
        (["route", "unknown.example", "smtp://a.example"], "There is no domain 'unknown.example'."),
        (["remove", "unknown.example"], "There is no domain 'unknown.example'."),
        (["verify", "unknown.example"], "There is no domain 'unknown.example'."),
        (["check", "unknown.example"], "There is no domain 'unknown.example'."),
    ],
)
def test_what_cannot_be_done_is_one_plain_line(acme: Pratique, words: list[str], line: str) -> None:
    """It says what was wrong with what was typed."""
    acme.do("domain", "add", "taken.example", "--tenant", "acme", *ROUTE)
    assert acme.refuse("domain", *words) == line


@pytest.mark.parametrize("words", [["add"], ["add", "a.example", "--tenant", "acme"], ["route", "a.example"], ["frob"]])
def test_wrong_usage_ends_with_2(acme: Pratique, words: list[str]) -> None:
    """Nothing is written on standard output."""
    result = acme.run("domain", *words)
    assert (result.exit_code, result.stdout) == (2, "")
