"""ICAP as an engine: any scanner with an ICAP port, at one server or several that are alike.

Comes in: artifacts. Goes out: an EngineOutcome. Which artifacts are asked about: `each_artifact.py`; what a reply
means: `verdict.py`. The artifact's name is not sent: it would be a stranger's text in somebody else's parser.

Each server is asked what it offers (OPTIONS), again after its Options-TTL. A preview is sent where it wants one; an
answer to a preview alone says nothing of the rest, so then the artifact is sent again without one, and that server
gets no previews any more. ISTag is the version of the signatures.

Standards: RFC 3507.
Failure: no answer, nonsense, or an answer that means nothing about any artifact is `EngineFailed`.
A server that cannot be reached is left out for DOWN_SECONDS, and another one is asked, once.
Limits: AT_ONCE connections to a server, or fewer where it says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from twisted.internet.defer import DeferredSemaphore
from twisted.internet.interfaces import IReactorTime

from mx.artifact import Artifact, Content
from mx.engines.answer import Answer, NoAnswer
from mx.engines.contract import EICAR, Circumstances, EngineState, Purpose
from mx.engines.each_artifact import EachArtifact
from mx.engines.icap.connection import CannotConnect, Connections
from mx.engines.icap.protocol import IcapService, Nonsense, Offer, read_offer
from mx.engines.icap.verdict import answer_of
from mx.engines.verdict_cache import VerdictCache
from mx.finding import EngineOutcome

AT_ONCE = 8
DOWN_SECONDS = 5.0
OFFER_SECONDS = 600.0
"""An offer without an Options-TTL is asked for again after so long."""


@dataclass(slots=True)
class _Place:
    """One server."""

    service: IcapService
    connections: Connections
    turns: DeferredSemaphore = field(default_factory=lambda: DeferredSemaphore(AT_ONCE))
    offer: Offer | None = None
    offer_until: float = 0.0
    wants_previews: bool = True
    down_until: float = 0.0


class Icap:
    """All servers together are one engine."""

    purpose = Purpose.MALWARE
    canary = EICAR

    def __init__(
        self,
        name: str,
        reactor: IReactorTime,
        services: Sequence[IcapService],
        most_octets: int,
        cache: VerdictCache,
        *,
        offer: Offer | None = None,
    ) -> None:
        """`most_octets` is the largest artifact to send; `offer`: what the servers are known to offer, if it is."""
        self.name = name
        self._reactor = reactor
        self._places = [_Place(service, Connections(reactor, service)) for service in services]
        if offer is not None:
            for place in self._places:
                self._take(place, offer)
        self._next = 0
        self._each = EachArtifact(name, self._ask, (most_octets,), cache, reactor.seconds)

    async def examine(
        self, artifacts: Sequence[Artifact], circumstances: Circumstances, deadline: float
    ) -> EngineOutcome:
        """See `mx.engines.contract.Engine`."""
        return await self._each.examine(artifacts, circumstances)

    async def state(self) -> EngineState:
        """See `mx.engines.contract.Engine`."""
        offers = [await self._ask_offer(place) for place in self._places]
        away = [str(place.service) for place, offer in zip(self._places, offers, strict=True) if offer is None]
        alive = [offer for offer in offers if offer is not None]
        if not alive:
            return EngineState(self.name, is_available=False, text="no answer")
        text = f"no answer from {', '.join(away)}" if away else "ready"
        tags = "+".join(dict.fromkeys(offer.istag for offer in alive if offer.istag))
        self._each.signatures = tags
        return EngineState(self.name, True, text, version=alive[0].service, signature_version=tags)

    def close(self) -> None:
        """Keeps no connection any longer."""
        for place in self._places:
            place.connections.close()

    async def _ask_offer(self, place: _Place) -> Offer | None:
        try:
            offer = read_offer(await place.connections.options())
        except (CannotConnect, Nonsense):
            return None
        self._take(place, offer)
        return offer

    def _take(self, place: _Place, offer: Offer) -> None:
        place.offer = offer
        place.offer_until = self._reactor.seconds() + (offer.ttl_seconds or OFFER_SECONDS)
        if offer.most_connections:
            place.turns.limit = min(AT_ONCE, offer.most_connections)

    async def _ask(self, content: Content) -> Answer:
        reason = "no ICAP service is configured"
        for place in self._order()[:2]:
            await place.turns.acquire()
            try:
                return await self._ask_at(place, content)
            except CannotConnect as error:
                place.down_until = self._reactor.seconds() + DOWN_SECONDS
                reason = f"{place.service}: {error}"
            except Nonsense as error:
                return NoAnswer(f"{place.service}: {error}")
            finally:
                place.turns.release()
        return NoAnswer(reason)

    async def _ask_at(self, place: _Place, content: Content) -> Answer:
        if place.offer is None or self._reactor.seconds() >= place.offer_until:
            self._take(place, read_offer(await place.connections.options()))
        assert place.offer is not None
        method = place.offer.method
        preview = place.offer.preview_octets if place.wants_previews else None
        reply, is_whole = await place.connections.ask(content, method, preview)
        if reply.status == 204 and not is_whole and preview is not None:
            place.wants_previews = False
            reply, is_whole = await place.connections.ask(content, method, None)
        if reply.istag and len(self._places) == 1 and self._each.signatures != reply.istag:
            self._each.signatures = reply.istag
        return answer_of(reply, is_whole=is_whole)

    def _order(self) -> list[_Place]:
        """The server whose turn it is, then the others; last those that were away just now."""
        self._next = (self._next + 1) % max(len(self._places), 1)
        turn = self._places[self._next :] + self._places[: self._next]
        now = self._reactor.seconds()
        return sorted(turn, key=lambda place: now < place.down_until)
