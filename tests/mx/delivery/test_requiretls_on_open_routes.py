"""REQUIRETLS on a route that asks for nothing: verified TLS is tried before the message is refused (RFC 8689)."""

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from mx.delivery.contract import CopyResult, Delivered, PermanentlyRefused, Unreachable
from mx.delivery.hops.surroundings import Surroundings
from mx.delivery.next_hop import NextHops
from tenants.domains.routes import parse_route
from tests.contracts.authority import ServerContext, authority
from tests.contracts.octets import transfer
from tests.servers.scripted_smtp import CUT, TLS, ScriptedHop

ROOT = authority()
OFFERING = TLS.replace("250 ", "250-") + "\r\n250 REQUIRETLS"


class RequireTlsTest(TestCase):
    """One next hop, and a machine that trusts one authority."""

    timeout = 60

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        trusted = self.folder / "trusted.pem"
        trusted.write_bytes(ROOT.certificate.public_bytes(Encoding.PEM))
        before = os.environ.get("SSL_CERT_FILE")
        os.putenv("SSL_CERT_FILE", str(trusted))
        self.addCleanup(os.putenv if before else lambda name, _: os.unsetenv(name), "SSL_CERT_FILE", before or "")
        self.hop = ScriptedHop({"EHLO": OFFERING})
        self.shown(ROOT.sign("127.0.0.1"))
        self.port = self.hop.listen(reactor)
        self.addCleanup(self.hop.stop)
        self.hops = NextHops(reactor, "mx.example", Surroundings(allow_private=True))
        self.hops.startService()
        self.addCleanup(self.hops.stopService)

    def shown(self, certificate: object) -> None:
        self.hop.tls = ServerContext(certificate, self.folder / "server.pem")  # type: ignore[assignment, arg-type]

    async def deliver(self) -> CopyResult:
        sent = replace(transfer(), requires_tls=True)
        (result,) = await self.hops.deliver((parse_route(f"smtp://127.0.0.1:{self.port}"),), sent, 20.0)
        return result

    async def test_it_goes_over_tls_that_was_verified(self) -> None:
        """And the next hop is told to do the same."""
        assert isinstance(await self.deliver(), Delivered)
        assert self.hop.taken.pop().is_tls

    async def test_it_is_refused_where_nothing_can_be_verified(self) -> None:
        """A stranger's certificate, or no TLS; and where REQUIRETLS is not offered, for that."""
        self.shown(authority("a stranger").sign("127.0.0.1"))
        result = await self.deliver()
        assert isinstance(result, PermanentlyRefused) and result.reply.enhanced == "5.7.10", result
        self.hop.answers = {}
        result = await self.deliver()
        assert isinstance(result, PermanentlyRefused) and result.reply.enhanced == "5.7.10", result
        self.shown(ROOT.sign("127.0.0.1"))
        self.hop.answers = {"EHLO": TLS}
        result = await self.deliver()
        assert isinstance(result, PermanentlyRefused) and result.reply.enhanced == "5.7.30", result
        assert not self.hop.taken

    async def test_it_waits_where_nobody_is_there(self) -> None:
        """That says nothing of TLS."""
        self.hop.answers = {"CONNECT": CUT}
        assert isinstance(await self.deliver(), Unreachable)
