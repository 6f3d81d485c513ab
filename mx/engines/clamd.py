"""clamd as an engine: every artifact is shown to one of its daemons.

Comes in: artifacts. Goes out: an EngineOutcome. Which artifacts are asked about, and why:

* every decoded part, every container (an attached message too) with what was found in it, once for each digest. The
  message itself, once our anatomy has opened it, and header sections are left out: clamd's time for a message of 60 KB
  is 3.0 ms whole, 2.2 ms as its three decoded parts, 2.5 ms with the header section; for 4 KB 0.56, 0.30 and 0.68;
* with `whole_message` those too, for signatures written for whole mail.

The names are clamd's own, `.UNOFFICIAL` included. `Heuristics.Limits.*` means unscannable, `Heuristics.Encrypted.*`
encrypted, anything else that it finds infected. Its OK is worth nothing for what it did not look at, so an artifact
larger than `most_octets` (or than its StreamMaxLength) is unscannable, and so are artifacts beyond MOST_ARTIFACTS.

Failure: no answer, nonsense, or no answer in time about any artifact is `EngineFailed`, whatever else was found: an
operator may have declared that finding false, and then nobody would know of the artifact that has no answer.
A daemon that refuses the connection is left out for DOWN_SECONDS, and another one is asked, once.
Known gaps: an artifact that clamd needs longer for than the deadline is a failure each time it is tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import assert_never

from twisted.internet.defer import Deferred, DeferredSemaphore, gatherResults
from twisted.internet.interfaces import IReactorTime

from mx.artifact import Artifact
from mx.engines.clamd_connection import CannotConnect, Daemon, ask
from mx.engines.clamd_connection import parse_daemon as parse_daemon
from mx.engines.clamd_protocol import Alert, Answer, Clean, NoAnswer, TooLarge
from mx.engines.clamd_state import state_of
from mx.engines.contract import EICAR, Circumstances, EngineState, Purpose
from mx.finding import EngineFailed, EngineOutcome, Finding, Found, NothingFound, Severity

ENGINE = "clamd"
TOO_LARGE = "too-large-for-clamd"
AT_ONCE = 8
"""Questions to one daemon at the same time; clamd has 10 threads unless told otherwise."""
MOST_ARTIFACTS = 2000
DOWN_SECONDS = 5.0


@dataclass(slots=True)
class _Place:
    """One daemon, what it is busy with, and whether it was away."""

    daemon: Daemon
    turns: DeferredSemaphore = field(default_factory=lambda: DeferredSemaphore(AT_ONCE))
    down_until: float = 0.0


class Clamd:
    """All daemons together are one engine."""

    name = ENGINE
    purpose = Purpose.MALWARE
    canary = EICAR

    def __init__(self, reactor: IReactorTime, daemons: Sequence[Daemon], most_octets: int) -> None:
        """`most_octets` is the size of the largest artifact to ask about: clamd's StreamMaxLength."""
        self._reactor, self._most_octets = reactor, most_octets
        self._places = [_Place(daemon) for daemon in daemons]
        self._next = 0

    async def examine(
        self, artifacts: Sequence[Artifact], circumstances: Circumstances, deadline: float
    ) -> EngineOutcome:
        """See `mx.engines.contract.Engine`."""
        numbers = _chosen(artifacts, whole_message=circumstances.whole_message)
        answers: dict[str, Answer] = {}
        asking: list[Artifact] = []
        for artifact in artifacts:
            if artifact.sha256 not in numbers or artifact.sha256 in answers:
                continue
            answers[artifact.sha256] = TooLarge()
            if artifact.content.octets <= self._most_octets and len(answers) <= MOST_ARTIFACTS:
                asking.append(artifact)
        replies = await self._ask_all(asking)
        answers.update({artifact.sha256: reply for artifact, reply in zip(asking, replies, strict=True)})
        return _outcome(numbers, answers)

    async def state(self) -> EngineState:
        """See `mx.engines.contract.Engine`."""
        return await state_of(self._reactor, ENGINE, [place.daemon for place in self._places])

    async def _ask_all(self, artifacts: Sequence[Artifact]) -> Sequence[Answer]:
        """An answer for each, in order. Cancelling it, as the panel does at the deadline, ends all questions."""
        if len(artifacts) == 1:  # as in most messages: nothing to gather
            return [await self._ask(artifacts[0])]
        asking = [Deferred.fromCoroutine(self._ask(artifact)) for artifact in artifacts]
        try:
            return await gatherResults(asking, consumeErrors=True)
        finally:
            for question in asking:
                question.cancel()

    async def _ask(self, artifact: Artifact) -> Answer:
        reason = "no clamd is configured"
        for place in self._order():
            await place.turns.acquire()
            try:
                return await ask(self._reactor, place.daemon, artifact.content)
            except CannotConnect as error:
                place.down_until = self._reactor.seconds() + DOWN_SECONDS
                reason = f"{place.daemon}: {error}"
            finally:
                place.turns.release()
        return NoAnswer(reason)

    def _order(self) -> Sequence[_Place]:
        """The daemon whose turn it is and one other to fall back on; those that were away just now come last."""
        self._next = (self._next + 1) % max(len(self._places), 1)
        turn = self._places[self._next :] + self._places[: self._next]
        now = self._reactor.seconds()
        return sorted(turn, key=lambda place: now < place.down_until)[:2]


def _chosen(artifacts: Sequence[Artifact], *, whole_message: bool) -> dict[str, list[int]]:
    """The artifacts to ask about: each digest, and the numbers that have it."""
    is_opened = any(artifact.reading == "headers" and artifact.parent == 0 for artifact in artifacts)
    numbers: dict[str, list[int]] = {}
    for artifact in artifacts:
        is_seen_in_parts = artifact.reading == "headers" or (artifact.number == 0 and is_opened)
        if artifact.content.octets and (whole_message or not is_seen_in_parts):
            numbers.setdefault(artifact.sha256, []).append(artifact.number)
    return numbers


def _outcome(numbers: dict[str, list[int]], answers: dict[str, Answer]) -> EngineOutcome:
    """The one outcome of all answers."""
    findings: list[Finding] = []
    reason = ""
    for digest, answer in answers.items():
        match answer:
            case Clean():
                pass
            case Alert():
                findings.extend(Finding(ENGINE, answer.name, number, answer.severity) for number in numbers[digest])
            case TooLarge():
                unscannable = Severity.UNSCANNABLE
                findings.extend(
                    Finding(ENGINE, "too-large-for-clamd", number, unscannable) for number in numbers[digest]
                )
            case NoAnswer():
                reason = reason or answer.reason
            case _:
                assert_never(answer)
    if reason:
        return EngineFailed(ENGINE, reason)
    return Found(ENGINE, tuple(findings)) if findings else NothingFound(ENGINE)
