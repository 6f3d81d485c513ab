"""The verdict: what all engines and the anatomy together say of one message. Pure and total.

Comes in: the names of the engines asked, their outcomes, the findings and ambiguities of the anatomy.
Goes out: one Verdict, from which `decision.py` decides for each recipient.

Failure: none. An engine that was asked and is missing from the outcomes counts as failed, never as passed.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from mx.artifact import Ambiguity
from mx.finding import IN_CELLS, EngineFailed, EngineOutcome, Finding, Found, NothingFound, Severity

OPINIONS = frozenset({Severity.SPAM, Severity.PHISHING})
"""Severities that say something of the sender, and that another opinion may outweigh."""
_WORST_FIRST = list(Severity)


class VerdictKind(StrEnum):
    """The verdict in one word: `clean`, or the worst severity among the findings."""

    CLEAN = "clean"
    INFECTED = "infected"
    PROHIBITED = "prohibited"
    UNSCANNABLE = "unscannable"
    ENCRYPTED = "encrypted"
    PHISHING = "phishing"
    SPAM = "spam"
    SUSPICIOUS = "suspicious"
    ENCRYPTED_MESSAGE = "encrypted_message"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of a message; `unanswered` names the engines without which it is not complete."""

    kind: VerdictKind
    findings: tuple[Finding, ...] = ()
    ambiguities: tuple[Ambiguity, ...] = ()
    unanswered: tuple[EngineFailed, ...] = ()
    answered: tuple[str, ...] = ()
    """The scanners that did answer, save those in the cells, which answer about every message."""

    @property
    def finding_names(self) -> tuple[str, ...]:
        """Each finding's name once, in the order found."""
        return tuple(dict.fromkeys(finding.name for finding in self.findings))


def judge(
    asked: Set[str],
    outcomes: Iterable[EngineOutcome],
    anatomy_findings: Iterable[Finding] = (),
    ambiguities: Iterable[Ambiguity] = (),
    ignored: Set[str] = frozenset(),
    no_scanners: Set[str] = frozenset(),
) -> Verdict:
    """The verdict from everything that was found out about one message.

    `no_scanners` are engines that look for something else than malware: they stand in for no scanner.
    `ignored` holds names of findings that the operator has declared false; they do not count. What could not be
    examined cannot be declared false: an *unscannable* finding always counts.
    """
    findings = list(anatomy_findings)
    unanswered: list[EngineFailed] = []
    answered: set[str] = set()
    for outcome in outcomes:
        answered.add(outcome.engine)
        match outcome:
            case NothingFound():
                pass
            case Found():
                findings.extend(outcome.findings)
            case EngineFailed():
                unanswered.append(outcome)
            case _:
                assert_never(outcome)
    unanswered.extend(EngineFailed(engine, "gave no answer") for engine in sorted(asked - answered))
    counted = _counted(findings, ignored)
    helpful = answered - {failed.engine for failed in unanswered} - {*IN_CELLS} - no_scanners
    return Verdict(_kind(counted), counted, tuple(ambiguities), tuple(unanswered), tuple(sorted(helpful)))


def amend(
    verdict: Verdict,
    further: Iterable[Finding],
    ignored: Set[str] = frozenset(),
    without: Set[Severity] = frozenset(),
) -> Verdict:
    """The verdict with what agents found added, and without the findings of these severities.

    `without` is for opinions about the sender (spam, phishing); what is damage or unknown is never taken away.
    """
    kept = [finding for finding in verdict.findings if finding.severity not in without & OPINIONS]
    findings = (*kept, *_counted(further, ignored))
    return replace(verdict, kind=_kind(findings), findings=findings)


def set_aside(verdict: Verdict, names: Set[str]) -> Verdict:
    """The verdict without the findings of these names: a person has seen them, and releases the message anyway."""
    findings = tuple(finding for finding in verdict.findings if finding.name not in names)
    return replace(verdict, kind=_kind(findings), findings=findings)


def _counted(findings: Iterable[Finding], ignored: Set[str]) -> tuple[Finding, ...]:
    return tuple(found for found in findings if found.name not in ignored or found.severity is Severity.UNSCANNABLE)


def _kind(findings: Iterable[Finding]) -> VerdictKind:
    worst = min((finding.severity for finding in findings), key=_WORST_FIRST.index, default=None)
    return VerdictKind(worst.value) if worst else VerdictKind.CLEAN
