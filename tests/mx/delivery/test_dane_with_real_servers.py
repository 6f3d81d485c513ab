"""DANE, in zones that Knot DNS signs and Unbound validates: mail goes to whom DNSSEC vouches for alone.

Where a route asks for it, and where it leaves TLS to the next hop and there are records.
"""

import hashlib
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from unittest import SkipTest

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from mx.delivery.contract import CopyResult, Delivered, PermanentlyRefused, Unreachable
from mx.delivery.hops.surroundings import Surroundings
from mx.delivery.next_hop import NextHops
from tenants.domains.routes import parse_route
from tests.contracts.authority import ServerContext, authority
from tests.contracts.octets import transfer
from tests.servers.dns_servers import dns_servers
from tests.servers.program import ServerMissing
from tests.servers.scripted_smtp import TLS, ScriptedHop

ROOT = authority()
SHOWN = ROOT.sign("mail.secure.example")


def key_digest(certificate: object) -> str:
    """What a TLSA record `3 1 1` or `2 1 1` says."""
    public = certificate.public_key()  # type: ignore[attr-defined]
    return hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def records(port: int) -> str:
    """A host for each case, all of them the same server."""
    tlsa = {
        "mail": f"3 1 1 {key_digest(SHOWN.certificate)}",
        "signed": f"2 1 1 {key_digest(ROOT.certificate)}",
        "wrong": f"3 1 1 {'ab' * 32}",
        "useless": f"1 1 1 {key_digest(SHOWN.certificate)}",
    }
    lines = [f"_{port}._tcp.{host} 60 TLSA {text}" for host, text in tlsa.items()]
    lines += [f"{host} 60 A 127.0.0.1" for host in (*tlsa, "none")]
    lines += ["alias 60 CNAME mail", "@ 60 MX 10 mail"]
    return "\n".join(lines) + "\n"


class DaneTest(TestCase):
    """One server for mail, and a DNS that knows it."""

    timeout = 90

    def setUp(self) -> None:
        folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        self.hop = ScriptedHop({"EHLO": TLS})
        self.hop.tls = ServerContext(SHOWN, folder / "server.pem")  # type: ignore[assignment]
        self.port = self.hop.listen(reactor)
        zone = records(self.port)
        serving = dns_servers({"secure.example": zone}, {"plain.example": zone})
        try:
            resolver = serving.__enter__()
        except ServerMissing as missing:
            raise SkipTest(f"no server: {missing}") from None
        finally:
            self.addCleanup(self.hop.stop)
        self.addCleanup(serving.__exit__, None, None, None)
        self.hops = NextHops(reactor, "mx.example", Surroundings(resolver=resolver, allow_private=True))
        self.hops.startService()
        self.addCleanup(self.hops.stopService)

    async def deliver(self, start: str, terms: str = "?tls=dane", *, requires_tls: bool = False) -> CopyResult:
        """What becomes of a message on this route."""
        sent = replace(transfer(), requires_tls=requires_tls)
        (result,) = await self.hops.deliver((parse_route(f"{start}:{self.port}{terms}"),), sent, 20.0)
        return result

    async def test_mail_goes_inside_tls_to_whom_dnssec_vouches_for(self) -> None:
        """By the key of the leaf, through an alias and through MX; by an authority, the name has to fit too."""
        for start in ("smtp://mail.secure.example", "smtp://alias.secure.example", "mx://secure.example"):
            result = await self.deliver(start)
            assert isinstance(result, Delivered), (start, result)
            assert self.hop.taken.pop().is_tls, start
        result = await self.deliver("smtp://signed.secure.example")
        assert isinstance(result, Unreachable) and "not for signed.secure.example" in result.reason, result

    async def test_to_nobody_else(self) -> None:
        """Each waits, with its reason, and has been told nothing."""
        for start, reason in (
            ("smtp://wrong.secure.example", "TLS: no TLSA record is for the certificate"),
            ("smtp://useless.secure.example", "SMTP has no use for the TLSA records"),
            ("smtp://none.secure.example", "has no TLSA record"),
            ("smtp://absent.secure.example", "has no TLSA record"),
            ("smtp://mail.plain.example", "that DNSSEC vouches for"),
            ("mx://plain.example", "DNSSEC does not vouch for the MX records"),
        ):
            result = await self.deliver(start)
            assert isinstance(result, Unreachable) and reason in result.reason, (start, result)
        assert not self.hop.taken and "MAIL" not in self.hop.commands

    async def test_records_bind_where_the_route_leaves_tls_to_the_next_hop(self) -> None:
        """Those that are vouched for; without any, and in a zone that nobody signed, mail goes as it would have."""
        for start in (
            "smtp://mail.secure.example",
            "smtp://alias.secure.example",
            "mx://secure.example",
            "smtp://useless.secure.example",
            "smtp://none.secure.example",
            "smtp://wrong.plain.example",
            "mx://plain.example",
        ):
            result = await self.deliver(start, "")
            assert isinstance(result, Delivered), (start, result)
            assert self.hop.taken.pop().is_tls, start
        result = await self.deliver("smtp://wrong.secure.example", "")
        assert isinstance(result, Unreachable) and "no TLSA record is for the certificate" in result.reason, result
        assert not self.hop.taken

    async def test_where_there_are_records_nothing_goes_in_the_clear(self) -> None:
        """Whoever takes STARTTLS out of the conversation gets nothing, also where any certificate would do."""
        self.hop.answers = {}
        for start in ("smtp://mail.secure.example", "smtp://useless.secure.example"):
            result = await self.deliver(start, "")
            assert isinstance(result, Unreachable) and "STARTTLS is not offered" in result.reason, result
        assert not self.hop.taken
        assert isinstance(await self.deliver("smtp://none.secure.example", ""), Delivered)
        assert not self.hop.taken.pop().is_tls

    async def test_records_are_enough_for_a_message_that_requires_tls(self) -> None:
        """RFC 8689: verified, and passed on to who offers it."""
        self.hop.answers = {"EHLO": TLS.replace("250 ", "250-") + "\r\n250 REQUIRETLS"}
        result = await self.deliver("mx://secure.example", "", requires_tls=True)
        assert isinstance(result, Delivered) and self.hop.taken.pop().is_tls, result
        result = await self.deliver("mx://plain.example", "", requires_tls=True)
        assert isinstance(result, PermanentlyRefused) and result.reply.enhanced == "5.7.10", result
