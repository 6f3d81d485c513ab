"""A real Postfix of its own: private configuration, queue and data folders, no touch on the system's instance.

Two roles, one program. `tenant_postfix(domain, mailboxes)` is a tenant's own server: it takes mail for its domain and
delivers it to Maildirs that a test reads. `sending_postfix(domain, relay_port)` is a sender's server: what is given to
it by `sendmail` goes through `relayhost` to the gateway, is tried again every second, and comes back as a bounce to a
Maildir of its domain when it is refused.

`master` is started as it is, not by `postfix start`, whose checks would also look at the shared files of the system.
It must be root to start; as anybody else, or where Postfix is missing, ServerMissing says so.
"""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.servers.ports import HOST, answers, free_port
from tests.servers.program import Program, ServerMissing, find_program, server_folder, wait_until

QUEUES = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace")
SERVICES = """\
{port}     inet  n - n - - smtpd
pickup     unix  n - n 60 1 pickup
cleanup    unix  n - n - 0 cleanup
qmgr       unix  n - n 1 1 qmgr
tlsmgr     unix  - - n 1000? 1 tlsmgr
rewrite    unix  - - n - - trivial-rewrite
bounce     unix  - - n - 0 bounce
defer      unix  - - n - 0 bounce
trace      unix  - - n - 0 bounce
verify     unix  - - n - 1 verify
flush      unix  n - n 1000? 0 flush
proxymap   unix  - - n - - proxymap
proxywrite unix  - - n - 1 proxymap
smtp       unix  - - n - - smtp
relay      unix  - - n - - smtp
showq      unix  n - n - - showq
error      unix  - - n - - error
retry      unix  - - n - - error
discard    unix  - - n - - discard
virtual    unix  - n n - - virtual
anvil      unix  - - n - 1 anvil
scache     unix  - - n - 1 scache
postlog    unix-dgram n - n - 1 postlogd
"""
COMMON_SETTINGS = {
    "compatibility_level": "3.6",
    "inet_protocols": "ipv4",
    "mynetworks": "127.0.0.0/8",
    "mydestination": "",
    "alias_maps": "",
    "alias_database": "",
    "disable_dns_lookups": "yes",
    "smtp_host_lookup": "native",
    "smtpd_relay_restrictions": "reject_unauth_destination",
    "virtual_transport": "virtual",
    "virtual_minimum_uid": "1",
    "queue_run_delay": "1s",
    "minimal_backoff_time": "1s",
    "maximal_backoff_time": "2s",
    "smtp_connect_timeout": "5s",
}


