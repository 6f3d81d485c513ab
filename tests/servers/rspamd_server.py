"""A real rspamd: one normal worker, Debian's own rules, nothing that asks the network. Private folders and port.

Its list of domain endings is a short one of our own: compiling Debian's takes ten seconds.
"""

import os
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.ports import free_port
from tests.servers.program import Program, ServerMissing, find_program, server_folder

SHARED = Path("/etc/rspamd/rspamd.conf")
READY_SECONDS = 60.0
ENDINGS = "com\nexample\norg\n"
CONFIGURATION = """options {{
  pidfile = "{folder}/rspamd.pid";
  filters = "chartable,dkim,regexp";
  dns {{ nameserver = ["127.0.0.1:{nobody}"]; timeout = 0.1s; retransmits = 1; }}
  url_tld = "{folder}/endings.dat";
  control_socket = "{folder}/control.sock mode=0600";
}}
logging {{ type = "console"; level = "warning"; }}
worker "normal" {{ bind_socket = "127.0.0.1:{port}"; count = 1; }}
actions {{ reject = 15; add_header = 6; greylist = 4; }}
lua = "{shared}/rules/rspamd.lua";
modules {{ path = "{shared}/plugins/"; }}
phishing {{ symbol = "PHISHING"; }}
group "phishing" {{ symbols = {{ "PHISHING" {{ weight = 4.0; }} }} }}
"""


class RspamdServer:
    """One rspamd; `url` is what PRATIQUE_RSPAMD takes."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        shared = Path("/usr/share/rspamd")
        if not (shared / "rules" / "rspamd.lua").exists():
            raise ServerMissing("rspamd's rules are not installed")
        self._configuration = folder / "rspamd.conf"
        text = CONFIGURATION.format(folder=folder, port=self.port, nobody=free_port(), shared=shared)
        self._configuration.write_text(text)
        (folder / "endings.dat").write_text(ENDINGS)
        self._program: Program | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        variables = [f"--var={name}={self.folder}" for name in ("DBDIR", "RUNDIR", "LOGDIR")]
        command = [find_program("rspamd"), "--no-fork", "--config", self._configuration, *variables]
        identity = ["--user", "nobody", "--group", "nogroup"] if os.getuid() == 0 else []
        self._program = Program([*command, *identity], self.folder / "rspamd.out")
        self._program.wait_until_ready(self.answers, "rspamd answers /ping", READY_SECONDS)

    def stop(self) -> None:
        if self._program is not None:
            self._program.stop()

    def answers(self) -> bool:
        """Whether /ping is answered within a second."""
        try:
            with urllib.request.urlopen(self.url + "/ping", timeout=1) as answer:
                return bool(answer.read().startswith(b"pong"))
        except OSError:
            return False


@contextmanager
def rspamd_server() -> Iterator[RspamdServer]:
    """A started rspamd."""
    find_program("rspamd")
    with server_folder("rspamd", "nobody" if os.getuid() == 0 else None) as folder:
        server = RspamdServer(folder)
        try:
            server.start()
            yield server
        finally:
            server.stop()
