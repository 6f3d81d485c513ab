"""A message with a good stamp of another service, for the tests to spoil."""

import hashlib
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from twisted.internet import reactor

from mx.agents.stamp_check import StampCheck
from mx.stamp.form import Stamp, digest_of_recipients, merkle_root
from mx.stamp.seal import Arrival, Flaw, flaw_of, sign, signed_names
from tests.contracts.dns_table import DnsTable

NOW = 1_795_448_400
OURS, THEIRS = "mx.here.example", "mx.there.example"
HEADER = (
    b"Received: from x by mx.there.example\r\n"
    b"From: ann@s.example\r\nTo: b@t.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b1\r\n"
)
LEAVES = (hashlib.sha256(b"one").digest(), hashlib.sha256(b"two").digest())
RECIPIENTS = ("b@t.example", "c@T.example")
SENDER = "ann@s.example"


@dataclass(frozen=True, slots=True)
class Stamped:
    """The stamp, its key, and what it is held against."""

    stamp: Stamp
    public_key: bytes
    arrival: Arrival

    def flaw(
        self, *, public_key: bytes | None = b"", trusted: tuple[str, ...] = (THEIRS,), **changes: object
    ) -> Flaw | None:
        """What is wrong with it when it is held against something else."""
        arrival = replace(self.arrival, **changes)  # type: ignore[arg-type]
        key = self.public_key if public_key == b"" else public_key
        return flaw_of(self.stamp, arrival, OURS, trusted, key)


def stamped(key: Ed25519PrivateKey | None = None, header: bytes = HEADER, **changes: object) -> Stamped:
    """A stamp that is good, but for these changes, which are signed as well."""
    key = key or Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    stamp = Stamp(
        domain=THEIRS,
        selector="one",
        made_at=NOW - 60,
        expires_at=NOW + 86_340,
        transaction="06h0nk41ov1fph5p5h45rv",
        tenant="q83v",
        result="clean",
        covered=(2, 2),
        policy=hashlib.sha256(b"policy").digest(),
        signed=signed_names(header),
        body_hash=hashlib.sha256(b"body").digest(),
        leaves=LEAVES,
        root=merkle_root(LEAVES),
        reverse_path=hashlib.sha256(SENDER.encode()).digest(),
        recipients=digest_of_recipients(RECIPIENTS),
    )
    signed = sign(replace(stamp, **changes), header, key)  # type: ignore[arg-type]
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return Stamped(signed, public, Arrival(header, SENDER, RECIPIENTS, float(NOW)))


def no_keys() -> StampCheck:
    """A check in a world whose DNS has no key."""
    return StampCheck(DnsTable({}), reactor, "stamps.service.example", {})
