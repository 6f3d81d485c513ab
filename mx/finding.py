"""Findings, and the three things that an engine can answer.

An engine that raises, hangs, is cut off or answers nonsense gives `EngineFailed`, a value of its own: a failing check
must never look like a check that passed.
"""

from dataclasses import dataclass
from enum import StrEnum

SIGNATURES = "yara"
"""The engine that is asked about every message; it runs in the cells."""
MACROS = "macros"
IN_CELLS = (SIGNATURES, MACROS)
"""All engines that run in the cells, and answer about every message that a cell has examined."""


class Severity(StrEnum):
    """What a finding says of the message. The order of the members is the order of precedence, worst first."""

    INFECTED = "infected"
    PROHIBITED = "prohibited"
    UNSCANNABLE = "unscannable"
    ENCRYPTED = "encrypted"
    PHISHING = "phishing"
    SPAM = "spam"
    SUSPICIOUS = "suspicious"
    ENCRYPTED_MESSAGE = "encrypted_message"
    """PGP or S/MIME: not ours to read, and not an archive that hides something."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One engine's statement about one artifact."""

    engine: str
    name: str
    artifact: int
    severity: Severity


@dataclass(frozen=True, slots=True)
class NothingFound:
    """The engine examined every artifact it was given, and found nothing."""

    engine: str


@dataclass(frozen=True, slots=True)
class Found:
    """The engine finished and states these findings (at least one)."""

    engine: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class EngineFailed:
    """The engine gave no usable answer. The reason is for the trace, never for the sender."""

    engine: str
    reason: str


EngineOutcome = NothingFound | Found | EngineFailed
