"""The stamp reader: saves work by the antivirus stamp of another service that is trusted here.

Off unless a policy's `agents` names it, and without effect where the setting `stamp_trusted` names no service. What a
good stamp lists need not be shown to engines whose signatures are older than the stamp; what runs in the cells runs in
any case, and a finding of ours counts whatever a stamp says. `docs/stamp.md` is the specification.

Failure: every doubt, a DNS that does not answer among them, means that the message is examined as if there were no
stamp. What was wrong is a fact for the trace, `stamp`: a forged one can be seen there.
Limits: KEY_SECONDS for the key.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from mx.agents.contract import About, Answers, Fact, Go, HeadersSeen, Observe, OnFailure, Spare
from mx.authentication.dkim import split_fields
from mx.authentication.hurried import Hurried
from mx.authentication.questions import Dns, DnsFailed
from mx.stamp.form import FIELD_NAME, BadStamp, Stamp, read_stamp
from mx.stamp.key_record import place_of_key, read_public_key
from mx.stamp.seal import Arrival, Flaw, flaw_of

NAME = "stamp-reader"
KEY_SECONDS = 2.0
_FIELD_NAME = FIELD_NAME.lower().encode("ascii")


class StampReader:
    """Reads the stamps of these services; a key that is pinned is not asked for in the DNS."""

    about = About(NAME, deadline_seconds=3.0, on_failure=OnFailure.GO_ON)

    def __init__(
        self, dns: Dns, reactor: Any, own_domain: str, trusted: Mapping[str, bytes | None], now: Callable[[], float]
    ) -> None:
        """`trusted` maps each service's domain to its pinned key, or None; `now` is in seconds since 1970."""
        self._dns, self._reactor, self._own_domain = dns, reactor, own_domain
        self._trusted, self._now = trusted, now

    async def on_headers(self, event: HeadersSeen) -> Answers:
        """What is spared, or why nothing is."""
        fields = split_fields(event.header)
        stamps = [field for field in fields if field.partition(b":")[0].strip(b" \t").lower() == _FIELD_NAME]
        if not stamps:
            return Go()
        if len(stamps) > 1:
            return _doubt("more than one")
        try:
            stamp = read_stamp(stamps[0])
        except BadStamp as error:
            return _doubt(f"cannot be read: {error}")
        header = b"".join(field + b"\r\n" for field in fields if field is not stamps[0])
        recipients = tuple(recipient.address for recipient in event.envelope.recipients)
        arrival = Arrival(header, event.envelope.reverse_path.address, recipients, self._now())
        flaw = self._flaw(stamp, arrival, None)
        if flaw is Flaw.NO_KEY:  # all else is well
            flaw = self._flaw(stamp, arrival, await self._key_of(stamp))
        if flaw is not None:
            return _doubt(f"{stamp.domain}: {flaw.value}")
        digests = frozenset(leaf.hex() for leaf in stamp.leaves)
        facts = (Fact("stamp", f"{stamp.domain}: good for {len(digests)} parts"),)
        return Observe(facts=facts), Spare(digests, datetime.fromtimestamp(stamp.made_at, UTC))

    def _flaw(self, stamp: Stamp, arrival: Arrival, public_key: bytes | None) -> Flaw | None:
        return flaw_of(stamp, arrival, self._own_domain, self._trusted, public_key)

    async def _key_of(self, stamp: Stamp) -> bytes | None:
        pinned = self._trusted.get(stamp.domain)
        if pinned is not None:
            return pinned
        try:
            texts = await Hurried(self._dns, self._reactor, KEY_SECONDS).txt(place_of_key(stamp))
        except DnsFailed:
            return None
        return next((key for text in texts if (key := read_public_key(text)) is not None), None)


def _doubt(why: str) -> Answers:
    return Observe(facts=(Fact("stamp", why),))