class PostfixServer:
    """One private instance; start it, stop it, read what it delivered and what it still holds."""

    def __init__(self, folder: Path, domain: str, mailboxes: Sequence[str], settings: Mapping[str, str]) -> None:
        self.domain = domain
        self.port = free_port()
        self.configuration = folder / "etc"
        self._folder = folder
        self._log = folder / "maillog"
        self._program: Program | None = None
        self._own_settings = dict(settings)
        self._lay_out(mailboxes)
        self._write_settings()

    @property
    def pid(self) -> int:
        assert self._program is not None, "Postfix was not started"
        return self._program.pid

    @property
    def route(self) -> str:
        """The route that a tenant's domain is given."""
        return f"smtp://{HOST}:{self.port}"

    def start(self) -> None:
        """Returns when the port answers."""
        command: list[str | Path] = [Path(_installed("daemon_directory")) / "master", "-c", self.configuration, "-d"]
        self._program = Program(command, self._log)
        self._program.wait_until_ready(lambda: answers(self.port), "Postfix answers")

    def stop(self) -> None:
        """Takes no more connections; what it holds stays for the next `start`.

        An `smtpd` may outlive its master for a moment with the port still open: the next master could not have it.
        """
        if self._program is not None:
            self._program.stop(signal.SIGTERM)
            wait_until(lambda: not answers(self.port), "Postfix has left its port")

    def change(self, settings: Mapping[str, str]) -> None:
        """New lines of main.cf, in force at once for new connections (stopped and started)."""
        self._own_settings.update(settings)
        self.stop()
        self._write_settings()
        self.start()

    def send(self, message: bytes, recipients: Sequence[str], reverse_path: str | None = None) -> None:
        """Hands a message to `sendmail`; returns when it is in the queue, not when it is delivered."""
        sender = f"author@{self.domain}" if reverse_path is None else reverse_path
        words = ["-C", str(self.configuration), "-i", "-f", sender or "<>", "--", *recipients]
        self._run("sendmail", *words, given=message)

    def queued(self) -> str:
        """What `postqueue` lists, with the next hop's last replies; one JSON line a message."""
        return self._run("postqueue", "-c", str(self.configuration), "-j")

    def flush(self) -> None:
        """Tries everything now."""
        self._run("postqueue", "-c", str(self.configuration), "-f")

    def messages(self, mailbox: str) -> tuple[bytes, ...]:
        """What was delivered to `mailbox` (a local part), oldest first, with LF line ends as Postfix stores it.

        Postfix puts Return-Path, X-Original-To, Delivered-To and a Received of its own on top.
        """
        files = (self._folder / "mail" / mailbox / "new").glob("*")
        return tuple(path.read_bytes() for path in sorted(files, key=lambda path: path.stat().st_mtime_ns))

    def wait_for(self, mailbox: str, part: bytes, seconds: float = 30.0) -> bytes:
        """The first message in `mailbox` that has `part` in it; TimeoutError after `seconds`."""

        def found() -> list[bytes]:
            return [message for message in self.messages(mailbox) if part in message]

        wait_until(lambda: bool(found()), f"{part!r} in {mailbox}@{self.domain}", seconds)
        return found()[0]

    def log(self) -> str:
        """Postfix's own log."""
        return self._log.read_text(errors="replace")

    def _run(self, program: str, *words: str, given: bytes = b"") -> str:
        command: list[str | Path] = [find_program(program), *words]
        done = subprocess.run(command, input=given, capture_output=True, check=False, timeout=60)
        assert done.returncode == 0, f"{program}: {done.stderr.decode(errors='replace')}"
        return done.stdout.decode()

    def _lay_out(self, mailboxes: Sequence[str]) -> None:
        owner, group, queue = _installed("mail_owner"), _installed("setgid_group"), self._folder / "queue"
        for folder in (self.configuration, queue, queue / "pid", self._folder / "mail", self._folder / "state"):
            folder.mkdir()
        for name in QUEUES:
            (queue / name).mkdir(mode=0o700)
            shutil.chown(queue / name, owner)
        for name, mode in (("public", 0o2710), ("maildrop", 0o1730)):
            (queue / name).mkdir()
            shutil.chown(queue / name, owner, group)
            (queue / name).chmod(mode)
        shutil.chown(self._folder / "state", owner)
        shutil.chown(self._folder / "mail", "nobody")
        (self.configuration / "master.cf").write_text(SERVICES.format(port=f"{HOST}:{self.port}"))
        lines = "".join(f"{name}@{self.domain} {name}/\n" for name in mailboxes)
        (self.configuration / "mailboxes").write_text(lines)

    def _write_settings(self) -> None:
        nobody = pwd.getpwnam("nobody")
        settings = {
            **COMMON_SETTINGS,
            "queue_directory": str(self._folder / "queue"),
            "data_directory": str(self._folder / "state"),
            "myhostname": f"mx.{self.domain}",
            "maillog_file": str(self._log),
            "maillog_file_prefixes": str(self._folder),
            "virtual_mailbox_domains": self.domain,
            "virtual_mailbox_base": str(self._folder / "mail"),
            "virtual_mailbox_maps": f"texthash:{self.configuration / 'mailboxes'}",
            "virtual_uid_maps": f"static:{nobody.pw_uid}",
            "virtual_gid_maps": f"static:{nobody.pw_gid}",
            **self._own_settings,
        }
        (self.configuration / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
        # Postfix waits up to 2 s for a file that was written a moment ago to settle; these do not change any more.
        for path in self.configuration.iterdir():
            os.utime(path, (0, 0))


def _installed(setting: str) -> str:
    """A built-in setting of the installed Postfix, such as its folder of daemons."""
    command: list[str | Path] = [find_program("postconf"), "-d", "-h", setting]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@contextmanager
def _postfix(domain: str, mailboxes: Sequence[str], settings: Mapping[str, str]) -> Iterator[PostfixServer]:
    find_program("postconf")
    if os.getuid() != 0:
        raise ServerMissing("postfix is started by root only")
    with server_folder("postfix") as folder:
        server = PostfixServer(folder, domain, mailboxes, settings)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextmanager
def tenant_postfix(
    domain: str = "tenant.example", mailboxes: Sequence[str] = ("user",), settings: Mapping[str, str] | None = None
) -> Iterator[PostfixServer]:
    """A tenant's own mail server: knows the mailboxes of one domain, refuses the others with 550 5.1.1."""
    with _postfix(domain, mailboxes, settings or {}) as server:
        yield server


@contextmanager
def sending_postfix(
    relay_port: int, domain: str = "sender.example", settings: Mapping[str, str] | None = None
) -> Iterator[PostfixServer]:
    """A sender's mail server: everything not of its own domain goes to 127.0.0.1:`relay_port`."""
    relay = {"relayhost": f"[{HOST}]:{relay_port}"}
    with _postfix(domain, ("author",), relay | dict(settings or {})) as server:
        yield server
