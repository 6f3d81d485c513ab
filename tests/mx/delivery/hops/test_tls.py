"""TLS towards real sockets: which certificates satisfy which route, and that nothing goes where none does."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL
from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from mx.delivery.contract import CopyResult, Delivered, PermanentlyRefused, Unreachable
from mx.delivery.hops.hop import OPPORTUNISTIC, Hop, Security, Tlsa
from mx.delivery.hops.tls import NoSuchClient, TlsContexts, words_of
from mx.delivery.pool import ConnectionPool
from tenants.domains.route_terms import Pin, PinKind, Tls
from tests.contracts.authority import ServerContext, Signed, authority
from tests.contracts.octets import transfer
from tests.servers.scripted_smtp import SILENCE, TLS, ScriptedHop

ROOT = authority()
GOOD = ROOT.sign("mail.acme.example")
STRANGE = authority("a stranger").sign("mail.acme.example")
EXPIRED = ROOT.sign("mail.acme.example", days=-1)
OTHERS = ROOT.sign("mail.other.example")
NAMED = ("mail.acme.example",)


def digest(signed: Signed) -> str:
    """What a pin says."""
    return hashlib.sha256(signed.certificate.public_bytes(Encoding.DER)).hexdigest()


REQUIRED = Security(Tls.REQUIRED, NAMED)
PINNED = Security(Tls.PINNED, NAMED, (Pin(PinKind.CERTIFICATE, digest(STRANGE)),))
ANYBODY = Security(Tls.DANE, NAMED)
DANE = Security(Tls.DANE, NAMED, tlsa=(Tlsa(3, 0, 1, bytes.fromhex(digest(STRANGE))),))
SECURITIES = {"opportunistic": OPPORTUNISTIC, "required": REQUIRED, "pinned": PINNED, "dane": DANE, "anybody": ANYBODY}
EXPECTED: Sequence[tuple[str, Signed, dict[str, str]]] = (
    ("an authority's, for the name", GOOD, {"pinned": "the route names", "dane": "no TLSA record"}),
    ("a stranger's", STRANGE, {"required": "TLS: the certificate cannot be trusted: "}),
    (
        "one that has expired",
        EXPIRED,
        {"required": "cert has expired", "pinned": "the route names", "dane": "no TLSA record"},
    ),
    (
        "another name's",
        OTHERS,
        {"required": "not for mail.acme.example", "pinned": "the route names", "dane": "no TLSA record"},
    ),
)


class TlsTest(TestCase):
    """A next hop on loopback, and a pool that trusts one authority."""

    timeout = 30

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        trusted = self.folder / "trusted.pem"
        trusted.write_bytes(ROOT.certificate.public_bytes(Encoding.PEM))
        before = os.environ.get("SSL_CERT_FILE")
        os.putenv("SSL_CERT_FILE", str(trusted))
        self.addCleanup(os.putenv if before else lambda name, _: os.unsetenv(name), "SSL_CERT_FILE", before or "")
        client = self.folder / "client.pem"
        client.write_bytes(ROOT.sign("mx.example").pem)
        self.pool = ConnectionPool(reactor, "mx.example", {"ours": client})
        self.hop = ScriptedHop()
        self.port = self.hop.listen(reactor)
        self.hop.answers = {"EHLO": TLS}

    async def tearDown(self) -> None:
        closing = self.pool.close()
        await self.hop.stop()
        await closing

    def shows(self, signed: Signed, *, is_old: bool = False, wants: Signed | None = None) -> None:
        """The next hop shows this certificate."""
        context = ServerContext(signed, self.folder / "server.pem", is_old=is_old, wants=wants)
        self.hop.tls = context  # type: ignore[assignment]

    async def send(self, security: Security, seconds: float = 10.0) -> CopyResult:
        """What becomes of one message."""
        (result,) = await self.pool.transfer(Hop("127.0.0.1", self.port, security), transfer(), seconds)
        return result  # type: ignore[return-value]

    async def test_each_route_has_the_certificate_that_it_asks_for(self) -> None:
        """A message goes inside TLS, or not at all."""
        for what, signed, refusing in EXPECTED:
            self.shows(signed)
            for name, security in SECURITIES.items():
                self.hop.taken.clear()
                result = await self.send(security)
                if name in refusing:
                    assert isinstance(result, Unreachable), (what, name, result)
                    assert refusing[name] in result.reason, (what, name, result)
                    assert not self.hop.taken, (what, name)
                else:
                    assert isinstance(result, Delivered), (what, name, result)
                    assert self.hop.taken[0].is_tls, (what, name)
            await self.hop.cut()

    async def test_what_requires_tls_goes_where_a_certificate_is_verified_and_it_is_offered(self) -> None:
        """RFC 8689: neither over opportunistic TLS, nor to who does not offer REQUIRETLS."""
        self.shows(GOOD)
        required = replace(transfer(), requires_tls=True)
        offering = TLS.replace("250 ", "250-") + "\r\n250 REQUIRETLS"
        ours = Security(Tls.REQUIRED, NAMED, client="ours")
        cases = ((OPPORTUNISTIC, offering, "5.7.10"), (ours, TLS, "5.7.30"), (REQUIRED, offering, ""))
        for security, ehlo, code in cases:
            self.hop.answers, self.hop.commands = {"EHLO": ehlo}, []
            (result,) = await self.pool.transfer(Hop("127.0.0.1", self.port, security), required, 10.0)
            if code:
                assert isinstance(result, PermanentlyRefused), result
                assert result.reply.enhanced == code
                assert not self.hop.taken
            else:
                assert isinstance(result, Delivered), result
                assert self.hop.taken[0].is_tls
            await self.hop.cut()

    async def test_nothing_goes_in_the_clear_where_tls_does_not_come_about(self) -> None:
        """Not offered, refused, too old, cut in its handshake, or silent in it."""
        self.shows(GOOD, is_old=True)
        old, cases = self.hop.tls, dict[str, tuple[dict[str, str], object]]()
        cases["not offered"] = ({}, None)
        cases["refused"] = ({"EHLO": TLS, "STARTTLS": "454 4.7.0 no"}, None)
        cases["too old"] = ({"EHLO": TLS}, old)
        cases["cut"] = ({"EHLO": TLS}, None)
        cases["silent"] = ({"EHLO": TLS, "TLS": SILENCE}, None)
        for what, (answers, context) in cases.items():
            self.hop.answers, self.hop.tls = answers, context  # type: ignore[assignment]
            for name, security in SECURITIES.items():
                if name == "opportunistic":
                    continue
                result = await self.send(security, 0.5 if what == "silent" else 10.0)
                assert isinstance(result, Unreachable) and not result.may_have_been_taken, (what, name, result)
                assert not self.hop.taken and "MAIL" not in self.hop.commands, (what, name)

    async def test_what_is_too_old_is_as_good_as_plain_text(self) -> None:
        """Where TLS is opportunistic, and only there."""
        self.shows(GOOD, is_old=True)
        assert isinstance(await self.send(OPPORTUNISTIC), Delivered)
        assert not self.hop.taken[0].is_tls

    async def test_a_certificate_of_ours_is_shown_where_a_route_names_it(self) -> None:
        """And the next hop that wants one takes no mail without."""
        self.shows(GOOD, wants=ROOT)
        result = await self.send(Security(Tls.REQUIRED, NAMED, client="ours"))
        assert isinstance(result, Delivered), result
        assert isinstance(await self.send(REQUIRED), Unreachable)
        assert len(self.hop.taken) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([("SSL routines", "", "no protocols available"), ("x", "", "no cipher match")],), "no cipher match"),
        ((-1, "Unexpected EOF"), "Unexpected EOF"),
        (([],), "the handshake was cut"),
        ((), "the handshake was cut"),
    ],
)
def test_what_openssl_says_is_put_in_words(arguments: tuple[object, ...], words: str) -> None:
    """In each of the forms in which it says it."""
    assert words_of(SSL.Error(*arguments)) == words


def test_a_certificate_of_ours_that_is_not_there_is_told(tmp_path: Path) -> None:
    """By its name; the file stays the operator's."""
    (tmp_path / "broken.pem").write_text("no certificate")
    contexts = TlsContexts({"broken": tmp_path / "broken.pem"})
    with pytest.raises(NoSuchClient, match="ours named broken cannot be read"):
        contexts.of(Security(client="broken"))
    with pytest.raises(NoSuchClient, match="no certificate of ours named other"):
        contexts.of(Security(client="other"))
