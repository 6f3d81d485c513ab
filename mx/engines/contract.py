"""What every engine is: a name, a way to examine artifacts, and a state to show.

Comes in: artifacts, each a byte string that some mail program could open. Goes out: an EngineOutcome.

Failure: an engine should answer `EngineFailed` itself where it knows why. What it does not catch, `panel.py` does:
an exception, no answer in time, an answer of the wrong type or in another engine's name are all `EngineFailed`, and
the policy decides (451 by default). No failure of an engine is ever read as clean.

Every engine's test class inherits `tests/contracts/engine.py`; `skeleton.py` is the one to copy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mx.artifact import Artifact
from mx.finding import EngineOutcome


@dataclass(frozen=True, slots=True)
class EngineState:
    """What `pratique engines` shows of one engine."""

    engine: str
    is_available: bool
    text: str
    """`ready`, or one plain sentence on what is wrong."""
    version: str = ""
    signature_version: str = ""
    """Empty when the engine states none (clamd with a database of one's own)."""
    signature_time: datetime | None = None
    """Aware; None when the age of the signatures is not known."""


class Engine(Protocol):
    """One scan engine. Calls may overlap; an engine limits its own concurrency."""

    @property
    def name(self) -> str:
        """A short static word, the same in every finding and outcome."""
        ...

    async def examine(self, artifacts: Sequence[Artifact], deadline: float) -> EngineOutcome:
        """What the engine says of these artifacts; `deadline` is in seconds from the call.

        `NothingFound` means that every artifact was examined whole. An artifact that the engine cannot examine (too
        large for it, say) is a finding of severity UNSCANNABLE, not a failure.
        """
        ...

    async def state(self) -> EngineState:
        """The engine's state now. Never raises for an engine that is away: that is a state."""
        ...
