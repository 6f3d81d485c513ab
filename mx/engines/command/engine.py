"""Any command-line scanner as an engine: one run for each artifact.

Comes in: artifacts. Goes out: an EngineOutcome; which artifacts are asked about: `each_artifact.py`; how the command
gets them: `run.py`. What an exit status means is the operator's word (`0=clean,1=infected`); a status without a
word is unknown. A name is taken from the output by a pattern; where there is none, it is `Found-by-command`.

Failure: a command that cannot be started, is ended by a signal, hangs, writes without end, or ends with a status that
means nothing is `EngineFailed`.
Limits: SECONDS a run, AT_ONCE runs, MOST_OCTETS an artifact. A scanner that loads its signatures for each run is slow:
a daemon is better, where there is one.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from twisted.internet.defer import DeferredSemaphore
from twisted.internet.threads import deferToThreadPool

from mx.artifact import Artifact, Content
from mx.engines.answer import Alert, Answer, Clean, NoAnswer
from mx.engines.command.run import CAN_RUN, Ended, Run
from mx.engines.contract import EICAR, Circumstances, EngineState, Purpose
from mx.engines.each_artifact import EachArtifact
from mx.engines.verdict_cache import VerdictCache
from mx.finding import EngineOutcome, Severity

ENGINE = "command"
CLEAN = "clean"
SECONDS = 18.0
"""Below what the engines have together, so that the reason is told."""
AT_ONCE = 2
MOST_OCTETS = 64 << 20
UNNAMED = "Found-by-command"
_NOT_PLAIN = re.compile(r"[^\x21-\x7e]+")


class Command:
    """Runs one command for each artifact."""

    name = ENGINE
    purpose = Purpose.MALWARE
    canary = EICAR

    def __init__(
        self,
        reactor: Any,
        words: Sequence[str],
        exits: Mapping[int, str],
        name_pattern: str,
        cache: VerdictCache,
        *,
        seconds: float = SECONDS,
    ) -> None:
        """`exits`: `clean` or a severity for each exit status; `name_pattern`: its first group is the name."""
        self._reactor, self._words, self._exits = reactor, tuple(words), dict(exits)
        self._pattern = re.compile(name_pattern)
        self._seconds = seconds
        self._turns = DeferredSemaphore(AT_ONCE)
        self._each = EachArtifact(ENGINE, self._ask, (MOST_OCTETS,), cache, reactor.seconds)

    async def examine(
        self, artifacts: Sequence[Artifact], circumstances: Circumstances, deadline: float
    ) -> EngineOutcome:
        """See `mx.engines.contract.Engine`."""
        return await self._each.examine(artifacts, circumstances)

    async def state(self) -> EngineState:
        """See `mx.engines.contract.Engine`. Whether it works, its canary tells."""
        if not CAN_RUN:
            return EngineState(ENGINE, is_available=False, text="this system has no memory without a name")
        return EngineState(ENGINE, is_available=True, text="ready", version=self._words[0].rpartition("/")[2])

    async def _ask(self, content: Content) -> Answer:
        if not CAN_RUN:
            return NoAnswer("this system has no memory without a name")
        await self._turns.acquire()
        run = Run(self._words, content, self._seconds)
        try:
            ended = await deferToThreadPool(self._reactor, self._reactor.getThreadPool(), run.to_its_end)
        except Exception as error:
            return NoAnswer(f"it cannot be run: {type(error).__name__}")
        finally:
            run.stop()
            self._turns.release()
        return self._answer(ended)

    def _answer(self, ended: Ended) -> Answer:
        if ended.status is None:
            return NoAnswer(ended.reason)
        word = self._exits.get(ended.status)
        if word is None:
            return NoAnswer(f"exit status {ended.status} means nothing")
        if word == CLEAN:
            return Clean()
        match = self._pattern.search(ended.output)
        name = _NOT_PLAIN.sub("-", match[1] or "").strip("-")[:200] if match and match.groups() else ""
        return Alert(name or UNNAMED, Severity(word))
