"""Haraka with its clamd plugin and smtp_forward: two processes, as its own advice for two processors is.

From npm, where `install_peers.sh` puts it. A `250` means that the next hop has taken the message.
"""

import shutil
from pathlib import Path

from tests.bench.systems import DOMAIN
from tests.servers.ports import HOST, answers, free_port
from tests.servers.program import Program, ServerMissing, find_program

PROCESSES = 2
PLACE = Path(__file__).parents[3] / "var" / "bench" / "haraka"
_FILES = {
    "plugins": "rcpt_to.in_host_list\nclamd\nqueue/smtp_forward\n",
    "host_list": f"{DOMAIN}\n",
    "me": "haraka.bench.example\n",
    "loglevel": "WARN\n",
    "databytes": "52428800\n",
    "plugin_timeout": "60\n",
}


class Haraka:
    """One cluster of Node.js processes."""

    name = "haraka"
    promise = "delivered"

    def __init__(self, clamd: Path) -> None:
        self.port = free_port()
        self._clamd = clamd
        self._program: Program | None = None

    @property
    def roots(self) -> dict[str, int]:
        assert self._program is not None
        return {"haraka": self._program.pid}

    def start(self, folder: Path, sink_port: int) -> None:
        """Raises ServerMissing."""
        program = PLACE / "node_modules" / ".bin" / "haraka"
        if not program.exists():
            raise ServerMissing("Haraka is not installed: tests/bench/install_peers.sh")
        here = folder / "haraka"
        written = here / "config"
        written.mkdir(parents=True)
        files = {
            **_FILES,
            "smtp.ini": f"listen={HOST}:{self.port}\nnodes={PROCESSES}\nuser=nobody\ngroup=nogroup\n",
            "smtp_forward.ini": f"host={HOST}\nport={sink_port}\nenable_outbound=false\nmax_connections=1000\n",
            "clamd.ini": f"clamd_socket={self._clamd}\nmax_size=52428800\n[reject]\nvirus=true\n",
        }
        for name, text in files.items():
            (written / name).write_text(text)
        for name in ("connection.ini", "log.ini"):
            shutil.copy(PLACE / "node_modules" / "Haraka" / "config" / name, written)
        for path in (here, written, *written.iterdir()):
            path.chmod(0o755)
        self._program = Program([find_program("node"), program.resolve(), "-c", here], here / "log")
        self._program.wait_until_ready(lambda: answers(self.port), "Haraka answers", 60)

    def drain(self) -> None:
        """Nothing waits: a 250 comes behind the sink's."""

    def stop(self) -> None:
        if self._program is not None:
            self._program.stop()
