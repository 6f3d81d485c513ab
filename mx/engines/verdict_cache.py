"""The verdict cache: what an engine said of octets that it has seen before. Pure; the time is a parameter.

An outbreak's thousandth copy is not scanned again. What is remembered is the answer with its class, by the digest of
the artifact, the engine, and the version of the engine's signatures: an answer of other signatures is forgotten when
it is met. Never remembered: an unknown answer, a canary's. Findings that an operator has declared false are sorted out
later (`mx/verdict.py`), so an answer from here is ignored, and heeded again, like any other. Releases and rescans ask
the engine itself.

Limits: `most_entries`, those longest not asked for go first; VERSIONED_SECONDS for an answer, so that an engine whose
word for its signatures stands still is asked again; UNVERSIONED_SECONDS where it has no word for them (clamd with a
database of one's own): as long as a change of the word may go unnoticed, for it is looked at that often.
"""

from collections import OrderedDict
from dataclasses import dataclass

from mx.engines.answer import Alert, Clean

MOST_ENTRIES = 20_000
VERSIONED_SECONDS = 300.0
UNVERSIONED_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _Entry:
    answer: Clean | Alert
    signatures: str
    until: float


class VerdictCache:
    """One for all engines of a process; 0 entries for none."""

    def __init__(self, most_entries: int = MOST_ENTRIES) -> None:
        self._most_entries = most_entries
        self._entries: OrderedDict[tuple[str, str], _Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def remembers(self) -> bool:
        """Whether it keeps anything at all."""
        return self._most_entries > 0

    def look_up(self, engine: str, signatures: str, digest: str, now: float) -> Clean | Alert | None:
        """What this engine said of the octets with these signatures."""
        entry = self._entries.get((engine, digest))
        if entry is None:
            return None
        if entry.signatures != signatures or now >= entry.until:
            del self._entries[engine, digest]
            return None
        self._entries.move_to_end((engine, digest))
        return entry.answer

    def remember(self, engine: str, signatures: str, digest: str, answer: Clean | Alert, now: float) -> None:
        """Keep an answer. `signatures` is their version; empty where the engine states none."""
        if not self._most_entries:
            return
        seconds = VERSIONED_SECONDS if signatures else UNVERSIONED_SECONDS
        self._entries[engine, digest] = _Entry(answer, signatures, now + seconds)
        self._entries.move_to_end((engine, digest))
        while len(self._entries) > self._most_entries:
            self._entries.popitem(last=False)
