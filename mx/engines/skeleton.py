"""The engine to copy: one that finds a line of text which nobody's mail contains.

How to make an engine of it:

1. Copy this file, rename the class, and let `examine` ask whatever it is that examines.
2. Copy `tests/mx/engines/test_skeleton.py`: it inherits `tests/contracts/engine.py`, the cases that all engines pass.
3. Add one line to `pratique/compose/engines.py`.

Comes in: artifacts. Goes out: an EngineOutcome. A content is read chunk by chunk and never kept whole.

Failure: what is raised becomes `EngineFailed` in the panel; say it yourself where you know the reason better.
Limits: an engine of ours runs between all other work of the process. Whatever takes long waits for an answer from
elsewhere (a socket, a thread); whatever opens hostile octets belongs in the cells. Engines of other packages have
processes of their own (`mx/engines/outside/`).
"""

from collections.abc import Sequence

from mx.artifact import Artifact, Content
from mx.engines.contract import Circumstances, EngineState, Purpose
from mx.finding import EngineOutcome, Finding, Found, NothingFound, Severity

MARK = b"PRATIQUE-SKELETON-ENGINE-FINDS-THIS"


class Skeleton:
    """Finds MARK."""

    name = "skeleton"
    purpose = Purpose.MALWARE
    canary = MARK

    async def examine(
        self, artifacts: Sequence[Artifact], circumstances: Circumstances, deadline: float
    ) -> EngineOutcome:
        """See `mx.engines.contract.Engine`."""
        findings = tuple(
            Finding(self.name, "Skeleton.Mark", artifact.number, Severity.SUSPICIOUS)
            for artifact in artifacts
            if _has_mark(artifact.content)
        )
        return Found(self.name, findings) if findings else NothingFound(self.name)

    async def state(self) -> EngineState:
        """See `mx.engines.contract.Engine`."""
        return EngineState(self.name, is_available=True, text="ready", version="1")


def _has_mark(content: Content) -> bool:
    """Whether the mark stands anywhere, also across the border of two chunks."""
    end = b""
    for chunk in content.chunks():
        octets = end + chunk
        if MARK in octets:
            return True
        end = octets[-len(MARK) + 1 :]
    return False
