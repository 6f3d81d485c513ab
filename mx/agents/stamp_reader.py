"""The stamp reader: saves work by the antivirus stamp of another service that is trusted here.

Off unless a policy's `agents` names it, and without effect where the setting `stamp_trusted` names no service. What a
good stamp lists need not be shown to engines whose signatures are older than the stamp; what runs in the cells runs in
any case, and a finding of ours counts whatever a stamp says. `docs/stamp.md` is the specification.

Failure: every doubt, a DNS that does not answer among them, means that the message is examined as if there were no
stamp. What was wrong is a fact for the trace, `stamp`: a forged one can be seen there.
Limits: KEY_SECONDS of `stamp_check.py` for the key. A forged one is taken away there, whether this agent is on or not.
"""

from collections.abc import Callable, Set
from datetime import UTC, datetime

from mx.agents.contract import About, Answers, Fact, Go, HeadersSeen, Observe, OnFailure, Spare
from mx.agents.stamp_check import StampCheck
from mx.authentication.dkim import split_fields
from mx.stamp.form import FIELD_NAME, BadStamp, Stamp, read_stamp
from mx.stamp.seal import Arrival, Flaw, flaw_of

NAME = "stamp-reader"
_FIELD_NAME = FIELD_NAME.lower().encode("ascii")


class StampReader:
    """Reads the stamps of these services."""

    about = About(NAME, deadline_seconds=3.0, on_failure=OnFailure.GO_ON)

    def __init__(self, keys: StampCheck, trusted: Set[str], now: Callable[[], float]) -> None:
        """`trusted`: the services' domains; `now` is in seconds since 1970."""
        self._keys, self._trusted, self._now = keys, trusted, now

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
            flaw = self._flaw(stamp, arrival, await self._keys.key_of(stamp))
        if flaw is not None:
            return _doubt(f"{stamp.domain}: {flaw.value}")
        digests = frozenset(leaf.hex() for leaf in stamp.leaves)
        facts = (Fact("stamp", f"{stamp.domain}: good for {len(digests)} parts"),)
        return Observe(facts=facts), Spare(digests, datetime.fromtimestamp(stamp.made_at, UTC))

    def _flaw(self, stamp: Stamp, arrival: Arrival, public_key: bytes | None) -> Flaw | None:
        return flaw_of(stamp, arrival, self._keys.service, self._trusted, public_key)


def _doubt(why: str) -> Answers:
    return Observe(facts=(Fact("stamp", why),))
