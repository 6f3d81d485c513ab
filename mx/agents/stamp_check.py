"""Whether the stamp of another service is forged, asked once for each message that has one, whatever any policy says.

Comes in: the one well-formed stamp of another service (`mx/own_headers.py`). Goes out: whether its signature does not
fit a key that could be fetched. A forged one is not forwarded (docs/contract.md, Exactness), neither now nor later from
queue or quarantine. What a good one is worth is another question: that of the agent `stamp_reader.py`, which is off
unless a policy names it.

Failure: a DNS that does not answer, and one that knows no such key, mean that nothing can be said: the stamp stays, and
counts for nothing. A revoked key is an answer: what it signed does not verify.
Limits: KEY_SECONDS for the key, out of the time of the engines. A message without a stamp costs nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mx.authentication.hurried import Hurried
from mx.authentication.questions import Dns, DnsFailed
from mx.own_headers import ForeignStamp
from mx.stamp.form import Stamp
from mx.stamp.key_record import is_revoked, place_of_key, read_public_key
from mx.stamp.seal import is_genuine

KEY_SECONDS = 2.0
REVOKED = b""
"""No signature fits it."""


@dataclass(frozen=True, slots=True)
class StampChecked:
    """What came of it, and how long it took."""

    is_forged: bool = False
    seconds: float = 0.0


class StampCheck:
    """Fetches the keys of stamps; one that is pinned is not asked for in the DNS."""

    def __init__(self, dns: Dns, reactor: Any, service: str, pinned: Mapping[str, bytes | None]) -> None:
        """`service`: the domain of our own stamps. `pinned`: a service's key, or None where the DNS is to be asked."""
        self._dns, self._reactor, self.service, self._pinned = dns, reactor, service, pinned

    async def check(self, found: ForeignStamp | None) -> StampChecked:
        """Whether this stamp is forged."""
        if found is None:
            return StampChecked()
        started = self._reactor.seconds()
        key = await self.key_of(found.stamp)
        is_forged = key is not None and not is_genuine(found.stamp, found.header, key)
        return StampChecked(is_forged, self._reactor.seconds() - started)

    async def key_of(self, stamp: Stamp) -> bytes | None:
        """Its key: REVOKED where it was taken back, None where it could not be fetched."""
        pinned = self._pinned.get(stamp.domain)
        if pinned is not None:
            return pinned
        try:
            texts = await Hurried(self._dns, self._reactor, KEY_SECONDS).txt(place_of_key(stamp))
        except DnsFailed:
            return None
        keys = (read_public_key(text) for text in texts)
        key = next((key for key in keys if key is not None), None)
        return REVOKED if key is None and any(map(is_revoked, texts)) else key
