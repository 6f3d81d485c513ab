"""The `pratique` command as a person types it: exit statuses, one plain line, nothing loaded in vain."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from pratique.cli import COMMANDS, front_door, main

ROOT = Path(__file__).parents[2]
WRITTEN_HERE = sorted(path.stem for path in (ROOT / "pratique" / "commands").glob("*.py") if path.stem in COMMANDS)


def _pratique(folder: Path, *words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PRATIQUE_")}
    environment = {**inherited, "PYTHONPATH": str(ROOT), "PRATIQUE_DATA": str(folder / "data"), **variables}
    return subprocess.run(
        [sys.executable, "-m", "pratique", *words],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )


def test_help_names_every_command(tmp_path: Path) -> None:
    """In one page."""
    done = _pratique(tmp_path, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)
    assert max(len(line) for line in done.stdout.splitlines()) <= 100


def test_help_loads_no_heavy_library(tmp_path: Path) -> None:
    """Whoever asks for help waits for nothing."""
    code = (
        "import sys; from pratique.cli import main; main(['--help']);"
        "print(sorted({'twisted', 'sqlalchemy', 'fastapi', 'alembic', 'rich'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True
    )
    assert done.stderr == b"[]\n"


def _leaves(command: click.Command, words: tuple[str, ...]) -> list[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        return [words]
    inner = [_leaves(child, (*words, name)) for name, child in command.commands.items()]
    return [words, *(leaf for leaves in inner for leaf in leaves)]


@pytest.mark.parametrize("name", WRITTEN_HERE)
def test_every_command_has_help_with_an_example(name: str) -> None:
    """So have its sub-commands."""
    with click.Context(front_door) as context:
        command = front_door.get_command(context, name)
    assert command is not None
    for words in _leaves(command, (name,)):
        result = CliRunner().invoke(front_door, [*words, "--help"], prog_name="pratique")
        assert result.exit_code == 0
        assert f"pratique {words[0]}" in result.output.partition("Example")[2], words


@pytest.mark.parametrize(
    ("words", "variables", "line"),
    [
        (["tenant", "show", "nobody"], {}, "There is no tenant named 'nobody'."),
        (
            ["tenant", "list"],
            {"PRATIQUE_SISE": "1"},
            "There is no setting PRATIQUE_SISE; the nearest is PRATIQUE_SIZE.",
        ),
        (["--config", "none.toml", "tenant", "list"], {}, "There is no settings file none.toml."),
        (
            ["tenant", "list"],
            {"PRATIQUE_DATA": "/proc/none"},
            "The data folder /proc/none cannot be made: No such file or directory.",
        ),
        (["policy", "set", "--tenant", "operator", "--file", "."], {}, ".: Is a directory."),
    ],
)
def test_a_refusal_is_one_plain_line_and_status_1(
    tmp_path: Path, words: list[str], variables: dict[str, str], line: str
) -> None:
    """Nothing on standard output, no traceback."""
    done = _pratique(tmp_path, *words, **variables)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", line + "\n")


@pytest.mark.parametrize(
    "words", [["bogus"], ["tenant", "bogus"], ["tenant", "add"], ["--bogus"], ["queue", "show", "x"]]
)
def test_wrong_usage_is_status_2(tmp_path: Path, words: list[str]) -> None:
    """With a word on how it is used."""
    done = _pratique(tmp_path, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Usage: pratique" in done.stderr


def test_flags_for_all_commands_may_stand_first(tmp_path: Path) -> None:
    """`--data` names the folder."""
    assert _pratique(tmp_path, "--data", "mine", "tenant", "list", "--json").returncode == 0
    assert (tmp_path / "mine" / "pratique.sqlite").exists()


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    """`pratique ... | head -1` ends quietly."""
    command = f"{sys.executable} -m pratique tenant list --json; echo status $? >&2"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PRATIQUE_DATA": str(tmp_path / "data")}
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        ["/bin/sh", "-c", command], env=environment, cwd=tmp_path, stdout=write, stderr=subprocess.PIPE
    )
    os.close(write)
    assert done.stderr == b"status 0\n"


def _break_tenant_list(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("two\nlines")

    monkeypatch.setenv("PRATIQUE_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("pratique.commands.tenant.list_tenants", broken)


def test_an_error_that_nothing_expected_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It tells how to see more."""
    _break_tenant_list(monkeypatch, tmp_path)
    monkeypatch.delenv("PRATIQUE_DEBUG", raising=False)
    assert main(["tenant", "list"]) == 1
    assert capsys.readouterr().err == (
        "Pratique met an error that it did not expect (ZeroDivisionError: two lines); PRATIQUE_DEBUG=1 shows more.\n"
    )


def test_debug_shows_the_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For whoever mends it."""
    _break_tenant_list(monkeypatch, tmp_path)
    monkeypatch.setenv("PRATIQUE_DEBUG", "1")
    assert main(["tenant", "list"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_is_not_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C ends a command as shells expect."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setenv("PRATIQUE_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("pratique.commands.tenant.list_tenants", interrupted)
    assert main(["tenant", "list"]) == 130
    assert capsys.readouterr().err.strip() == "Stopped."
