"""The plain relay of `aiosmtpd_program.py`, in two processes."""

import contextlib
import os
import signal
from pathlib import Path

from tests.servers.ports import answers, free_port
from tests.servers.program import Program, ServerMissing

PROCESSES = 2
PLACE = Path(__file__).parents[3] / "var" / "bench" / "aiosmtpd"


class AiosmtpdRelay:
    """Receives, asks clamd about the whole message, forwards."""

    name = "aiosmtpd relay"
    promise = "delivered"

    def __init__(self, clamd: Path) -> None:
        self.port = free_port()
        self._clamd = clamd
        self._program: Program | None = None

    @property
    def roots(self) -> dict[str, int]:
        assert self._program is not None
        return {"aiosmtpd": self._program.pid}

    def start(self, folder: Path, sink_port: int) -> None:
        """Raises ServerMissing."""
        python = PLACE / "bin" / "python"
        if not python.exists():
            raise ServerMissing("aiosmtpd is not installed: tests/bench/install_peers.sh")
        script = Path(__file__).with_name("aiosmtpd_program.py")
        words = [python, script, str(self.port), str(sink_port), self._clamd, str(PROCESSES)]
        self._program = Program(words, folder / "aiosmtpd.log")
        self._program.wait_until_ready(lambda: answers(self.port), "the aiosmtpd relay answers")

    def drain(self) -> None:
        """Nothing waits: a 250 comes behind the sink's."""

    def stop(self) -> None:
        if self._program is not None:
            # Its second process is a fork, which nobody else ends.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._program.pid, signal.SIGTERM)
            self._program.stop()
