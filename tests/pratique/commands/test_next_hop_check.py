"""The checks of `pratique domain check` that ask next hops, on loopback, by name of a DNS of our own."""

import hashlib
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from twisted.names import dns

from pratique.commands.domain_check import Check, State
from pratique.commands.next_hop_check import check_route
from pratique.settings.settings import Address, Settings
from tenants.domains.routes import parse_route
from tests.contracts.authority import authority
from tests.contracts.scripted_dns import TLSA, Records, ScriptedDns, scripted_dns, tlsa
from tests.pratique.commands.conftest import Pratique

ROOT = authority()
SHOWN = ROOT.sign("localhost", "127.0.0.1")
DER = SHOWN.certificate.public_bytes(Encoding.DER)
DIGEST = hashlib.sha256(DER).hexdigest()
GOOD = {"EHLO": "250-mail.acme.example\r\n250 STARTTLS", "STARTTLS": "220 Go", "RCPT": "550 5.7.1 No"}


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate that the next hop shows, with its key."""
    file = tmp_path / "both.pem"
    file.write_bytes(SHOWN.pem)
    return file


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Loopback is allowed."""
    return Settings(data=tmp_path, hostname="mx.service.example", allow_private_routes=True)


@contextmanager
def _next_hop(replies: dict[str, str], certificate: Path | None = None) -> Iterator[int]:
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
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


def check(settings: Settings, text: str) -> tuple[Check, ...]:
    """The checks of a route."""
    return check_route(parse_route(text), "acme.example", settings)


def test_a_good_next_hop_passes_every_check(settings: Settings, certificate: Path) -> None:
    """It answers, speaks TLS with whatever certificate, and refuses strangers' mail."""
    with _next_hop(GOOD, certificate) as port:
        checks = check(settings, f"smtp://127.0.0.1:{port}")
    assert [each.state for each in checks] == [State.OK] * 3
    assert "speaks TLSv1." in checks[1].sentence


