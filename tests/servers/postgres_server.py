"""A real PostgreSQL cluster in a temporary folder, on a port of its own.

PostgreSQL refuses to run as root: then it runs as the user `postgres`. `fsync` is off, because what is tested against
it is never a power cut. It ends by SIGINT: SIGTERM would wait for clients that keep a pool.
"""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

from tests.servers.ports import HOST, free_port
from tests.servers.program import Program, ServerFailed, ServerMissing, find_program, server_folder, wait_until

OWNER = "pratique"
OPTIONS = ("fsync=off", "full_page_writes=off", "max_connections=60")


class PostgresServer:
    """One cluster; `new_database()` gives each test a database that nobody else uses."""

    def __init__(self, folder: Path, port: int, user: str | None) -> None:
        self.folder = folder
        self.port = port
        self._user = user
        self._programs = _folder_of_programs()
        self._program: Program | None = None
        self._numbers = count(1)

    @property
    def pid(self) -> int:
        assert self._program is not None, "postgres was not started"
        return self._program.pid

    def initialise(self) -> None:
        """Makes the cluster's files; about half a second."""
        options = ["-U", OWNER, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        self._run("initdb", "-D", str(self._data), *options)

    def initialise_from(self, primary: "PostgresServer") -> None:
        """Makes this one a standby of a running server: a copy of its files, which follows once it is started."""
        place = ["-D", str(self._data), "-h", HOST, "-p", str(primary.port), "-U", OWNER]
        self._run("pg_basebackup", *place, "--write-recovery-conf", "--checkpoint=fast", "--no-sync")

    def _run(self, program: str, *options: str) -> None:
        identity = pwd.getpwnam(self._user) if self._user else None
        done = subprocess.run(
            [self._programs / program, *options],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            user=identity.pw_uid if identity else None,
            group=identity.pw_gid if identity else None,
            extra_groups=[] if identity else None,
        )
        if done.returncode:
            raise ServerFailed(f"{program}: {done.stderr}")

    def require_standby(self) -> None:
        """From now on a commit is answered when a standby has it as well; returns when one follows."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.execute("SELECT pg_reload_conf()")
            following = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
            wait_until(lambda: connection.execute(following).fetchone() == (1,), "the standby follows", 30)

    def promote(self) -> None:
        """The standby takes writes; returns when it does."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute("SELECT pg_promote(true, 60)")

    def start(self) -> None:
        """Returns when it takes connections. `initialise` comes first, once."""
        options = [word for option in OPTIONS for word in ("-c", option)]
        place = ["-D", str(self._data), "-h", HOST, "-p", str(self.port), "-k", str(self.folder)]
        command = [str(self._programs / "postgres"), *place, *options]
        self._program = Program(command, self.folder / "postgres.log", user=self._user)
        self._program.wait_until_ready(self.answers, "postgres takes connections")

    def stop(self) -> None:
        if self._program is not None:
            self._program.stop(signal.SIGINT)

    def freeze(self) -> None:
        """No new connection is served any more (SIGSTOP to the postmaster; running ones go on)."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """A crash (SIGKILL to the postmaster; its children notice and end); `start` then recovers."""
        assert self._program is not None, "postgres was not started"
        self._program.stop(signal.SIGKILL)

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def url(self, database: str) -> str:
        """What PRATIQUE_DATABASE_URL takes."""
        return f"postgresql://{OWNER}@{HOST}:{self.port}/{database}"

    def new_database(self, template: str = "") -> str:
        """The URL of a fresh database: empty, or a copy of the one at `template`, to which nobody is connected."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        original = template.rpartition("/")[2] or "template1"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(copy.format(sql.Identifier(name), sql.Identifier(original)))
        return self.url(name)

    @contextmanager
    def copy_of(self, template: str) -> Iterator[str]:
        """The URL of a fresh copy, dropped afterwards: seldom has a disk seen it by then."""
        url = self.new_database(template)
        try:
            yield url
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(url.rpartition("/")[2]))
            with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
                connection.execute(drop)

    @property
    def _data(self) -> Path:
        return self.folder / "data"


def _folder_of_programs() -> Path:
    """Where `postgres` and `initdb` stand: Debian keeps them off the PATH, below the version."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    configured = shutil.which("pg_config")
    if not versions and configured:
        asked = subprocess.run([configured, "--bindir"], capture_output=True, text=True, check=True)
        versions = [Path(asked.stdout.strip())]
    find_program("initdb", *versions)
    return find_program("postgres", *versions).parent


def _user_to_run_as() -> str | None:
    if os.getuid() != 0:
        return None
    if not any(entry.pw_name == "postgres" for entry in pwd.getpwall()):
        raise ServerMissing("postgres does not run as root, and there is no user postgres")
    return "postgres"


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A started cluster; about a second."""
    _folder_of_programs()
    user = _user_to_run_as()
    with server_folder("postgres", user) as folder:
        server = PostgresServer(folder, free_port(), user)
        try:
            server.initialise()
            server.start()
            yield server
        finally:
            server.stop()


@contextmanager
def standby_of(primary: PostgresServer) -> Iterator[PostgresServer]:
    """A started standby, without which the primary answers no commit from now on; a second or two."""
    user = _user_to_run_as()
    with server_folder("standby", user) as folder:
        server = PostgresServer(folder, free_port(), user)
        try:
            server.initialise_from(primary)
            server.start()
            primary.require_standby()
            yield server
        finally:
            server.stop()
