"""The demonstration, whole: `pratique up --demo`, ended with Ctrl-C."""

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from pratique.demo import EICAR, samples

FREE_PORTS = ("--smtp", "127.0.0.1:0", "--portal", "127.0.0.1:0", "--workers", "1")


def test_the_samples_are_what_their_titles_say() -> None:
    """The harmless test string is 68 octets long."""
    assert len(EICAR) == 68
    assert [title for title, _ in samples()] == [
        "a clean message",
        "the EICAR test file attached",
        "EICAR in a zip in a zip",
    ]


def test_the_demonstration_shows_what_becomes_of_mail(tmp_path: Path) -> None:
    """The clean message is in the mailbox, the others were refused, and the link leads into the portal."""
    said = tmp_path / "stderr"
    with said.open("w") as errors:
        demo = subprocess.Popen(
            [sys.executable, "-m", "pratique", "up", "--demo", "--data", str(tmp_path / "data"), *FREE_PORTS],
            env=os.environ | {"PRATIQUE_CLAMD": "none", "PRATIQUE_CELLS": "1"},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
    with demo:
        assert demo.stdout is not None
        lines = list(iter(demo.stdout.readline, "Stop with Ctrl-C.\n"))
        [link] = [line.strip() for line in lines if line.startswith("  http://")]
        with urllib.request.urlopen(link, timeout=20) as page:
            assert page.status == 200
        os.killpg(demo.pid, signal.SIGINT)
        assert demo.wait(30) == 0
    assert lines[0].startswith("ready smtp=127.0.0.1:")
    answers = [line[39:42] for line in lines if line.startswith(("  a ", "  the ", "  EICAR"))]
    assert answers == ["250", "550", "550"], lines
    [delivered] = (tmp_path / "data" / "demo-mailbox").iterdir()
    assert b"See you on Thursday." in delivered.read_bytes()
    assert "Z error " not in said.read_text() and "Traceback" not in said.read_text()
