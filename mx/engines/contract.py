"""What every engine is: a name, a way to examine artifacts, a canary that it finds, and a state to show.

Comes in: artifacts, each a byte string that some mail program could open, and the circumstances of the message.
Goes out: an EngineOutcome.

Failure: an engine should answer `EngineFailed` itself where it knows why. What it does not catch, `panel.py` does:
an exception, no answer in time, an answer of the wrong type or in another engine's name are all `EngineFailed`, and
the policy decides (451 by default). No failure of an engine is ever read as clean.

Every engine's test class inherits `tests/contracts/engine.py`; `skeleton.py` is the one to copy.
Engines of other packages: `docs/plugins.md`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from mx.artifact import Artifact, Content
from mx.envelope import Envelope
from mx.examination import Elsewhere
from mx.finding import EngineOutcome

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The test file that every scanner finds, in two pieces so that no scanner finds this file."""


class Purpose(StrEnum):
    """What an engine looks for. The policy's bias counts the engines of each purpose apart."""

    MALWARE = "malware"
    SPAM = "spam"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of a message besides its artifacts, and how to ask; all of it may be missing."""

    transaction: str = ""
    client_address: str = ""
    helo: str = ""
    reverse_path: str | None = None
    """Empty for the null reverse-path; None where no envelope is known."""
    recipients: tuple[str, ...] = ()
    message: Content | None = None
    """The message as it came."""
    whole_message: bool = False
    """Show the message as it came, too, to an engine that examines artifacts."""
    is_fresh: bool = False
    """Answers from a cache are not wanted."""
    elsewhere: Elsewhere | None = None
    """What a service that is trusted here has found clean."""
    is_canary: bool = False
    """The artifact is the engine's own canary: an engine of several servers shows it to each of them."""


NOTHING_KNOWN = Circumstances()


def circumstances_of(envelope: Envelope, message: Content, elsewhere: Elsewhere | None = None) -> Circumstances:
    """What an envelope tells engines that want to know."""
    return Circumstances(
        envelope.transaction,
        envelope.client.address,
        envelope.client.helo,
        envelope.reverse_path.address,
        tuple(recipient.address for recipient in envelope.recipients),
        message,
        elsewhere=elsewhere,
    )


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

    @property
    def purpose(self) -> Purpose:
        """What it looks for."""
        ...

    @property
    def canary(self) -> bytes:
        """Octets in which it finds something as long as it is well: `EICAR` for most."""
        ...

    async def examine(
        self, artifacts: Sequence[Artifact], circumstances: Circumstances, deadline: float
    ) -> EngineOutcome:
        """What the engine says of these artifacts; `deadline` is in seconds from the call.

        `NothingFound` means that every artifact was examined whole. An artifact that the engine cannot examine (too
        large for it, say) is a finding of severity UNSCANNABLE, not a failure.
        """
        ...

    async def state(self) -> EngineState:
        """The engine's state now. Never raises for an engine that is away: that is a state."""
        ...
