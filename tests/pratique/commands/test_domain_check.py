"""The checks of `pratique domain check`, against a DNS of our own and next hops on loopback."""

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from twisted.names import dns

from pratique.commands.domain_check import State, check_mx, check_next_hop, check_ownership
from pratique.dns_question import NoAnswer
from pratique.quantities import Address
from tenants.domains import Domain
from tenants.routes import Route
from tests.contracts.scripted_dns import ScriptedDns, scripted_dns
from tests.pratique.commands.conftest import Pratique

TOKEN = "pratique-verify=abc"
MX = "acme-example.mx.service.example"
DOMAIN = Domain(1, 1, "acme.example", MX, TOKEN, None, ())


@pytest.mark.parametrize(
    ("texts", "state"),
    [((TOKEN,), State.OK), (("v=spf1", TOKEN), State.OK), ((), State.FAILED), ((TOKEN + "x",), State.FAILED)],
)
def test_ownership_is_shown_by_the_exact_token(texts: tuple[str, ...], state: State) -> None:
    """Other TXT records do no harm."""
    records = {("acme.example", dns.TXT): [dns.Record_TXT(text.encode()) for text in texts]}
    with scripted_dns(ScriptedDns(records)) as resolver:
        assert check_ownership(DOMAIN, lambda: resolver).state is state


@pytest.mark.parametrize(
    ("hosts", "state", "words"),
    [
        ([MX], State.OK, "The only MX is"),
        ([], State.FAILED, "It has none."),
        (["other.example"], State.FAILED, "It has other.example."),
        ([MX, "backup.example"], State.FAILED, "Mail can pass us by: there are MX records for backup.example too."),
        ([""], State.FAILED, "It has .."),
    ],
)
def test_all_mail_has_to_come_to_us(hosts: list[str], state: State, words: str) -> None:
    """A second MX elsewhere is a way round the scanner."""
    records = {("acme.example", dns.MX): [dns.Record_MX(10, host.encode()) for host in hosts]}
    with scripted_dns(ScriptedDns(records)) as resolver:
        check = check_mx(DOMAIN, lambda: resolver)
    assert check.state is state
    assert words in check.sentence


def test_without_dns_the_checks_are_unknown() -> None:
    """They are not failed, and say why."""

    def no_resolver() -> Address:
        raise NoAnswer("this machine names no DNS server")

    for check in (check_ownership(DOMAIN, no_resolver), check_mx(DOMAIN, no_resolver)):
        assert check.state is State.UNKNOWN
        assert check.sentence == "Could not be looked up: this machine names no DNS server."


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-made certificate with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.acme.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    plain = serialization.NoEncryption()
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file.write_bytes(key.private_bytes(pem, form, plain) + made.public_bytes(pem))
    return file


@contextmanager
def _next_hop(replies: dict[str, str], certificate: Path | None = None) -> Iterator[Route]:
    """A next hop that answers each verb by the table, 250 otherwise."""

    class Dialog(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say(replies.get("", "220 mail.acme.example"))
            for line in self.rfile:
                verb = line.split()[0].decode().upper()
                self._say(replies.get(verb, "250 Ok"))
                if verb == "STARTTLS" and certificate is not None:
                    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                    context.load_cert_chain(certificate)
                    self.request = context.wrap_socket(self.request, server_side=True)
                    self.setup()
                    return self._plainly()
            return None

        def _plainly(self) -> None:
            for line in self.rfile:
                self._say(replies.get(line.split()[0].decode().upper(), "250 Ok"))

        def _say(self, reply: str) -> None:
            self.wfile.write(reply.encode() + b"\r\n")

        def finish(self) -> None:
            super().finish()
            self.request.close()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Dialog) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield Route("smtp", "127.0.0.1", server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


def test_a_good_next_hop_passes_every_check(certificate: Path) -> None:
    """It answers, speaks TLS with whatever certificate, and refuses strangers' mail."""
    replies = {"EHLO": "250-mail.acme.example\r\n250 STARTTLS", "STARTTLS": "220 Go", "RCPT": "550 5.7.1 No"}
    with _next_hop(replies, certificate) as route:
        checks = check_next_hop(route, "acme.example", "mx.service.example")
    assert [check.state for check in checks] == [State.OK] * 3
    assert "speaks TLSv1." in checks[1].sentence


@pytest.mark.parametrize(
    ("replies", "states", "words"),
    [
        ({"RCPT": "550 No"}, [State.OK, State.FAILED, State.OK], "offers no STARTTLS"),
        ({"RCPT": "250 Ok"}, [State.OK, State.FAILED, State.FAILED], "takes mail for strangers (250"),
        (
            {"EHLO": "250-m\r\n250 STARTTLS", "STARTTLS": "454 Later", "RCPT": "550 No"},
            [State.OK, State.FAILED, State.OK],
            "offers STARTTLS, but it fails",
        ),
        ({"": "554 Go away"}, [State.FAILED, State.UNKNOWN, State.UNKNOWN], "does not answer: 554 Go away"),
        ({"": "nonsense"}, [State.FAILED, State.UNKNOWN, State.UNKNOWN], "does not answer"),
    ],
)
def test_a_next_hop_that_is_wanting_is_told_so(replies: dict[str, str], states: list[State], words: str) -> None:
    """In one sentence for each check."""
    with _next_hop(replies) as route:
        checks = check_next_hop(route, "acme.example", "mx.service.example")
    assert [check.state for check in checks] == states
    assert any(words in check.sentence for check in checks)


def test_the_command_prints_every_check_and_ends_with_10(
    pratique: Pratique, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine without DNS still checks the next hops."""
    monkeypatch.setattr("pratique.dns_question.system_resolver.__defaults__", (tmp_path / "none",))
    pratique.do("tenant", "add", "acme")
    with _next_hop({"RCPT": "550 No"}) as route:
        pratique.do("domain", "add", "acme.example", "--tenant", "acme", "--route", route.text)
        result = pratique.run("domain", "check", "acme.example", "--json")
        table = pratique.run("domain", "check", "acme.example").stdout
    assert result.exit_code == 10
    assert '"state": "unknown"' in result.stdout
    assert "offers no STARTTLS" in " ".join(table.split())


def test_a_domain_is_verified_when_its_record_is_there(pratique: Pratique, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until then the command says which record is missing."""
    pratique.do("tenant", "add", "acme")
    added = pratique.ask("domain", "add", "acme.example", "--tenant", "acme", "--route", "smtp://127.0.0.1:1")
    token = added["verification_record"]
    script = ScriptedDns({})
    with scripted_dns(script) as resolver:
        monkeypatch.setattr("pratique.commands.domain_check.check_ownership.__defaults__", (lambda: resolver,))
        assert pratique.refuse("domain", "verify", "acme.example").startswith(f'There is no TXT record "{token}"')
        script.records = {("acme.example", dns.TXT): [dns.Record_TXT(token.encode())]}
        assert pratique.ask("domain", "verify", "acme.example")["verified"]
