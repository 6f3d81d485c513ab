"""clamd's settings and its unit's drop-in, as infra/ has them: judged by clamd and by systemd's own tools."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.clamd_server import EICAR, clamd_server

SETTINGS = Path("infra/clamav/clamd.conf")
DROP_IN = Path("infra/systemd/clamav-daemon.service.d/scratch.conf")
OWN_PLACES = ("LocalSocket", "LocalSocketMode", "User")
"""What depends on the machine: a test has its own."""


def settings() -> dict[str, str]:
    lines = SETTINGS.read_text().splitlines()
    return dict(line.split() for line in lines if line and not line.startswith("#"))


def octets(word: str) -> int:
    return int(word[:-1]) << {"M": 20, "G": 30}[word[-1]]


def test_clamd_takes_the_settings() -> None:
    """Every line of them, and finds what it must."""
    own = {name: value for name, value in settings().items() if name not in OWN_PLACES}
    with clamd_server(own) as clamd:
        assert clamd.answers()
        question = b"INSTREAM\0" + len(EICAR).to_bytes(4, "big") + EICAR + bytes(3)
        assert clamd.ask(question, 10.0) == b"stream: EICAR.Test.UNOFFICIAL FOUND"


def test_the_memory_for_temporary_files_holds_all_that_clamd_may_make() -> None:
    """A folder that is full would have clamd say OK of a mail that it could not open."""
    own = settings()
    needed = int(own["MaxThreads"]) * (octets(own["StreamMaxLength"]) + octets(own["MaxScanSize"]))
    size = re.search(r"^TemporaryFileSystem=/tmp:size=(\w+),", DROP_IN.read_text(), re.MULTILINE)
    assert size is not None
    assert needed <= octets(size[1]) < needed * 1.2


def test_systemd_understands_the_drop_in(tmp_path: Path) -> None:
    """A misspelt line would leave the files on the disk."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no server: systemd-analyze is not installed")
    unit = tmp_path / "clamav-daemon.service"
    unit.write_text(f"[Service]\nExecStart={sys.executable}\n")
    (tmp_path / DROP_IN.parent.name).mkdir()
    shutil.copy(DROP_IN, tmp_path / DROP_IN.parent.name)
    words = ["systemd-analyze", "--no-pager", "verify", str(unit)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_documents_say_how_to_use_it() -> None:
    """Where people look who run it."""
    assert "clamav-daemon.service.d/scratch.conf" in Path("docs/operating.md").read_text()
