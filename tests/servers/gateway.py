"""The real `pratique up` on free ports with a data folder of its own, and its other commands beside it.

Comes in: settings by name, as PRATIQUE_ variables are called without their prefix, in lower case. What this machine's
environment says of Pratique is not passed on. The SMTP port can be named by a test before the gateway is started, so
that a sending server is set up first.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers.ports import HOST, free_port
from tests.servers.program import Program, ServerFailed, server_folder

PROGRAM = (sys.executable, "-m", "pratique")
READY = re.compile(r"^ready smtp=(\S+) portal=(\S+)$", re.MULTILINE)
DRAIN_SECONDS = 30.0


class Gateway:
    """One data folder and the processes of `pratique up` on it; start and stop it as often as a test needs."""

    def __init__(
        self,
        data: Path,
        settings: Mapping[str, str],
        program: Sequence[str] = PROGRAM,
        log_name: str = "gateway.log",
    ) -> None:
        self.data = data
        self.smtp_port = free_port()
        self.portal_port = free_port()
        self.ready_line = ""
        self._program = tuple(program)
        self._environment = _environment(data, settings)
        self._log = data.parent / log_name
        self._running: Program | None = None

    @property
    def portal_url(self) -> str:
        return f"http://{HOST}:{self.portal_port}"

    @property
    def environment(self) -> dict[str, str]:
        """What its processes are started with."""
        return dict(self._environment)

    @property
    def pid(self) -> int:
        """The parent of all processes of `pratique up`."""
        assert self._running is not None, "the gateway was not started"
        return self._running.pid

    def start(self, *flags: str, seconds: float = 30.0) -> None:
        """Returns when the `ready` line is written; raises ServerFailed with what was written instead."""
        self._log.unlink(missing_ok=True)
        addresses = ["--smtp", f"{HOST}:{self.smtp_port}", "--portal", f"{HOST}:{self.portal_port}"]
        command = [*self._program, "up", "--data", str(self.data), *addresses, *flags]
        self._running = Program(command, self._log, environment=self._environment)
        self._running.wait_until_ready(lambda: READY.search(self.log()) is not None, "pratique up is ready", seconds)
        found = READY.search(self.log())
        assert found is not None
        self.ready_line = found.group()

    def stop(self) -> int:
        """Drains; the exit status of `pratique up`, 0 when it ended within the 30 s of the contract."""
        return 0 if self._running is None else self._running.stop(signal.SIGTERM, DRAIN_SECONDS)

    def kill(self) -> None:
        """SIGKILL to the parent alone: its children must notice and end by themselves."""
        assert self._running is not None, "the gateway was not started"
        self._running.stop(signal.SIGKILL)

    def hang_up(self) -> None:
        """SIGHUP: the settings are read again."""
        assert self._running is not None, "the gateway was not started"
        os.kill(self._running.pid, signal.SIGHUP)

    def run(self, *words: str, seconds: float = 60.0) -> "subprocess.CompletedProcess[str]":
        """One command on the same data folder, such as `run("tenant", "list")`; its exit status is not judged."""
        command = [*self._program, *words]
        return subprocess.run(
            command,
            env=self._environment,
            cwd=self.data.parent,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
            stdin=subprocess.DEVNULL,
        )

    def do(self, *words: str) -> str:
        """What a command that must succeed wrote."""
        done = self.run(*words)
        if done.returncode:
            raise ServerFailed(f"pratique {' '.join(words)}: exit {done.returncode}: {done.stderr}")
        return done.stdout

    def ask(self, *words: str) -> Any:
        """The JSON document that a command prints with `--json`."""
        return json.loads(self.do(*words, "--json"))

    def log(self) -> str:
        """What `pratique up` wrote on both its outputs since it was started."""
        return self._log.read_text(errors="replace")


def _environment(data: Path, settings: Mapping[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PRATIQUE_")}
    root = Path(__file__).resolve().parents[2]
    own = {"data": str(data), "clamd": "none", "hostname": "mx.pratique.example", **settings}
    named = {f"PRATIQUE_{name.upper()}": value for name, value in own.items()}
    path = os.pathsep.join(filter(None, [str(root), inherited.get("PYTHONPATH")]))
    return inherited | named | {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}


@contextmanager
def gateway(
    settings: Mapping[str, str] | None = None, *, is_started: bool = True, program: Sequence[str] = PROGRAM
) -> Iterator[Gateway]:
    """A gateway with private next hops allowed and no clamd, unless `settings` say otherwise; stopped at the end."""
    with server_folder("gateway") as folder:
        one = Gateway(folder / "data", {"allow_private_routes": "on", **(settings or {})}, program)
        try:
            if is_started:
                one.start()
            yield one
        finally:
            one.stop()
