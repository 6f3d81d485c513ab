"""Releases and the header lines of agents: those of then go along, stamps are of today."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from twisted.internet import reactor

from mx.agents.antivirus_stamp import AntivirusStamp, Signer
from mx.own_headers import fields_of
from mx.stamp.form import read_stamp
from tenants.policies.book import change_tenant_policy
from tenants.quarantine.book import HeldState
from tenants.storage.viewpoint import Reader
from tests.contracts.customer_world import NOW
from tests.contracts.mail import EICAR
from tests.contracts.releasing import Releasing

A = "a@acme.example"
VIRUS = b"Subject: Invoice\r\n\r\n" + EICAR + b"\r\n"


class ReleaseWithAgentsTest(Releasing):
    """Real stamps."""

    async def test_what_agents_put_on_top_then_goes_along_and_stamps_are_of_today(self) -> None:
        """What was said of its sender holds; a stamp of then does not: one of today, where today finds nothing."""
        then = b"Authentication-Results: mx.acme.example; spf=pass\r\nPratique-Stamp: v=1;\r\n\tof=then\r\n"
        key = Ed25519PrivateKey.from_private_bytes(bytes(32))
        self.agents = [AntivirusStamp(Signer("stamps.example", "one", key), reactor, lambda: 1_800_000_000)]
        self.hold_with(agents="antivirus-stamp", agent_headers={A: then})
        assert (await self.release()).state is HeldState.RELEASED
        scanned, stamp, results, *_ = fields_of(self.hops.contents[-1])
        assert scanned.startswith(b"Pratique-Scanned: clean") and results == then.splitlines(keepends=True)[0]
        assert read_stamp(stamp).made_at == 1_800_000_000 and b"of=then" not in self.hops.contents[-1]

    async def test_what_leaves_in_spite_of_what_was_found_gets_no_stamp(self) -> None:
        """A stamp says that it is clean."""
        key = Ed25519PrivateKey.from_private_bytes(bytes(32))
        self.agents = [AntivirusStamp(Signer("stamps.example", "one", key), reactor, lambda: 1_800_000_000)]
        with self.world.database.unit_of_work(Reader.OPERATOR) as session:
            entries = {"agents": "antivirus-stamp"}
            change_tenant_policy(session, tenant_id=self.world.customers.acme.id, entries=entries, now=NOW)
        self.ask(A, content=VIRUS, override=("EICAR-Test-File",))
        assert (await self.release()).state is HeldState.RELEASED
        assert b"Pratique-Stamp" not in self.hops.contents[-1]
