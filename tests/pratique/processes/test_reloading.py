"""What SIGHUP may change."""

import json
from pathlib import Path

import pytest

from pratique.processes.reloading import at_port, successor_settings
from pratique.settings.settings import Address, Settings, SettingsError

RUNNING = Settings(data=Path("var"), clamd=(), workers=2, portal=Address("127.0.0.1", 8123))


def test_links_lead_to_the_port_that_was_taken() -> None:
    """Where any free one was asked for; an address that was given stays."""
    free = Settings(portal=Address("127.0.0.1", 0))
    assert at_port(free, 8123).portal_url == "http://127.0.0.1:8123"
    given = Settings(portal=Address("127.0.0.1", 0), portal_url="https://portal.example")
    assert at_port(given, 8123).portal_url == "https://portal.example"
    assert json.loads(at_port(given, 8123).to_json())["portal"] == "127.0.0.1:8123"
    assert at_port(given, 0) is given


def test_what_was_read_again_counts() -> None:
    """On the port that the portal has."""
    fresh = Settings(data=Path("var"), clamd=(), workers=2, size=1 << 20, portal=Address("127.0.0.1", 0))
    after = successor_settings(RUNNING, fresh)
    assert (after.size, after.portal, after.portal_url) == (1 << 20, RUNNING.portal, "http://127.0.0.1:8123")


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"data": Path("elsewhere")}, "data, database_url, blobs, master_key"),
        ({"workers": 3}, "workers"),
        ({"smtp": (Address("127.0.0.1", 25),)}, "smtp"),
        ({"database_url": "postgresql://db.example/p"}, "database_url"),
        ({"health": Address("127.0.0.1", 9000)}, "health"),
    ],
)
def test_what_the_processes_stand_on_stays(changes: dict[str, object], names: str) -> None:
    """The refusal names it; a value that may be secret is not shown."""
    usual: dict[str, object] = {"data": Path("var"), "clamd": (), "workers": 2, "portal": RUNNING.portal}
    with pytest.raises(SettingsError) as refusal:
        successor_settings(RUNNING, Settings(**(usual | changes)))  # type: ignore[arg-type]
    assert str(refusal.value) == f"A running Pratique cannot change {names}: restart it."


def test_a_clamd_that_was_found_is_not_forgotten() -> None:
    """It may be away at this moment; said to be none, it is none."""
    running = Settings(data=Path("var"), clamd=("unix:/run/clamd",), workers=2)
    open_again = Settings(data=Path("var"), workers=2)
    assert successor_settings(running, open_again).clamd == ("unix:/run/clamd",)
    assert successor_settings(running, Settings(data=Path("var"), clamd=(), workers=2)).clamd == ()
    assert successor_settings(RUNNING, Settings(data=Path("var"), workers=2, portal=RUNNING.portal)).clamd is None
