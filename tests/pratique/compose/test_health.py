"""`/healthz` and `/readyz` beside a `work` process that has no portal."""

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from tests.servers.program import wait_until


def state_of(port: str) -> str:
    """The word of `/readyz`, whichever its status."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=20) as answer:
            return str(json.load(answer)["state"])
    except urllib.error.HTTPError as degraded:
        with degraded:
            return str(json.load(degraded)["state"])


def test_a_node_without_a_portal_tells_its_state(tmp_path: Path) -> None:
    """It is ready once its engines have reported, and ends with its parent."""
    words = ["work", "--data", str(tmp_path / "data"), "--health", "127.0.0.1:0"]
    with subprocess.Popen(
        [sys.executable, "-m", "pratique", *words],
        env=os.environ | {"PRATIQUE_CLAMD": "none", "PRATIQUE_CELLS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as node:
        assert node.stdout is not None and node.stderr is not None
        found = re.fullmatch(r"ready health=127\.0\.0\.1:(\d+)\n", node.stdout.readline())
        assert found
        with urllib.request.urlopen(f"http://127.0.0.1:{found[1]}/healthz", timeout=20) as answer:
            assert answer.read() == b"ok\n"
        wait_until(lambda: state_of(found[1]) == "ready", "the node is ready", 30)
        node.terminate()
        assert node.wait(30) == 0
        assert node.stderr.read() == ""
