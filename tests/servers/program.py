"""A server as a child process: found, started, waited for, signalled by its own pid, ended with its folder.

Every real server of the tests is one `Program` behind a face of its own. The folder is made with `tempfile`, not
pytest's `tmp_path`, because servers that drop root must be able to walk to it.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

POLL_SECONDS = 0.02
SYSTEM_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin", "/opt/homebrew/sbin", "/usr/local/bin")


class ServerMissing(Exception):
    """The server is not on this machine, or cannot be run by this user: its tests are skipped with this text."""


class ServerFailed(Exception):
    """The server ended early or was not ready in time; the text carries what it wrote."""


def find_program(name: str, *folders: str | Path) -> Path:
    """Where the executable stands: in `folders`, then on the PATH, then where systems keep servers."""
    places = os.pathsep.join([*map(str, folders), os.environ.get("PATH", ""), *SYSTEM_FOLDERS])
    found = shutil.which(name, path=places)
    if found is None:
        raise ServerMissing(f"{name} is not installed")
    return Path(found)


@contextmanager
def server_folder(name: str, owner: str | None = None, place: str | Path = "/tmp") -> Iterator[Path]:
    """An empty folder with a short path that every user may walk through, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=place))
    try:
        folder.chmod(0o755)
        if owner is not None:
            shutil.chown(folder, owner)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def wait_until(is_so: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    """Returns when `is_so()`; raises TimeoutError naming `what` after `seconds`. For what cannot be waited on."""
    pause = threading.Event()
    for _ in range(max(1, round(seconds / POLL_SECONDS))):
        if is_so():
            return
        pause.wait(POLL_SECONDS)
    raise TimeoutError(f"not within {seconds:g} s: {what}")


class Program:
    """One running child process, in a process group of its own; what it writes is kept in `log`."""

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        *,
        user: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.log = log
        identity = pwd.getpwnam(user) if user else None
        with log.open("ab") as written:
            self.process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
                cwd=log.parent,
                env=None if environment is None else dict(environment),
                user=identity.pw_uid if identity else None,
                group=identity.pw_gid if identity else None,
                extra_groups=[] if identity else None,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def wait_until_ready(self, is_ready: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
        """Returns when ready; raises ServerFailed with the log when it ends before, or takes longer."""

        def is_settled() -> bool:
            return self.process.poll() is not None or is_ready()

        try:
            wait_until(is_settled, what, seconds)
        except TimeoutError as late:
            raise ServerFailed(f"{late}\n{self.written()}") from None
        if self.process.poll() is not None:
            raise ServerFailed(f"{what}: ended with {self.process.returncode}\n{self.written()}")

    def written(self) -> str:
        return self.log.read_text(errors="replace")[-8000:]

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = 15.0) -> int:
        """Its exit status. A stopped process is continued first; one that does not end is killed with its group."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
        return self.process.wait()
