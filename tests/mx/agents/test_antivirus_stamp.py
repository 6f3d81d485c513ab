"""The stamp agent: it passes the contract; its stamps are good where they should be, and nowhere else."""

import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from mx.agents.antivirus_stamp import AntivirusStamp, Signer, digest_of_policy
from mx.agents.body_digests import INLINE_OCTETS
from mx.agents.contract import Agent, Hook
from mx.finding import Finding, Severity
from mx.stamp.form import Stamp, read_stamp
from mx.stamp.seal import Arrival, Flaw, flaw_of
from tenants.policies.policy import parse_policy
from tests.contracts.agent import AUTHOR, CONTENT, PERSON, AgentContract, events_for, heard
from tests.contracts.engine import artifact

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
SERVICE = "mx.there.example"


class AntivirusStampTest(AgentContract, TestCase):
    """The contract, and what a second service makes of it."""

    timeout = 30

    def make_agent(self) -> Agent:
        return AntivirusStamp(Signer(SERVICE, "one", KEY), reactor, time.time)

    async def stamp_on(self, content: bytes = CONTENT, **named: object) -> Stamp | None:
        """The stamp on this message."""
        shown = (artifact(content, 0, parent=None, reading="message"), artifact(b"Good morning.\r\n", reading="body"))
        events = events_for(content=content, artifacts=shown, **named)  # type: ignore[arg-type]
        hearing = await heard(self.make_agent(), events[Hook.DECIDED])
        assert not hearing.notes
        return read_stamp(hearing.added[0][0].encode()) if hearing.added else None

    async def test_its_stamp_is_good_for_this_message_and_its_recipient(self) -> None:
        """And for nobody else."""
        stamp = await self.stamp_on()
        assert stamp is not None
        assert (stamp.covered, len(stamp.leaves)) == ((1, 1), 1)
        header = CONTENT.partition(b"\r\n\r\n")[0] + b"\r\n"
        arrival = Arrival(header, AUTHOR.address, (PERSON.address,), time.time())
        assert flaw_of(stamp, arrival, "mx.here.example", (SERVICE,), PUBLIC) is None
        changed = Arrival(header.replace(b"Invoice", b"Prize"), AUTHOR.address, (PERSON.address,), time.time())
        assert flaw_of(stamp, changed, "mx.here.example", (SERVICE,), PUBLIC) is Flaw.FORGED

    async def test_what_is_not_clean_gets_none(self) -> None:
        """Not even a stamp that says so."""
        finding = Finding("clamd", "Doubtful", 0, Severity.SUSPICIOUS)
        assert await self.stamp_on(findings=(finding,)) is None

    async def test_a_large_message_is_stamped_as_well(self) -> None:
        """Its body hashed beside the reactor."""
        assert await self.stamp_on(CONTENT + b"x" * INLINE_OCTETS + b"\r\n") is not None

    async def test_a_tenant_is_named_so_that_only_the_service_can_tell(self) -> None:
        """The same tenant alike, another one otherwise, with another key otherwise."""
        signer, other = Signer(SERVICE, "one", KEY), Signer(SERVICE, "one", Ed25519PrivateKey.generate())
        assert signer.name_of_tenant("acme") == signer.name_of_tenant("acme") != signer.name_of_tenant("other")
        assert signer.name_of_tenant("acme") != other.name_of_tenant("acme")

    async def test_the_policys_secrets_are_not_in_its_digest(self) -> None:
        """Nobody can try passwords on it."""
        plain, secret = parse_policy({}), parse_policy({"passwords": ["s3cret"]})
        assert digest_of_policy(plain) == digest_of_policy(secret)
        assert digest_of_policy(plain) != digest_of_policy(parse_policy({"spam": "hold"}))
