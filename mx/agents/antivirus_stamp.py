"""The stamp agent: a signed `Pratique-Stamp` on top of mail that every engine asked has found clean.

Off unless a policy's `agents` names it. What is not clean, or was not examined whole, gets no stamp; what is released
from quarantine gets one of that day, where that day's examination finds it clean, and none in spite of what was found.
`docs/stamp.md` is the specification; `mx/stamp/` makes the stamp.

Failure: the mail goes on without one.
Limits: large bodies are hashed in a thread (`body_digests.py`).
"""

import hashlib
import hmac
import json
from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mx.agents.body_digests import digests_of
from mx.agents.contract import About, AddHeaders, Answers, Decided, Go, OnFailure
from mx.authentication.dkim_canonical import BodyForm
from mx.stamp.form import MOST_LEAVES, Stamp, digest_of_recipients, merkle_root
from mx.stamp.seal import LIFE_SECONDS, sign, signed_names
from mx.verdict import VerdictKind
from tenants.policies.policy import Policy, entries_of

NAME = "antivirus-stamp"
_LEAF_READINGS = frozenset({"body", "part"})
_SECRET_ENTRIES = frozenset({"passwords"})
_SIMPLE = BodyForm(is_relaxed=False)


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose stamps they are."""

    domain: str
    selector: str
    key: Ed25519PrivateKey

    def name_of_tenant(self, name: str) -> str:
        """Who it was examined for, so that only the service can tell."""
        secret = self.key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        return b32encode(hmac.digest(secret, name.encode(), "sha256")[:15]).decode("ascii").lower()


class AntivirusStamp:
    """Signs with one service's key."""

    about = About(NAME, deadline_seconds=5.0, on_failure=OnFailure.GO_ON, signs_release=True)

    def __init__(self, signer: Signer, reactor: Any, now: Callable[[], float]) -> None:
        """`now` is in seconds since 1970."""
        self._signer, self._reactor, self._now = signer, reactor, now

    async def on_decided(self, event: Decided) -> Answers:
        """The stamp, or nothing."""
        verdict = event.examination.verdict
        if verdict.kind is not VerdictKind.CLEAN or verdict.unanswered:
            return Go()
        stamp = self._stamp(event, await self._body_hash(event))
        return AddHeaders((sign(stamp, event.header, self._signer.key).to_field(),))

    def _stamp(self, event: Decided, body_hash: bytes) -> Stamp:
        leaves = tuple(
            bytes.fromhex(artifact.sha256)
            for artifact in event.examination.artifacts
            if artifact.reading in _LEAF_READINGS
        )
        made_at, signer, envelope = int(self._now()), self._signer, event.envelope
        return Stamp(
            domain=signer.domain,
            selector=signer.selector,
            made_at=made_at,
            expires_at=made_at + LIFE_SECONDS,
            transaction=envelope.transaction,
            tenant=signer.name_of_tenant(event.customer.tenant_name),
            result=VerdictKind.CLEAN.value,
            covered=(len(leaves), len(leaves)),
            policy=digest_of_policy(event.customer.policy),
            signed=signed_names(event.header),
            body_hash=body_hash,
            leaves=leaves[:MOST_LEAVES],
            root=merkle_root(leaves),
            reverse_path=hashlib.sha256(envelope.reverse_path.address.encode()).digest(),
            recipients=digest_of_recipients(recipient.address for recipient, _ in event.decisions),
        )

    async def _body_hash(self, event: Decided) -> bytes:
        digests = digests_of(event.content, event.header, self._reactor)
        return (await digests((_SIMPLE,)))[_SIMPLE].sha256


def digest_of_policy(policy: Policy) -> bytes:
    """Tells versions of a policy apart, and nothing of its secrets."""
    entries = {name: value for name, value in entries_of(policy).items() if name not in _SECRET_ENTRIES}
    return hashlib.sha256(json.dumps(entries, sort_keys=True).encode()).digest()
