"""`pratique work`: what reaches the process; `tests/pratique/compose/test_work.py` runs it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from pratique.cli import front_door
from pratique.processes import processes
from pratique.settings.settings import Settings


def test_the_process_is_given_its_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And its exit status is the command's."""
    monkeypatch.chdir(tmp_path)
    started: list[Settings] = []

    def note(settings: Settings, read_again: Callable[[], Settings]) -> int:
        started.append(settings)
        assert read_again() == settings
        return 7

    monkeypatch.setattr(processes, "run_work", note)
    runner = CliRunner()
    assert runner.invoke(front_door, ["work", "--data", "elsewhere"], standalone_mode=False).return_value == 7
    assert started == [Settings(data=Path("elsewhere"))]


def test_a_setting_that_cannot_be_used_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is started."""
    monkeypatch.setenv("PRATIQUE_CELLS", "many")
    result = CliRunner().invoke(front_door, ["work"])
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "PRATIQUE_CELLS" in result.stderr
