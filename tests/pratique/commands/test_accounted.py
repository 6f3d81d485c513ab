"""`pratique accounted`: one line for each copy that is ours to keep."""

import pytest

from pratique.commands.accounted import line
from tenants.accounted import AccountedCopy
from tests.pratique.commands.conftest import Mail, Pratique


def test_nothing_held_is_no_line(pratique: Pratique) -> None:
    """And an empty list."""
    assert pratique.do("accounted") == ""
    assert pratique.ask("accounted") == []


def test_every_copy_has_its_line(pratique: Pratique, mail: Mail) -> None:
    """The queue first, then the quarantine."""
    mail.hold("EICAR", subject="Invoice no 7")
    mail.queue("Report")
    assert pratique.do("accounted").splitlines() == [
        "queue acme <1@s.example> anna@acme.example Report",
        "quarantine acme <1@s.example> anna@acme.example Invoice no 7",
    ]
    assert [one["where"] for one in pratique.ask("accounted")] == ["queue", "quarantine"]


@pytest.mark.parametrize(
    ("message_id", "recipient", "subject", "written"),
    [
        ("", "a@b.example", "", "queue t - a@b.example -"),
        ("<1 2@x>", "a@b.example", "a  b\tc", "queue t <1\\x202@x> a@b.example a b\\x09c"),
        ("<1@x>", '"a b"@c.example', "\r\nqueue forged", 'queue t <1@x> "a\\x20b"@c.example \\x0d\\x0aqueue forged'),
        ("<1@x>", "a@b.example", "\u202egpj.exe", "queue t <1@x> a@b.example \\u202egpj.exe"),
    ],
)
def test_a_line_stays_one_line_with_five_fields(message_id: str, recipient: str, subject: str, written: str) -> None:
    """A stranger's text forges neither a line nor a field."""
    assert line(AccountedCopy("queue", "t", message_id, recipient, subject)) == written
