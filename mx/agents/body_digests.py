"""The digests of a message's body, for agents that check or make signatures: inline, or in a thread where it is large.

Standards: RFC 6376 section 3.7 (the body hash).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from twisted.internet.threads import deferToThreadPool

from mx.artifact import Content
from mx.authentication.dkim import BodyDigests
from mx.authentication.dkim_canonical import BodyDigest, BodyForm, hash_bodies

INLINE_OCTETS = 64 << 10
"""Larger bodies are hashed beside the reactor."""
_CRLF_OCTETS = 2


def digests_of(content: Content, header: bytes, reactor: Any) -> BodyDigests:
    """A way to get the digests of what stands behind this header section."""

    async def digests(forms: Iterable[BodyForm]) -> Mapping[BodyForm, BodyDigest]:
        wanted, before = tuple(forms), len(header) + _CRLF_OCTETS
        if content.octets <= INLINE_OCTETS:
            return hash_bodies(content.chunks(), before, wanted)
        pool = reactor.getThreadPool()
        return await deferToThreadPool(reactor, pool, lambda: hash_bodies(content.chunks(), before, wanted))

    return digests
