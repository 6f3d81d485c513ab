"""What DNSSEC says of the hosts of routes that do not ask for DANE (opportunistic DANE), kept for a while and shared.

Comes in: a Place, and how long somebody will wait. Goes out: its Assurance; without a resolver of the operator's, one
that names no records.
An answer is found in a thread of the reactor's pool, and a resolver that is silent must not take all of them: a place
is asked about once at a time, and MOST_ASKED places are.

Standards: RFC 7672 section 2.1 (where the look-up fails, mail waits: whoever can stop it must not open the way).
Failure: `NotSecure`: no answer, or not in time.
Limits: an answer is believed for BELIEVED_SECONDS, MOST_BELIEVED of them.
"""

from twisted.internet.defer import DeferredSemaphore
from twisted.internet.defer import TimeoutError as TooLate
from twisted.internet.interfaces import IReactorTime

from mx.delivery.hops.dane import Assurance, Dane, NotSecure, Place
from mx.delivery.hops.shared_look_ups import SharedLookUps

BELIEVED_SECONDS = 30.0
MOST_BELIEVED = 1000
MOST_ASKED = 3


class Assurances:
    """Those of one process."""

    def __init__(self, clock: IReactorTime, dane: Dane) -> None:
        self._clock, self._dane = clock, dane
        self._turns = DeferredSemaphore(MOST_ASKED)
        self._look_ups = SharedLookUps(self._ask, clock)
        self._believed: dict[Place, tuple[float, Assurance]] = {}

    async def of(self, place: Place, seconds: float) -> Assurance:
        """What is known, or is found out within these seconds. Raises NotSecure."""
        if not self._dane.is_possible:
            return Assurance(is_name_sure=not place.domain)
        until, assurance = self._believed.get(place, (0.0, None))
        if assurance is not None and self._clock.seconds() < until:
            return assurance
        try:
            return await self._look_ups.answer(place, seconds)
        except TooLate:
            raise NotSecure(f"whether {place.host} has TLSA records could not be looked up in time") from None

    async def _ask(self, place: Place) -> Assurance:
        await self._turns.acquire()
        try:
            assurance = await self._dane.assurance(place)
        finally:
            self._turns.release()
        if len(self._believed) >= MOST_BELIEVED:
            self._believed.clear()
        self._believed[place] = self._clock.seconds() + BELIEVED_SECONDS, assurance
        return assurance
