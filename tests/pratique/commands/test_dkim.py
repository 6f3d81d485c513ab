"""`pratique dkim`: the records to publish."""

from tests.pratique.commands.conftest import Pratique


def test_the_records_are_printed_the_same_each_time(pratique: Pratique) -> None:
    """One for each key, at names below our own."""
    printed = pratique.do("dkim").splitlines()
    assert printed == pratique.ask("dkim") == pratique.do("dkim").splitlines()
    assert len(printed) == 2
    assert all("._domainkey.service.example. TXT " in line for line in printed)
