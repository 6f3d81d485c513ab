"""What engines share that examine one artifact at a time: which to ask about, each digest once, and one outcome.

Comes in: artifacts, and a way to ask about one content. Goes out: an EngineOutcome.

* Asked about: every decoded part, every container (an attached message too) with what was found in it. The
  message itself, once our anatomy has opened it, and header sections are left out; with
  `whole_message` they are shown too.
* What the engine said of the same octets before is not asked again (`verdict_cache.py`), and what it is being asked
  about for another message is waited for: the copies of an outbreak come at the same time.
* Where there is a `Bundle`, one artifact carries others: where it is clean, so are they, and they are not asked about
  by themselves. Where it is not, or that is not enough, they are: a finding is told of the artifact that it is in.
* What is larger than the engine looks at (`reach.py`) is *unscannable*, as are artifacts beyond MOST_ARTIFACTS.

Failure: no answer about any artifact is `EngineFailed`, whatever else was found: an operator may have declared that
finding false, and then nobody would know of the artifact that has no answer.
"""

from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, assert_never

from twisted.internet.defer import Deferred, gatherResults

from mx.artifact import Artifact, Content
from mx.engines.answer import Alert, Answer, Clean, NoAnswer, TooLarge
from mx.engines.contract import Circumstances
from mx.engines.reach import Reach
from mx.engines.verdict_cache import VerdictCache
from mx.finding import EngineFailed, EngineOutcome, Finding, Found, NothingFound, Severity