@pytest.mark.parametrize(
    ("replies", "states", "words"),
    [
        ({"RCPT": "550 No"}, [State.OK, State.FAILED, State.OK], "offers no STARTTLS: mail goes there in the clear"),
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
def test_a_next_hop_that_is_wanting_is_told_so(
    settings: Settings, replies: dict[str, str], states: list[State], words: str
) -> None:
    """In one sentence for each check."""
    with _next_hop(replies) as port:
        checks = check(settings, f"smtp://127.0.0.1:{port}")
    assert [each.state for each in checks] == states
    assert any(words in each.sentence for each in checks)


@pytest.mark.parametrize(
    ("terms", "state", "words"),
    [
        (f"tls=pinned&pin=cert:{DIGEST}", State.OK, "as tls=pinned wants it"),
        (f"tls=pinned&pin=cert:{'0' * 64}", State.FAILED, "neither the certificate nor its key"),
        ("tls=required", State.FAILED, "the certificate cannot be trusted"),
        ("tls=required&client=acme", State.FAILED, "no certificate of ours named acme"),
    ],
    ids=["pinned", "pinned to another", "required", "with a certificate of ours"],
)
def test_tls_is_judged_as_delivery_judges_it(
    settings: Settings, certificate: Path, terms: str, state: State, words: str
) -> None:
    """By the same code."""
    with _next_hop(GOOD, certificate) as port:
        answers, tls, _ = check(settings, f"smtp://127.0.0.1:{port}?{terms}")
    assert (answers.state, tls.state) == (State.OK, state)
    assert words in tls.sentence


def test_without_tls_such_a_route_has_no_way(settings: Settings) -> None:
    """And the check says what becomes of the mail."""
    with _next_hop({}) as port:
        _, tls, _ = check(settings, f"smtp://127.0.0.1:{port}?tls=required")
    assert tls.sentence.endswith("offers no STARTTLS: with tls=required mail waits.")


def test_dane_is_asked_of_the_operators_resolver(settings: Settings, certificate: Path) -> None:
    """Which has to vouch for what it says."""
    with _next_hop(GOOD, certificate) as port:
        text = f"smtp://localhost:{port}?tls=dane"
        assert "PRATIQUE_RESOLVER" in check(settings, text)[1].sentence
        script = ScriptedDns({(f"_{port}._tcp.localhost", TLSA): [tlsa(3, 0, 1, bytes.fromhex(DIGEST))]})
        with scripted_dns(script) as resolver:
            named = replace(settings, resolver=Address(resolver.host, resolver.port))
            assert "that DNSSEC vouches for" in check(named, text)[1].sentence
            script.is_vouched_for = True
            assert check(named, text)[1].state is State.OK


def test_records_bind_a_route_that_asks_for_nothing(settings: Settings, certificate: Path) -> None:
    """As they do when mail is delivered."""
    with _next_hop(GOOD, certificate) as port:
        script = ScriptedDns({(f"_{port}._tcp.localhost", TLSA): [tlsa(3, 0, 1, bytes(32))]})
        with scripted_dns(script) as resolver:
            named = replace(settings, resolver=Address(resolver.host, resolver.port))
            assert check(named, f"smtp://localhost:{port}")[1].state is State.OK
            script.is_vouched_for = True
            sentence = check(named, f"smtp://localhost:{port}")[1].sentence
            assert "cannot be sent mail with DANE: no TLSA record is for the certificate" in sentence
            script.failing = frozenset({f"_{port}._tcp.localhost"})
            assert "could not be looked up" in check(named, f"smtp://localhost:{port}")[1].sentence
    with _next_hop({}) as port:
        script = ScriptedDns({(f"_{port}._tcp.localhost", TLSA): [tlsa(3, 0, 1, bytes.fromhex(DIGEST))]})
        script.is_vouched_for = True
        with scripted_dns(script) as resolver:
            named = replace(settings, resolver=Address(resolver.host, resolver.port))
            assert check(named, f"smtp://localhost:{port}")[1].sentence.endswith("with DANE mail waits.")


def test_routes_that_must_not_be_taken_are_not_connected_to(settings: Settings) -> None:
    """Ourselves, and what is private where that is not allowed."""
    with _next_hop(GOOD) as port:
        guarded = replace(settings, allow_private_routes=False)
        assert "is a private address" in check(guarded, f"smtp://127.0.0.1:{port}")[0].sentence
        ours = replace(settings, smtp=(Address("127.0.0.1", port),))
        assert "is this service itself" in check(ours, f"smtp://localhost:{port}")[0].sentence
    assert "is this service itself" in check(settings, "smtp://acme-example.mx.mx.service.example")[0].sentence


def test_the_hosts_of_an_mx_route_are_each_checked(settings: Settings, certificate: Path) -> None:
    """Best first; a null MX, ourselves, and no answer are told."""
    records: Records = {
        ("acme.example", dns.MX): [dns.Record_MX(20, "localhost"), dns.Record_MX(10, "127.0.0.1")],
        ("null.example", dns.MX): [dns.Record_MX(0, "")],
        ("ours.example", dns.MX): [dns.Record_MX(0, "mx.service.example")],
    }
    with scripted_dns(ScriptedDns(records)) as resolver, _next_hop(GOOD, certificate) as port:
        named = replace(settings, resolver=Address(resolver.host, resolver.port))
        checks = check(named, f"mx://acme.example:{port}")
        assert [each.name for each in checks] == ["next hop", "tls", "open relay"] * 2
        assert checks[0].sentence.startswith("127.0.0.1 (of mx://acme.example:")
        assert checks[3].sentence.startswith("localhost (of mx://acme.example:")
        for domain, words in (("null", "takes no mail (null MX)"), ("ours", "lead to this service itself")):
            (one,) = check(named, f"mx://{domain}.example")
            assert one.state is State.FAILED and words in one.sentence
    (one,) = check(replace(settings, resolver=Address("127.0.0.1", 1)), "mx://acme.example")
    assert one.state is State.UNKNOWN


def test_the_command_prints_every_check_and_ends_with_10(pratique: Pratique, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose DNS does not answer still checks the next hops."""
    monkeypatch.setenv("PRATIQUE_RESOLVER", "127.0.0.1:1")
    monkeypatch.setenv("PRATIQUE_ALLOW_PRIVATE_ROUTES", "on")
    pratique.do("tenant", "add", "acme")
    with _next_hop({"RCPT": "550 No"}) as port:
        pratique.do("domain", "add", "acme.example", "--tenant", "acme", "--route", f"smtp://127.0.0.1:{port}")
        result = pratique.run("domain", "check", "acme.example", "--json")
        table = pratique.run("domain", "check", "acme.example").stdout
    assert result.exit_code == 10
    assert '"state": "unknown"' in result.stdout
    assert "offers no STARTTLS" in " ".join(table.split())
