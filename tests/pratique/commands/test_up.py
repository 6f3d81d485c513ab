"""`pratique up`: what reaches the processes; `tests/pratique/processes/test_processes.py` runs them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from pratique.cli import front_door
from pratique.processes import processes
from pratique.settings.settings import Address, Settings

Started = list[tuple[Settings, bool]]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Started:
    """What would have been started, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    calls: Started = []

    def note(settings: Settings, read_again: Callable[[], Settings], *, is_demo: bool) -> int:
        calls.append((settings, is_demo))
        assert read_again() == settings
        return 0

    monkeypatch.setattr(processes, "run_up", note)
    return calls


def test_flags_are_settings(started: Started) -> None:
    """The SMTP address may stand more than once."""
    words = ["up", "--smtp", "127.0.0.1:2600", "--smtp", "[::1]:2600", "--portal", "127.0.0.1:8100", "--workers", "3"]
    result = CliRunner().invoke(front_door, words)
    assert result.exit_code == 0, result.output
    [(settings, is_demo)] = started
    assert settings.smtp == (Address("127.0.0.1", 2600), Address("::1", 2600))
    assert (settings.portal, settings.workers, is_demo) == (Address("127.0.0.1", 8100), 3, False)
    assert not settings.allow_private_routes


def test_the_demonstration_delivers_on_this_machine(started: Started) -> None:
    """Its next hop is on loopback; all other settings stay as they were given."""
    result = CliRunner().invoke(front_door, ["up", "--demo", "--data", "elsewhere"])
    assert result.exit_code == 0, result.output
    [(settings, is_demo)] = started
    assert is_demo
    assert settings == Settings(data=Path("elsewhere"), allow_private_routes=True)


def test_wrong_usage_is_2(started: Started) -> None:
    """A word that nothing asked for; and a value that cannot be used is refused with 1."""
    assert CliRunner().invoke(front_door, ["up", "now"]).exit_code == 2
    assert CliRunner().invoke(front_door, ["up", "--workers", "none"]).exit_code == 1
    assert started == []
