"""clamd as an engine: every artifact is shown to one of its daemons.

Comes in: artifacts. Goes out: an EngineOutcome. Which artifacts are asked about: `each_artifact.py`, and, for the
signatures that were written for mail, the message's skeleton (`mail_skeleton.py`) or, with `whole_message`, all of it.
The skeleton carries the message's texts, so most messages are one question, once every daemon has found the canary
that a skeleton carries: one whose ScanMail is off would not look at them. Until then, and while one is away, they are
asked about by themselves too.
An artifact of up to `most_octets` (clamd's StreamMaxLength) goes over the connection. A larger one is handed over as a
file descriptor, where a daemon listens on a unix socket: of sealed memory, so that no plain text is on a disk.

The names are clamd's own, `.UNOFFICIAL` included. `Heuristics.Limits.*` means unscannable, `Heuristics.Encrypted.*`
encrypted, anything else that it finds infected. Its OK is worth nothing for what it did not look at: `reach.py`.

Few questions are under way at once (`turns.py`), those about large artifacts in a line of their own, so that neither
a large archive nor a file that is made to take long keeps everybody's small mail waiting.

Failure: no answer, nonsense, or no answer in time about any artifact is `EngineFailed`.
A daemon that refuses the connection is left out for DOWN_SECONDS, and another one is asked, once. A daemon that does
not find the canary is left out until it does.
Known gaps: an artifact that clamd needs longer for than the deadline is a failure each time it is tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from twisted.internet.defer import Deferred, DeferredSemaphore, gatherResults
from twisted.internet.interfaces import IReactorTime

from mx.artifact import Artifact, Content
from mx.engines.answer import Alert, Answer, Clean, NoAnswer, TooLarge
from mx.engines.clamd.connection import CannotConnect, Daemon, ask
from mx.engines.clamd.connection import parse_daemon as parse_daemon
from mx.engines.clamd.descriptor import CAN_HAND_OVER, ask_by_descriptor
from mx.engines.clamd.state import state_of
from mx.engines.clamd.turns import Turns
from mx.engines.contract import EICAR, Circumstances, EngineState, Purpose
from mx.engines.each_artifact import Bundle, EachArtifact
from mx.engines.mail_skeleton import carriable, carrying, skeleton_of
from mx.engines.verdict_cache import VerdictCache
from mx.finding import EngineFailed, EngineOutcome, Finding, Found, NothingFound

ENGINE = "clamd"
QUICK_AT_ONCE = 2
"""Questions to one daemon at the same time by each process, as long as none takes long."""
MOST_AT_ONCE = 6
"""With those that take long."""
LARGE_OCTETS = 1 << 20
LARGE_AT_ONCE = 2
"""About more than so many octets, beside all the others."""
DOWN_SECONDS = 5.0
DESCRIPTOR_OCTETS = 128 << 20
"""The most that is handed over as a descriptor: it is memory as long as it is examined."""
DESCRIPTORS_AT_ONCE = 2
_CARRIED = carrying(EICAR)


@dataclass(slots=True)
class _Place:
    """One daemon, what it is busy with, and whether it was away."""

    daemon: Daemon
    turns: Turns
    large_turns: Turns
    down_until: float = 0.0
    misses_canary: bool = False
    opens_mail: bool = False
    """It has found the canary that a skeleton carries, and has been there since."""


class Clamd:
    """All daemons together are one engine."""

    name = ENGINE
    purpose = Purpose.MALWARE
    canary = EICAR

    def __init__(self, reactor: IReactorTime, daemons: Sequence[Daemon], most_octets: int, cache: VerdictCache) -> None:
        """`most_octets` is the size of the largest artifact to send: clamd's StreamMaxLength."""
        self._reactor, self._most_octets = reactor, most_octets
        self._places = [
            _Place(
                daemon,
                Turns(reactor, QUICK_AT_ONCE, MOST_AT_ONCE),
                Turns(reactor, LARGE_AT_ONCE, LARGE_AT_ONCE),
            )
            for daemon in daemons
        ]
        self._next = 0
        self._descriptors = DeferredSemaphore(DESCRIPTORS_AT_ONCE)
        by_descriptor = CAN_HAND_OVER and any(daemon.path for daemon in daemons) and most_octets < DESCRIPTOR_OCTETS
        limits = (most_octets, DESCRIPTOR_OCTETS) if by_descriptor else (most_octets,)
        self._each = EachArtifact(ENGINE, self._ask, limits, cache, reactor.seconds)

    async def examine(
        self, artifacts: Sequence[Artifact], circumstances: Circumstances, deadline: float
    ) -> EngineOutcome:
        """See `mx.engines.contract.Engine`."""
        if circumstances.is_canary:
            return await self._show_canary(artifacts[0])
        if circumstances.whole_message:
            return await self._each.examine(artifacts, circumstances)
        open_mail = all(place.opens_mail for place in self._places)
        bundle = Bundle(lambda carried: skeleton_of(artifacts, carried), carriable(artifacts), open_mail)
        return await self._each.examine(artifacts, circumstances, bundle)

    async def state(self) -> EngineState:
        """See `mx.engines.contract.Engine`."""
        state = await state_of(self._reactor, ENGINE, [place.daemon for place in self._places])
        if state.is_available:
            self._each.signatures = state.signature_version
        return state

    async def _ask(self, content: Content) -> Answer:
        if content.octets <= self._most_octets:
            return await self._ask_one_of(self._order(), content)
        await self._descriptors.acquire()
        try:
            return await self._ask_one_of([place for place in self._order() if place.daemon.path], content)
        finally:
            self._descriptors.release()

    async def _ask_one_of(self, places: Sequence[_Place], content: Content) -> Answer:
        """The answer of the first of two that can be reached."""
        reason = "no clamd is configured"
        for place in places[:2]:
            try:
                return await self._ask_at(place, content)
            except CannotConnect as error:
                place.down_until = self._reactor.seconds() + DOWN_SECONDS
                place.opens_mail = False
                reason = f"{place.daemon}: {error}"
        return NoAnswer(reason)

    async def _ask_at(self, place: _Place, content: Content) -> Answer:
        turns = place.turns if content.octets <= LARGE_OCTETS else place.large_turns
        turn = await turns.take()
        try:
            by_descriptor = content.octets > self._most_octets
            return await (ask_by_descriptor if by_descriptor else ask)(self._reactor, place.daemon, content)
        finally:
            turns.give_back(turn)

    def _order(self) -> list[_Place]:
        """The daemon whose turn it is, then the others; last those that are not well."""
        self._next = (self._next + 1) % max(len(self._places), 1)
        turn = self._places[self._next :] + self._places[: self._next]
        now = self._reactor.seconds()
        return sorted(turn, key=lambda place: (place.misses_canary, now < place.down_until))

    async def _show_canary(self, canary: Artifact) -> EngineOutcome:
        """Found when one daemon finds it; those that do not are asked no more as long as another one is there."""
        asking = [Deferred.fromCoroutine(self._show_to(place, canary)) for place in self._places]
        answers = await gatherResults(asking, consumeErrors=True)
        alerts = [answer for answer in answers if isinstance(answer, Alert)]
        if alerts:
            return Found(ENGINE, (Finding(ENGINE, alerts[0].name, canary.number, alerts[0].severity),))
        if any(isinstance(answer, Clean | TooLarge) for answer in answers):
            return NothingFound(ENGINE)
        return EngineFailed(ENGINE, "no daemon answered")

    async def _show_to(self, place: _Place, canary: Artifact) -> Answer:
        answer = await self._ask_one_of([place], canary.content)
        if not isinstance(answer, NoAnswer):
            place.misses_canary = not isinstance(answer, Alert)
            place.opens_mail = isinstance(await self._ask_one_of([place], _CARRIED), Alert)
        return answer
