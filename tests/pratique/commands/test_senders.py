"""`pratique senders`: allow, block, import, list, remove, and what is refused."""

import pytest

from tests.pratique.commands.conftest import Pratique

OF_ACME = ("--tenant", "acme")


@pytest.fixture
def acme(pratique: Pratique) -> Pratique:
    """A tenant with a domain."""
    pratique.add_acme()
    return pratique


def test_senders_are_allowed_blocked_listed_and_removed(acme: Pratique) -> None:
    """What is said last of an entry counts."""
    result = acme.run("senders", "allow", *OF_ACME, "Ann@Supplier.example", "203.0.113.9", "--note", "our auditor")
    assert result.exit_code == 0 and "2 allowed." in result.stdout
    assert "pratique policy set --tenant acme agents=sender-lists" in result.stderr
    acme.do("policy", "set", *OF_ACME, "agents=sender-lists")
    assert acme.run("senders", "block", *OF_ACME, "*.supplier.example").stderr == ""
    listed = [(each["entry"], each["listing"], each["note"]) for each in acme.ask("senders", "list", *OF_ACME)]
    assert listed == [
        ("203.0.113.9/32", "allow", "our auditor"),
        ("ann@supplier.example", "allow", "our auditor"),
        ("supplier.example", "block", ""),
    ]
    assert "2 allowed, 1 blocked in all." in acme.do("senders", "list", *OF_ACME, "--begins", "ann@")
    acme.do("senders", "remove", *OF_ACME, "supplier.example")
    assert len(acme.ask("senders", "list", *OF_ACME)) == 2


def test_a_file_is_taken_whole_or_not_at_all(acme: Pratique) -> None:
    """The line that is no entry is named."""
    path = acme.data / "senders.csv"
    path.write_text("Sender,why\n" + "".join(f"user{number}@s.example\n" for number in range(2500)))
    assert "2500 blocked." in acme.do("senders", "import", *OF_ACME, "--as", "block", str(path))
    assert len(acme.ask("senders", "list", *OF_ACME)) == 2500
    path.write_text("good.example\nnot an entry\n")
    line = acme.refuse("senders", "import", *OF_ACME, "--as", "block", str(path))
    assert line.startswith("Line 2 of the list:") and line.endswith("Nothing was changed.")
    assert acme.ask("senders", "list", *OF_ACME, "--begins", "good") == []


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["allow", "--tenant", "nobody", "a@b.example"], "There is no tenant named 'nobody'."),
        (["block", *OF_ACME, "10.0.0.0/4"], "The network 10.0.0.0/4 cannot be listed"),
        (["remove", *OF_ACME, "nobody.example"], "nobody.example is on no list of this tenant."),
    ],
)
def test_what_cannot_be_done_is_one_line(acme: Pratique, words: list[str], line: str) -> None:
    """And exit status 1."""
    assert acme.refuse("senders", *words).startswith(line)
