"""Signatures: YARA-X over every artifact, inside the cell, because a scan holds the interpreter's lock.

The rules of `mx/cell/rules/` are compiled once, in the nursery; each cell has scanners of its own. Those in the folder
itself are for every artifact; they are few, because with more strings the scanner leaves its fastest search (0.1
against 0.8 ms a MB). Those in `programs/` and `active_content/` are for artifacts that are programs, or are named as
what does something when it is opened. A tenant's rules (`mx/cell/tenant_rules.py`) are applied to every artifact, as
part of the same engine.

Failure: rules of our own that do not compile stop the nursery's start; for the rest see `rule_set.py`.
Limits: what the message has left of its CPU budget.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yara_x

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Stretch
from mx.artifact import Artifact
from mx.cell.rule_set import Match, RuleSet, compile_texts
from mx.cell.tenant_rules import TenantRules, Turn
from mx.cell.wishes import NO_WISHES, Wishes
from mx.finding import SIGNATURES, Finding, Severity

_RULES = Path(__file__).parent / "rules"
_PROGRAM, _SHORTCUT = b"MZ", b"L\0\0\0"
_ACTIVE = re.compile(
    r"(?i)\.(?:x?html?|shtml|mht(?:ml)?|svgz?|ics|vcs|vcf|lnk|url|jse?|vb[se]|ws[fh]|hta|xml|xsl)[. ]*\Z"
)


@dataclass(frozen=True, slots=True)
class CompiledRules:
    """Our own rules, for any number of scanners."""

    rules: yara_x.Rules
    """For every artifact."""
    for_programs: yara_x.Rules
    for_active_content: yara_x.Rules
    version: str


def rule_texts(folder: Path = _RULES) -> tuple[str, ...]:
    """The texts of the rule files in a folder, in the order of their names."""
    return tuple(path.read_text("utf-8") for path in sorted(folder.glob("*.yar")))


def rules_version(texts: Sequence[str]) -> str:
    """The version of a rule set: the beginning of the digest of its texts."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(hashlib.sha256(text.encode()).digest())
    return digest.hexdigest()[:12]


def compile_rules(texts: Sequence[str] | None = None) -> CompiledRules:
    """Our own rules compiled, with these in place of those for every artifact. Raises RulesBroken."""
    every = rule_texts() if texts is None else texts
    programs, active = rule_texts(_RULES / "programs"), rule_texts(_RULES / "active_content")
    version = rules_version([*every, *programs, *active])
    return CompiledRules(compile_texts(every), compile_texts(programs), compile_texts(active), version)


def nobody_watches(sha256: str, engine: str) -> None:
    """Takes no note of what is being scanned."""


class Signatures:
    """One cell's scanners; made in the process that uses them."""

    __slots__ = ("_active_content", "_own", "_programs", "_tenants")

    def __init__(self, compiled: CompiledRules) -> None:
        self._own = RuleSet(compiled.rules)
        self._programs = RuleSet(compiled.for_programs)
        self._active_content = RuleSet(compiled.for_active_content)
        self._tenants = TenantRules()

    def examine(
        self,
        artifacts: Sequence[Artifact],
        contents: Sequence[Stretch],
        budget: Budget,
        wishes: Wishes = NO_WISHES,
        watch: Callable[[str, str], None] = nobody_watches,
    ) -> tuple[Finding, ...]:
        """The findings on all artifacts; each content is scanned once for each name that it has."""
        turn = self._turn(artifacts, wishes, watch)
        findings: dict[Finding, None] = {}
        scanned: set[tuple[str, str]] = set()
        for artifact, content in zip(artifacts, contents, strict=True):
            if (artifact.sha256, artifact.name) in scanned:
                continue
            scanned.add((artifact.sha256, artifact.name))
            seconds = budget.seconds_left
            if seconds <= 0:
                findings[Finding(SIGNATURES, "limit.time", artifact.number, Severity.UNSCANNABLE)] = None
                break
            watch(artifact.sha256, SIGNATURES)
            for name, severity in self._scan(artifact, content.raw, seconds, budget, turn):
                findings[Finding(SIGNATURES, name, artifact.number, severity)] = None
        return tuple(findings)

    def _turn(self, artifacts: Sequence[Artifact], wishes: Wishes, watch: Callable[[str, str], None]) -> Turn | None:
        if not wishes.rules:
            return None
        watch(artifacts[0].sha256, "rules")
        return Turn(self._tenants.for_text(wishes.rules))

    def _scan(
        self, artifact: Artifact, octets: bytes, seconds: float, budget: Budget, turn: Turn | None
    ) -> list[Match]:
        matches = self._own.scan(artifact.name, octets, seconds)
        if octets[:2] == _PROGRAM:
            matches += self._programs.scan(artifact.name, octets, budget.seconds_left)
        if octets[:4] == _SHORTCUT or any(map(_ACTIVE.search, (artifact.name, *artifact.names))):
            matches += self._active_content.scan(artifact.name, octets, budget.seconds_left)
        return matches if turn is None else matches + turn.scan(artifact.name, octets, budget)
