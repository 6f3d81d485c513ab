"""The harness around `pratique up`, shown with a small program in its place: start, ready, commands, end."""

import sys
from pathlib import Path

import pytest

from tests.servers.gateway import Gateway, gateway
from tests.servers.program import ServerFailed

STAND_IN = """
import json, os, signal, sys
if "--json" in sys.argv:
    print(json.dumps({"words": sys.argv[1:], "clamd": os.environ["PRATIQUE_CLAMD"]}))
    sys.exit(0)
if sys.argv[1] != "up":
    sys.exit("There is no such command.")
if "--fail" in sys.argv:
    sys.exit("The port is in use.")
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
if "--silent" not in sys.argv:
    print("ready smtp=127.0.0.1:1 portal=127.0.0.1:2")
signal.pause()
"""


@pytest.fixture
def program(tmp_path: Path) -> tuple[str, str]:
    script = tmp_path / "stand_in.py"
    script.write_text(STAND_IN)
    return sys.executable, str(script)


def test_starts_and_drains(program: tuple[str, str]) -> None:
    """The ready line is waited for, and SIGTERM ends it with 0."""
    with gateway(program=program) as one:
        assert one.ready_line == "ready smtp=127.0.0.1:1 portal=127.0.0.1:2"
        assert one.stop() == 0


@pytest.mark.parametrize(("flag", "said"), [("--fail", "The port is in use."), ("--silent", "not within")])
def test_says_why_it_did_not_start(program: tuple[str, str], flag: str, said: str) -> None:
    """An early end carries what was written; a missing ready line is named."""
    with gateway(program=program, is_started=False) as one, pytest.raises(ServerFailed, match=said):
        one.start(flag, seconds=1)


def test_other_commands_share_settings(program: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands see the test's settings, never those of the machine, and a refusal is an error with its line."""
    monkeypatch.setenv("PRATIQUE_CLAMD", "tcp:machine.example:3310")
    with gateway({"size": "1MB"}, is_started=False, program=program) as one:
        assert one.ask("queue", "list") == {"words": ["queue", "list", "--json"], "clamd": "none"}
        with pytest.raises(ServerFailed, match="no such command"):
            one.do("nonsense")


def test_killed_and_started_again(program: tuple[str, str]) -> None:
    """The same ports and the same data folder serve again after SIGKILL."""
    with gateway(program=program) as one:
        before: tuple[Gateway, int] = (one, one.pid)
        one.kill()
        one.start()
        assert one.pid != before[1]
