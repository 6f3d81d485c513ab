"""Scenario: the certificate is renewed and a setting changed while mail comes in; the operator sends SIGHUP.

1. Four senders send letters as fast as they are taken; one client is in the middle of its data.
2. SIGHUP: new processes take over, with the new certificate and the new limit. No connection is refused.
3. The client ends its data and is answered 250 by the process that it began with. Every letter is accounted for.
4. A setting that cannot be used, or cannot change, is one line in the log, and everything goes on.
"""

import shutil
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest

from pratique.secrets.certificate import context_factory
from tests.servers.gateway import Gateway
from tests.servers.mail_client import connected, letter, message_id
from tests.servers.ports import HOST
from tests.servers.postfix_server import PostfixServer
from tests.servers.process_table import is_running, pids_of
from tests.servers.program import server_folder, wait_until
from tests.servers.senders import senders_at_work
from tests.servers.serving import serving

pytestmark = pytest.mark.system


@dataclass
class Node:
    """A gateway whose certificate and settings file this test renews."""

    one: Gateway
    certificate: Path

    def renew(self, name: str) -> None:
        """A new certificate for this name, in the same file."""
        (self.certificate.parent / "smtp-certificate.pem").unlink(missing_ok=True)
        context_factory(None, None, self.certificate.parent, name)
        shutil.copy(self.certificate.parent / "smtp-certificate.pem", self.certificate)

    def set(self, lines: str) -> None:
        """The settings file, which the gateway finds in its current folder."""
        (self.one.data.parent / "pratique.toml").write_text(lines)

    def workers(self) -> frozenset[int]:
        """The processes that serve or work now."""
        kinds = ("mx", "work", "portal")
        return frozenset().union(*(pids_of(kind, self.one.pid) for kind in kinds))

    def shown_certificate(self) -> bytes:
        """What STARTTLS shows, in DER form."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with connected(self.one.smtp_port) as client:
            client.starttls(context=context)
            assert isinstance(client.sock, ssl.SSLSocket)
            shown = client.sock.getpeercert(binary_form=True)
        assert shown
        return shown

    def limit(self) -> str:
        """The SIZE that EHLO announces."""
        with connected(self.one.smtp_port) as client:
            return client.esmtp_features["size"]


@pytest.fixture
def node(next_hop: PostfixServer) -> Iterator[Node]:
    with server_folder("certificate") as folder:
        certificate = folder / "current.pem"
        context_factory(None, None, folder, "first.example")
        shutil.copy(folder / "smtp-certificate.pem", certificate)
        files = {"smtp_tls_certificate": str(certificate), "smtp_tls_key": str(certificate)}
        with serving({"tenant.example": next_hop.route}, files | {"client_connections": "0"}) as one:
            yield Node(one, certificate)


@dataclass
class Callers:
    """Somebody who connects again and again: everyone must be greeted."""

    port: int
    greetings: int = 0
    failures: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def work(self) -> None:
        while not self.ended.is_set():
            try:
                with socket.create_connection((HOST, self.port), 30) as caller:
                    assert caller.recv(3) == b"220"
                self.greetings += 1
            except (OSError, AssertionError) as failure:
                self.failures.append(repr(failure))


def test_what_was_renewed_counts_after_sighup(node: Node, next_hop: PostfixServer) -> None:
    """Nobody is refused, a message under way is finished, none is lost."""
    one, before, certificate, mark = node.one, node.workers(), node.shown_certificate(), uuid4().hex
    assert node.limit() == str(50 << 20)
    node.renew("second.example")
    node.set('size = "7MB"\n')
    callers = Callers(one.smtp_port)
    calling = threading.Thread(target=callers.work, daemon=True)
    with (
        senders_at_work(one.smtp_port, 10_000, lambda _: "user@tenant.example") as senders,
        connected(one.smtp_port) as busy,
    ):
        calling.start()
        senders.wait_for_taken(10)
        busy.mail("author@sender.example")
        busy.rcpt("user@tenant.example")
        assert busy.docmd("DATA")[0] == 354
        busy.send(letter(mark)[:100])
        one.hang_up()
        wait_until(lambda: "settings.reloaded" in one.log(), "the settings are read again", 60)
        senders.wait_for_taken(len(senders.taken) + 10)
        assert node.limit() == str(7 << 20)
        assert node.shown_certificate() != certificate
        busy.send(letter(mark)[100:] + b".\r\n")
        assert busy.getreply()[0] == 250
        senders.stop()
    callers.ended.set()
    calling.join(60)
    assert (callers.failures, callers.greetings > 0) == ([], True)
    wait_until(lambda: not any(is_running(pid) for pid in before), "the old processes have ended", 60)
    assert len(node.workers()) == len(before)
    accounted = {copy["message_id"] for copy in one.ask("accounted")}
    for taken in (mark, *senders.taken):
        if message_id(taken) not in accounted:
            next_hop.wait_for("user", message_id(taken).encode())
    assert one.stop() == 0


def test_what_cannot_be_used_changes_nothing(node: Node) -> None:
    """One line says what, and the same processes serve on."""
    one, before = node.one, node.workers()
    for lines, reason in (
        ("size = 3\n", "size in pratique.toml: '3' is outside 64K to 2G."),
        ("sise = 3\n", "There is no setting sise in pratique.toml; the nearest is size."),
        ("workers = 63\n", "A running Pratique cannot change workers: restart it."),
        ("", f"The certificate {node.certificate} and key {node.certificate} cannot be used together."),
    ):
        node.set(lines)
        if not lines:
            node.certificate.write_text("no certificate")
        one.hang_up()
        logged = f'settings.not-reloaded reason="{reason}"'
        wait_until(lambda logged=logged: logged in one.log(), logged)
        assert node.workers() == before
    with smtplib.SMTP(HOST, one.smtp_port, timeout=30) as client:
        assert client.noop()[0] == 250
