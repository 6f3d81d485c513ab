"""A `portal` process alone: the pages, in a process of its own, ended by SIGTERM."""

import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path


def test_pages_are_shown_until_it_is_told_to_stop(tmp_path: Path) -> None:
    """It says where, and ends with 0; Twisted's reactor was not needed."""
    with subprocess.Popen(
        [sys.executable, "-m", "pratique", "portal", "--data", str(tmp_path / "data"), "--portal", "127.0.0.1:0"],
        env=os.environ | {"PRATIQUE_CLAMD": "none"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as portal:
        assert portal.stdout is not None and portal.stderr is not None
        found = re.fullmatch(r"ready portal=127\.0\.0\.1:(\d+)\n", portal.stdout.readline())
        assert found
        with urllib.request.urlopen(f"http://127.0.0.1:{found[1]}/health", timeout=20) as answer:
            assert answer.status == 200
        portal.terminate()
        assert portal.wait(30) == 0
        assert portal.stderr.read() == ""
