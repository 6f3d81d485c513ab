"""The examination: everything that was found out about one message, before anybody decides what becomes of it.

Made by `scan.py` (rows 6 to 8 of `docs/flow.md`), read by the decision, the disposition, the trace and `pratique scan`.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from mx.artifact import Artifact
from mx.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An examination by another service, which is trusted here."""

    digests: frozenset[str]
    """SHA-256, in hexadecimal, of artifacts that were found clean."""
    at: datetime
    """Aware."""


@dataclass(frozen=True, slots=True)
class Examination:
    """A verdict and what people will want to see of it."""

    verdict: Verdict
    artifacts: tuple[Artifact, ...]
    """The tree, for lists; the contents may be closed already."""
    record: bytes
    """The MessageRecord as JSON, still without findings: they are added when it is stored, which is seldom."""
    message_id: str
    subject: str
    engines: tuple[str, ...]
    """Each engine that answered, as `name/version`, for `Pratique-Scanned`."""
    seconds: float

    def behind(self, seconds: float) -> "Examination":
        """The same, when something that took so long went before it."""
        return replace(self, seconds=self.seconds + seconds) if seconds else self
