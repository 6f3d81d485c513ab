"""One run of a command-line scanner, in a thread: started, listened to, and ended with everything that it started.

Comes in: the words of a command, and a Content. Goes out: how it ended and what it wrote. The content is memory without
a name, which the command reads as its standard input, or by the path that stands for `{file}` (`/proc/self/fd/N`): no
plain text of ours is on a disk. Where the system has a memory disk, TMPDIR is there, for what the scanner unpacks.

Standards: memfd_create(2), proc(5), setsid(2).

Failure: what takes too long, or writes more than MOST_OUTPUT_OCTETS, is killed with its process group and has no exit
status. A command that cannot be started raises OSError.
Known gaps: a process that leaves the group is not ended with it; what a scanner writes elsewhere is its own affair.
"""

import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mx.artifact import Content

MOST_OUTPUT_OCTETS = 64 * 1024
FILE = "{file}"
_MEMORY_DISK = Path("/dev/shm")  # noqa: S108
_LOOK_SECONDS = 0.5
CAN_RUN = hasattr(os, "memfd_create") and Path("/proc/self/fd").is_dir()


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended; `status` is None when it was killed, `reason` then says why."""

    status: int | None
    output: str = ""
    reason: str = ""


class Run:
    """One run; `stop` may be called from another thread."""

    def __init__(self, words: Sequence[str], content: Content, seconds: float) -> None:
        self._words, self._content, self._seconds = list(words), content, seconds
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End it soon, whatever it does."""
        self._stopped.set()

    def to_its_end(self) -> Ended:
        """Blocks until it has ended; raises OSError when it cannot be started or the content cannot be read."""
        memory = os.memfd_create("artifact", os.MFD_CLOEXEC)
        try:
            for chunk in self._content.chunks():
                rest = memoryview(chunk)
                while rest:
                    rest = rest[os.write(memory, rest) :]
            os.lseek(memory, 0, os.SEEK_SET)
            return self._run(memory)
        finally:
            os.close(memory)

    def _run(self, memory: int) -> Ended:
        by_path = any(FILE in word for word in self._words)
        words = [word.replace(FILE, f"/proc/self/fd/{memory}") for word in self._words]
        with subprocess.Popen(  # noqa: S603 - the operator's own command; no stranger's text is in it
            words,
            stdin=subprocess.DEVNULL if by_path else memory,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=_environment(),
            pass_fds=(memory,) if by_path else (),
            start_new_session=True,
        ) as process:
            try:
                return self._listen(process)
            finally:
                # Whatever it left behind ends as well.
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)

    def _listen(self, process: subprocess.Popen[bytes]) -> Ended:
        assert process.stdout is not None
        until = time.monotonic() + self._seconds
        output = b""
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while (left := until - time.monotonic()) > 0 and not self._stopped.is_set():
                if selector.select(min(left, _LOOK_SECONDS)):
                    piece = os.read(process.stdout.fileno(), MOST_OUTPUT_OCTETS)
                    if not piece:
                        return self._wait(process, until, output)
                    output += piece
                    if len(output) > MOST_OUTPUT_OCTETS:
                        return Ended(None, reason="it wrote too much")
        return Ended(None, reason="it was stopped" if self._stopped.is_set() else "it took too long")

    def _wait(self, process: subprocess.Popen[bytes], until: float, output: bytes) -> Ended:
        while (left := until - time.monotonic()) > 0 and not self._stopped.is_set():
            with suppress(subprocess.TimeoutExpired):
                status = process.wait(min(left, _LOOK_SECONDS))
                text = output.decode("utf-8", "replace")
                return Ended(status, text) if status >= 0 else Ended(None, reason=f"signal {-status} ended it")
        return Ended(None, reason="it took too long")


def _environment() -> dict[str, str]:
    """Little, so that no secret of ours is in it."""
    temporary = {"TMPDIR": str(_MEMORY_DISK)} if os.access(_MEMORY_DISK, os.W_OK) else {}
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"} | temporary
