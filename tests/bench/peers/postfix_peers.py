"""Postfix with clamav-milter, and Postfix with amavisd-new before its queue: both with the benchmark's clamd.

Debian's own packages and defaults, but for what names folders, ports and the next hop, and for limits on connections,
which nobody here shall meet. A `250` of Postfix means that the message is synced in its queue; the measure goes on
until the queue is empty, so that delivery is part of it.
"""

import os
import pwd
import shutil
from pathlib import Path

from tests.bench.systems import DOMAIN
from tests.servers.ports import HOST, answers, free_port
from tests.servers.postfix_server import PostfixServer
from tests.servers.program import Program, find_program, wait_until

SCANNER_USER = "clamav"
"""Of clamd too, so that it may read what amavisd has unpacked."""
AMAVIS_SERVERS = 8
_PROMISE = "synced in its queue"
_RELAY = {
    "relay_domains": DOMAIN,
    "smtpd_client_connection_count_limit": "0",
    "smtpd_client_connection_rate_limit": "0",
    "smtpd_client_message_rate_limit": "0",
    "message_size_limit": "52428800",
}
_REINJECTION = """\
{port} inet n - n - - smtpd
  -o smtpd_proxy_filter=
  -o smtpd_authorized_xforward_hosts=127.0.0.0/8
  -o smtpd_client_restrictions=
  -o smtpd_helo_restrictions=
  -o smtpd_sender_restrictions=
  -o smtpd_recipient_restrictions=permit_mynetworks,reject
  -o mynetworks=127.0.0.0/8
  -o receive_override_options=no_unknown_recipient_checks
"""
_MILTER = """\
MilterSocket inet:{port}@127.0.0.1
ClamdSocket unix:{clamd}
TemporaryDirectory {folder}
Foreground yes
User {user}
MaxFileSize 50M
OnInfected Reject
AddHeader Replace
"""
_AMAVIS = """\
use strict;
$max_servers = {servers};
$daemon_user = '{user}';
$daemon_group = '{user}';
$MYHOME = '{folder}';
$TEMPBASE = '{folder}/tmp';
$QUARANTINEDIR = undef;
$lock_file = '{folder}/amavisd.lock';
$pid_file = '{folder}/amavisd.pid';
$helpers_home = '{folder}';
$enable_db = 0;
$enable_zmq = 0;
$do_syslog = 0;
$LOGFILE = '{folder}/amavisd.log';
$log_level = 0;
$mydomain = '{domain}';
$myhostname = 'amavis.{domain}';
@local_domains_maps = (1);
@mynetworks = qw(127.0.0.0/8);
$inet_socket_bind = '127.0.0.1';
$inet_socket_port = {port};
@inet_acl = qw(127.0.0.1);
$forward_method = 'smtp:[127.0.0.1]:{reinjection}';
$notify_method = $forward_method;
@bypass_spam_checks_maps = (1);
$final_virus_destiny = D_REJECT;
$virus_admin = undef;
@av_scanners = (
  ['ClamAV-clamd', \\&ask_daemon, ["CONTSCAN {{}}\\n", "{clamd}"],
    qr/\\bOK$/m, qr/\\bFOUND$/m, qr/^.*?: (?!Infected Archive)(.*) FOUND$/m ],
);
1;
"""


class PostfixWithMilter:
    """smtpd asks clamav-milter at the end of data."""

    name = "postfix + clamav-milter"
    promise = _PROMISE

    def __init__(self, clamd: Path) -> None:
        self._clamd = clamd
        self._milter: Program | None = None
        self._postfix: PostfixServer | None = None

    @property
    def port(self) -> int:
        assert self._postfix is not None
        return self._postfix.port

    @property
    def roots(self) -> dict[str, int]:
        assert self._postfix is not None
        assert self._milter is not None
        return {"postfix": self._postfix.pid, "clamav-milter": self._milter.pid}

    def start(self, folder: Path, sink_port: int) -> None:
        """Raises ServerMissing."""
        program = find_program("clamav-milter")
        here = _folder(folder, "milter", SCANNER_USER)
        port = free_port()
        written = here / "clamav-milter.conf"
        written.write_text(_MILTER.format(port=port, clamd=self._clamd, folder=here, user=SCANNER_USER))
        self._milter = Program([program, "-c", written], here / "log")
        self._milter.wait_until_ready(lambda: answers(port), "clamav-milter answers")
        milters = {"smtpd_milters": f"inet:{HOST}:{port}", "milter_default_action": "tempfail"}
        self._postfix = _postfix(_folder(folder, "milter-postfix"), sink_port, milters)
        self._postfix.start()

    def drain(self) -> None:
        """Returns when its queue is empty."""
        assert self._postfix is not None
        _drain(self._postfix)

    def stop(self) -> None:
        for server in (self._postfix, self._milter):
            if server is not None:
                server.stop()


class PostfixWithAmavis:
    """smtpd hands each message to amavisd, which hands it to a second smtpd: refused in session, or queued."""

    name = "postfix + amavisd-new"
    promise = _PROMISE

    def __init__(self, clamd: Path) -> None:
        self._clamd = clamd
        self._amavis: Program | None = None
        self._postfix: PostfixServer | None = None

    @property
    def port(self) -> int:
        assert self._postfix is not None
        return self._postfix.port

    @property
    def roots(self) -> dict[str, int]:
        assert self._postfix is not None
        assert self._amavis is not None
        return {"postfix": self._postfix.pid, "amavisd": self._amavis.pid}

    def start(self, folder: Path, sink_port: int) -> None:
        """Raises ServerMissing."""
        program = find_program("amavisd", "/usr/sbin")
        here = _folder(folder, "amavis", SCANNER_USER)
        _folder(here, "tmp", SCANNER_USER)
        port, reinjection = free_port(), free_port()
        # amavisd takes no settings from a folder that its own user may write to.
        written = folder / "amavisd.conf"
        written.write_text(
            _AMAVIS.format(
                servers=AMAVIS_SERVERS, user=SCANNER_USER, folder=here, domain=DOMAIN, port=port,
                reinjection=reinjection, clamd=self._clamd,
            )
        )  # fmt: skip
        self._amavis = Program([program, "-c", written, "foreground"], here / "log")
        self._amavis.wait_until_ready(lambda: answers(port), "amavisd answers")
        proxied = {"smtpd_proxy_filter": f"{HOST}:{port}", "smtpd_proxy_options": "speed_adjust"}
        self._postfix = _postfix(_folder(folder, "amavis-postfix"), sink_port, proxied)
        services = self._postfix.configuration / "master.cf"
        services.write_text(services.read_text() + _REINJECTION.format(port=f"{HOST}:{reinjection}"))
        os.utime(services, (0, 0))
        self._postfix.start()

    def drain(self) -> None:
        """Returns when its queue is empty."""
        assert self._postfix is not None
        _drain(self._postfix)

    def stop(self) -> None:
        for server in (self._postfix, self._amavis):
            if server is not None:
                server.stop()


def _folder(parent: Path, name: str, owner: str | None = None) -> Path:
    made = parent / name
    made.mkdir()
    made.chmod(0o755)
    if owner is not None:
        shutil.chown(made, owner, pwd.getpwnam(owner).pw_gid)
    return made


def _postfix(folder: Path, sink_port: int, settings: dict[str, str]) -> PostfixServer:
    return PostfixServer(folder, "peer.example", (), {**_RELAY, "relayhost": f"[{HOST}]:{sink_port}", **settings})


def _drain(postfix: PostfixServer) -> None:
    wait_until(lambda: not postfix.queued(), "Postfix has delivered everything", 300)
