"""A real clamd on a unix socket, with a database of its own that knows EICAR and nothing else.

No official database is needed or read. As root it drops to the user `clamav` (or `nobody`), as anybody else it runs
as that user. Names come back as `EICAR.Test.UNOFFICIAL`: clamd adds the suffix to what is not in its signed database.
"""

import hashlib
import os
import pwd
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.servers.program import Program, find_program, server_folder

MEMORY_FOLDER = Path("/dev/shm" if Path("/dev/shm").is_dir() else "/tmp")
"""For the temporary files of one whose time is measured: memory, where the system has a folder for that."""
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
FILE_SIGNATURES = f"{hashlib.md5(EICAR).hexdigest()}:{len(EICAR)}:EICAR.Test.File\n"
OTHER_SIGNATURES = b"Nobody.Sends.This:0:*:" + b"pratique-nobody-sends-this".hex().encode() + b"\n"
BODY_SIGNATURES = f"EICAR.Test:0:*:{EICAR.hex()}\n"


class ClamdServer:
    """One clamd; `setting` is what PRATIQUE_CLAMD takes."""

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, str],
        signatures: bytes | None = None,
        databases: Mapping[str, bytes] | None = None,
    ) -> None:
        self.folder = folder
        self.socket_path = folder / "clamd.sock"
        self._configuration = folder / "clamd.conf"
        self._write_files(settings, signatures)
        for name, lines in (databases or {}).items():
            (folder / "database" / name).write_bytes(lines)
        self._program: Program | None = None

    @property
    def setting(self) -> str:
        return f"unix:{self.socket_path}"

    @property
    def pid(self) -> int:
        assert self._program is not None, "clamd was not started"
        return self._program.pid

    def start(self) -> None:
        """Returns when clamd answers PING; raises ServerMissing or ServerFailed."""
        self.socket_path.unlink(missing_ok=True)
        command: list[str | Path] = [find_program("clamd"), f"--config-file={self._configuration}", "--foreground"]
        self._program = Program(command, self.folder / "clamd.log")
        self._program.wait_until_ready(self.answers, "clamd answers PING")

    def stop(self) -> None:
        if self._program is not None:
            self._program.stop()

    def freeze(self) -> None:
        """Connections are still taken by the kernel, and nothing answers any more (SIGSTOP)."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """Gone at once (SIGKILL), its socket file left behind; `start` brings it back."""
        assert self._program is not None, "clamd was not started"
        self._program.stop(signal.SIGKILL)

    def answers(self) -> bool:
        """Whether PING is answered within a second."""
        return self.ask(b"PING") == b"PONG"

    def ask(self, command: bytes, seconds: float = 1.0) -> bytes:
        """The answer to one command, without its end; empty when clamd is away or silent."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(seconds)
            try:
                connection.connect(str(self.socket_path))
                connection.sendall(b"z" + command + b"\0")
                return connection.recv(4096).rstrip(b"\0")
            except OSError:
                return b""

    def _write_files(self, settings: Mapping[str, str], signatures: bytes | None) -> None:
        database = self.folder / "database"
        database.mkdir()
        (database / "own.hdb").write_text(FILE_SIGNATURES)
        (database / "own.ndb").write_text(BODY_SIGNATURES)
        if signatures is not None:
            (database / "own.hdb").unlink()
            (database / "own.ndb").write_bytes(signatures or OTHER_SIGNATURES)
        lines = {
            "LocalSocket": str(self.socket_path),
            "LocalSocketMode": "666",
            "DatabaseDirectory": str(database),
            "TemporaryDirectory": str(self.folder),
            "OfficialDatabaseOnly": "no",
            "ConcurrentDatabaseReload": "no",
            "LogTime": "yes",
            **({"User": _user()} if os.getuid() == 0 else {}),
            **settings,
        }
        self._configuration.write_text("".join(f"{name} {value}\n" for name, value in lines.items()))


def _user() -> str:
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("clamav", "_clamav", "nobody") if name in known)


@contextmanager
def clamd_server(
    settings: Mapping[str, str] | None = None,
    signatures: bytes | None = None,
    databases: Mapping[str, bytes] | None = None,
) -> Iterator[ClamdServer]:
    """A started clamd; `settings` are lines of clamd.conf, such as `{"StreamMaxLength": "1M"}`.

    `signatures`: lines of an `.ndb` file in place of EICAR's; empty for one that fits nothing. `databases`: further
    files by name, such as `own.ldb`.
    """
    find_program("clamd")
    owner = _user() if os.getuid() == 0 else None
    with server_folder("clamd", owner) as folder:
        server = ClamdServer(folder, settings or {}, signatures, databases)
        try:
            server.start()
            yield server
        finally:
            server.stop()
