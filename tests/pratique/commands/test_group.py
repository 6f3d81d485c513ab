"""`pratique group`: recipients with a policy in common."""

import pytest

from tests.pratique.commands.conftest import Pratique

A, B = "anna@acme.example", "bo@acme.example"


@pytest.fixture
def acme(pratique: Pratique) -> Pratique:
    """A tenant with a domain."""
    pratique.add_acme()
    return pratique


def test_groups_are_made_changed_and_deleted(acme: Pratique) -> None:
    """Each command shows what is left."""
    of_acme = ("--tenant", "acme")
    assert acme.ask("group", "add", *of_acme, "sales", "Anna@acme.example", B) == [{"name": "sales", "members": [A, B]}]
    acme.do("group", "add", *of_acme, "board", A)
    assert [group["name"] for group in acme.ask("group", "list", *of_acme)] == ["sales", "board"]
    assert acme.ask("group", "remove", *of_acme, "sales", A) == [{"name": "sales", "members": [B]}]
    assert acme.ask("group", "remove", *of_acme, "sales") == []
    assert "board" in acme.do("group", "list", *of_acme) and "sales" not in acme.do("group", "list", *of_acme)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["add", "--tenant", "nobody", "sales", A], "There is no tenant named 'nobody'."),
        (["add", "--tenant", "acme", "Sales", A], "A group cannot be named 'Sales'"),
        (["add", "--tenant", "acme", "sales", "anna"], "'anna' is not an address."),
        (["remove", "--tenant", "acme", "sales"], "There is no group 'sales'."),
    ],
)
def test_what_cannot_be_done_is_one_plain_line(acme: Pratique, words: list[str], line: str) -> None:
    """Nothing is changed."""
    assert acme.refuse("group", *words).startswith(line)
    assert acme.ask("group", "list", "--tenant", "acme") == []
