"""The systemd unit, judged by systemd's own tools, which need no running systemd."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UNIT = Path("infra/systemd/pratique.service")
MOST_EXPOSURE = 20
"""In tenths; systemd calls up to 19 OK, and an ordinary service has 96."""


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that is there: `verify` looks for it."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no server: systemd-analyze is not installed")
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace("/opt/pratique/bin/pratique", sys.executable))
    return copy


def analyze(*words: str) -> "subprocess.CompletedProcess[str]":
    """What systemd-analyze says."""
    return subprocess.run(["systemd-analyze", "--no-pager", *words], capture_output=True, text=True, timeout=60)


def test_every_line_is_understood(unit: Path) -> None:
    """A misspelt protection would protect nothing."""
    done = analyze("verify", str(unit))
    assert (done.returncode, done.stderr) == (0, "")


def test_little_is_exposed(unit: Path) -> None:
    """By systemd's own measure."""
    done = analyze("security", "--offline=yes", f"--threshold={MOST_EXPOSURE}", str(unit))
    assert done.returncode == 0, done.stdout[-300:]


def test_what_the_cells_need_is_allowed() -> None:
    """They put their own filter on top, and set limits of their own."""
    text = UNIT.read_text()
    assert re.search(r"^SystemCallFilter=@system-service seccomp$", text, re.MULTILINE)
    assert re.search(r"^SystemCallFilter=setrlimit prlimit64$", text, re.MULTILINE)
    assert "MemoryDenyWriteExecute=" not in text
    assert "SystemCallErrorNumber=EPERM" in text


def test_the_documents_say_how_to_use_it() -> None:
    """Reload and stop as the program means them."""
    text = UNIT.read_text()
    assert "ExecReload=/bin/kill -HUP $MAINPID" in text
    assert "KillMode=mixed" in text
    assert "systemd/pratique.service" in Path("docs/operating.md").read_text()
