"""The note of a start, which links of later commands follow."""

from pathlib import Path

import pytest

from pratique.portal_address import note_portal_address, portal_address
from pratique.settings.quantities import Address
from pratique.settings.settings import Settings


def test_a_link_follows_the_last_start(tmp_path: Path) -> None:
    """A port given to `up` as a flag counts for a command that was not given it."""
    for port in (9001, 9002):
        note_portal_address(Settings(data=tmp_path, portal=Address("127.0.0.1", port)))
    assert portal_address(Settings(data=tmp_path)) == "http://127.0.0.1:9002"
    assert [path.name for path in tmp_path.iterdir()] == ["portal.url"]


def test_an_address_given_by_name_wins(tmp_path: Path) -> None:
    """At the start, and at the command."""
    note_portal_address(Settings(data=tmp_path, portal_url="https://portal.example"))
    assert portal_address(Settings(data=tmp_path)) == "https://portal.example"
    assert portal_address(Settings(data=tmp_path, portal_url="https://other.example")) == "https://other.example"


@pytest.mark.parametrize("note", [None, b"", b"not an address\n", b"javascript:alert(1)\n", b"\xff"])
def test_without_a_usable_note_the_settings_count(tmp_path: Path, note: bytes | None) -> None:
    """Before the first start, and where the file was damaged."""
    if note is not None:
        (tmp_path / "portal.url").write_bytes(note)
    assert portal_address(Settings(data=tmp_path, portal=Address("127.0.0.1", 9001))) == "http://127.0.0.1:9001"