MOST_ARTIFACTS = 2000
ASKED_AT_ONCE = 4
"""Of one message, so that one of a thousand parts does not put a thousand questions before those of the next."""
TOO_LARGE_PREFIX = "too-large-for-"
"""`mx/decision.py` knows these findings by it: another engine's answer may be enough."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """How to ask about several artifacts by one."""

    of: Callable[[Sequence[Artifact]], Artifact | None]
    """The one that carries these; None where there is none. It is asked about even if it has nothing to carry."""
    keys: Mapping[int, str] = field(default_factory=dict)
    """What may be carried, by number; an answer about it is remembered under its key."""
    is_enough: bool = True
    """Where the one is clean, what it carries need not be asked about: this engine is known to look at it there."""


NO_BUNDLE = Bundle(lambda _carried: None)


class EachArtifact:
    """For one engine; how many questions go out at once is for `ask` to say."""

    def __init__(
        self,
        engine: str,
        ask: Callable[[Content], Coroutine[Any, Any, Answer]],
        limits: Sequence[int],
        cache: VerdictCache,
        seconds: Callable[[], float],
    ) -> None:
        """`limits` as of Reach; `seconds` is a clock that never goes back."""
        self._engine, self._ask, self._cache, self._seconds = engine, ask, cache, seconds
        self._reach = Reach(ask, limits, seconds)
        self._under_way: dict[str, list[Deferred[None]]] = {}
        """The digests of questions whose answer may be remembered, and who waits for each to be over."""
        self.signatures = ""
        """The version of the engine's signatures, as the engine states it; empty while it has stated none."""

    async def examine(
        self, artifacts: Sequence[Artifact], circumstances: Circumstances, bundle: Bundle = NO_BUNDLE
    ) -> EngineOutcome:
        """What the engine says of these artifacts. Cancelling it ends all questions."""
        numbers = _chosen(artifacts, bundle.keys, whole_message=circumstances.whole_message)
        answers: dict[str, Answer] = {}
        asking: dict[str, Artifact] = {}
        for artifact in artifacts:
            key = bundle.keys.get(artifact.number, artifact.sha256)
            if key not in numbers or key in answers:
                continue
            known = None if circumstances.is_fresh else self._look_up(key)
            answers[key] = known or TooLarge()
            if known is None and len(answers) <= MOST_ARTIFACTS:
                asking[key] = artifact
        carried = {key: artifact for key, artifact in asking.items() if artifact.number in bundle.keys}
        alone = [artifact for key, artifact in asking.items() if key not in carried]
        bearer = bundle.of(list(carried.values()))
        if bearer is None:
            answers.update(await self._ask_all(alone, is_fresh=circumstances.is_fresh))
            return self._outcome(numbers, answers)
        numbers.setdefault(bearer.sha256, []).append(bearer.number)
        known = None if circumstances.is_fresh else self._look_up(bearer.sha256)
        signatures = self.signatures
        asked = alone if known else [*alone, bearer]
        answers.update(await self._ask_all(asked, is_fresh=circumstances.is_fresh))
        answers[bearer.sha256] = known or answers[bearer.sha256]
        answers.update(await self._of_carried(carried, answers[bearer.sha256], signatures, bundle.is_enough))
        return self._outcome(numbers, answers)

    async def _of_carried(
        self, carried: Mapping[str, Artifact], answer: Answer, signatures: str, is_enough: bool
    ) -> dict[str, Answer]:
        """What the answer about their bearer, by these signatures, means for those that it carried."""
        match answer:
            case Clean() if is_enough:
                if signatures == self.signatures:
                    for key in carried:
                        self._cache.remember(self._engine, signatures, key, answer, self._seconds())
                return dict.fromkeys(carried, answer)
            case NoAnswer():
                return dict.fromkeys(carried, answer)
            case Clean() | Alert() | TooLarge():
                replies = await self._ask_all(carried.values(), is_fresh=True)
                return {key: replies[artifact.sha256] for key, artifact in carried.items()}
            case _:
                assert_never(answer)

    def _look_up(self, key: str) -> Answer | None:
        return self._cache.look_up(self._engine, self.signatures, key, self._seconds())

    async def _ask_all(self, artifacts: Iterable[Artifact], *, is_fresh: bool) -> dict[str, Answer]:
        """An answer for each digest, in order."""
        asked = {artifact.sha256: artifact for artifact in artifacts}
        if len(asked) == 1:  # as in most messages: nothing to gather
            return {digest: await self._ask_one(artifact, is_fresh) for digest, artifact in asked.items()}
        waiting, answers = iter(asked.items()), dict[str, Answer]()
        lanes = min(len(asked), ASKED_AT_ONCE)
        asking = [Deferred.fromCoroutine(self._ask_about_some(waiting, answers, is_fresh)) for _ in range(lanes)]
        try:
            await gatherResults(asking, consumeErrors=True)
        finally:
            for lane in asking:
                lane.cancel()
        return {digest: answers[digest] for digest in asked}

    async def _ask_about_some(
        self, waiting: Iterator[tuple[str, Artifact]], answers: dict[str, Answer], is_fresh: bool
    ) -> None:
        """One after another, until none is left."""
        for digest, artifact in waiting:
            answers[digest] = await self._ask_one(artifact, is_fresh)

    async def _ask_one(self, artifact: Artifact, is_fresh: bool) -> Answer:
        """The engine's answer; where another message has just asked about the same, the one that it gets."""
        if is_fresh or not self._cache.remembers:
            return await self._ask_now(artifact)
        digest = artifact.sha256
        while (others := self._under_way.get(digest)) is not None:
            over: Deferred[None] = Deferred()
            others.append(over)
            await over
            if (known := self._look_up(digest)) is not None:
                return known
        waiting = self._under_way[digest] = []
        try:
            return await self._ask_now(artifact)
        finally:
            del self._under_way[digest]
            for over in waiting:
                if not over.called:  # not given up meanwhile
                    over.callback(None)

    async def _ask_now(self, artifact: Artifact) -> Answer:
        obstacle = await self._reach.obstacle(artifact.content.octets)
        if obstacle is not None:
            return obstacle
        before = self.signatures
        answer = await self._ask(artifact.content)
        if isinstance(answer, Clean | Alert) and before == self.signatures:
            self._cache.remember(self._engine, before, artifact.sha256, answer, self._seconds())
        return answer

    def _outcome(self, numbers: dict[str, list[int]], answers: dict[str, Answer]) -> EngineOutcome:
        """The one outcome of all answers."""
        engine = self._engine
        findings: list[Finding] = []
        reason = ""
        for digest, answer in answers.items():
            match answer:
                case Clean():
                    pass
                case Alert():
                    findings.extend(Finding(engine, answer.name, number, answer.severity) for number in numbers[digest])
                case TooLarge():
                    name, severity = TOO_LARGE_PREFIX + engine, Severity.UNSCANNABLE
                    findings.extend(Finding(engine, name, number, severity) for number in numbers[digest])
                case NoAnswer():
                    reason = reason or answer.reason
                case _:
                    assert_never(answer)
        if reason:
            return EngineFailed(engine, reason)
        return Found(engine, tuple(findings)) if findings else NothingFound(engine)


def _chosen(artifacts: Sequence[Artifact], keys: Mapping[int, str], *, whole_message: bool) -> dict[str, list[int]]:
    """The artifacts to ask about: each key, or digest where there is none, and the numbers that have it."""
    is_opened = any(artifact.reading == "headers" and artifact.parent == 0 for artifact in artifacts)
    numbers: dict[str, list[int]] = {}
    for artifact in artifacts:
        is_seen_in_parts = artifact.reading == "headers" or (
            artifact.reading == "message" and artifact.number == 0 and is_opened
        )
        if artifact.content.octets and (whole_message or not is_seen_in_parts):
            numbers.setdefault(keys.get(artifact.number, artifact.sha256), []).append(artifact.number)
    return numbers
