"""Options that commands share."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from pratique.options import GIVEN_BEFORE, PointInTime, starting_with_settings, with_settings
from pratique.settings.settings import Address, Settings


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PRATIQUE_DATA", raising=False)


def _run(command: click.Command, arguments: list[str], before: dict[str, object] | None = None) -> list[str]:
    with click.Context(click.Group("pratique")) as parent:
        parent.meta[GIVEN_BEFORE] = before or {}
        result = CliRunner().invoke(command, arguments, parent=parent, catch_exceptions=False)
    return result.output.splitlines()


@click.command
@with_settings("smtp", "workers")
def show(settings: Settings) -> None:
    """Print the settings as read."""
    click.echo(settings.data)
    click.echo(settings.workers)
    for address in settings.smtp:
        click.echo(address)


def test_a_command_gets_its_settings_from_flags() -> None:
    """A flag for a list may be given several times."""
    given = ["--data", "/a", "--workers", "3", "--smtp", "127.0.0.1:25", "--smtp", "[::1]:25"]
    assert _run(show, given) == ["/a", "3", "127.0.0.1:25", "[::1]:25"]


def test_flags_may_stand_before_the_command(tmp_path: Path) -> None:
    """`pratique --data DIR queue list` is what `pratique queue list --data DIR` is; the later one wins."""
    (tmp_path / "mine.toml").write_text("workers = 5\n")
    before: dict[str, object] = {"data": Path("/before"), "config": tmp_path / "mine.toml"}
    assert _run(show, [], before)[:2] == ["/before", "5"]
    assert _run(show, ["--data", "/after"], before)[:2] == ["/after", "5"]


def test_help_tells_each_flag_with_its_default() -> None:
    """The words are those of the settings."""
    text = "\n".join(_run(show, ["--help"]))
    assert "--smtp HOST:PORT" in text
    assert "127.0.0.1:2525" in text


def test_a_start_can_read_its_settings_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the same flags, environment and file."""

    @click.command
    @starting_with_settings()
    def start(settings: Settings, read_again: Callable[[], Settings]) -> None:
        """Start."""
        assert settings.portal == Address("127.0.0.1", 8025)
        monkeypatch.setenv("PRATIQUE_SIZE", "1MB")
        assert read_again().size == 1 << 20

    assert _run(start, []) == []


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24", datetime(2026, 11, 24, tzinfo=UTC)),
        ("2026-11-24T10:00", datetime(2026, 11, 24, 10, tzinfo=UTC)),
        ("2026-11-24T10:00:00Z", datetime(2026, 11, 24, 10, tzinfo=UTC)),
        ("2026-11-24T10:00:00+02:00", datetime(2026, 11, 24, 8, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_in_iso_form(text: str, moment: datetime) -> None:
    """Without a zone it is UTC."""
    assert PointInTime().convert(text, None, None) == moment


@pytest.mark.parametrize(("text", "ago"), [("2h", timedelta(hours=2)), ("3d", timedelta(days=3))])
def test_a_time_is_read_as_so_long_ago(text: str, ago: timedelta) -> None:
    """Counted back from now."""
    moment = PointInTime().convert(text, None, None)
    age = datetime.now(UTC) - moment
    assert ago <= age < ago + timedelta(minutes=1)


@pytest.mark.parametrize("text", ["yesterday", "", "2026-13-01", "999999999d"])
def test_what_is_not_a_time_is_wrong_usage(text: str) -> None:
    """The sentence says how a time is written."""
    with pytest.raises(click.BadParameter, match="is not a time: write 2h, 3d, or 2026"):
        PointInTime().convert(text, None, None)
