"""Signatures: YARA-X over every artifact, inside the cell, because a scan holds the interpreter's lock.

Made once in each child: the rules of `mx/cell/rules/` are compiled, one scanner is kept. Each rule's metadata gives
the finding's `name` and its `severity`; the artifact's own name stands in the variable `artifact_name`.

Failure: a scan out of time, or one that the engine gives up, is the finding `limit.signature-time` or
`signature-error` of severity unscannable, never nothing found. Rules that do not compile stop the child's start.
Limits: what the message has left of its CPU budget, in whole seconds, at least one.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import yara_x

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Stretch
from mx.artifact import Artifact
from mx.finding import Finding, Severity

ENGINE = "yara"
_RULES = Path(__file__).parent / "rules"
_WARM_UP_OCTETS = b"warm up"


def rule_texts(folder: Path = _RULES) -> tuple[str, ...]:
    """The texts of all rule files, in the order of their names."""
    return tuple(path.read_text("utf-8") for path in sorted(folder.glob("*.yar")))


def rules_version(texts: Sequence[str] | None = None) -> str:
    """The version of a rule set: the beginning of the digest of its texts. Our own rules' when none are given."""
    digest = hashlib.sha256()
    for text in rule_texts() if texts is None else texts:
        digest.update(hashlib.sha256(text.encode()).digest())
    return digest.hexdigest()[:12]


class Signatures:
    """One child's compiled rules and its scanner."""

    __slots__ = ("_scanner",)

    def __init__(self, texts: Sequence[str]) -> None:
        compiler = yara_x.Compiler()
        compiler.define_global("artifact_name", "")
        for text in texts:
            compiler.add_source(text)
        self._scanner = yara_x.Scanner(compiler.build())
        # The first scan starts the library's clock thread, which a confined process could not do later.
        self._scanner.set_timeout(1)
        self._scanner.scan(_WARM_UP_OCTETS)

    def examine(
        self, artifacts: Sequence[Artifact], contents: Sequence[Stretch], budget: Budget
    ) -> tuple[Finding, ...]:
        """The findings on all artifacts; each content is scanned once for each name that it has."""
        findings: dict[Finding, None] = {}
        scanned: set[tuple[str, str]] = set()
        for artifact, content in zip(artifacts, contents, strict=True):
            if (artifact.sha256, artifact.name) in scanned:
                continue
            scanned.add((artifact.sha256, artifact.name))
            left = budget.seconds_left
            if left <= 0:
                findings[Finding(ENGINE, "limit.time", artifact.number, Severity.UNSCANNABLE)] = None
                break
            for name, severity in self._scan(artifact.name, content.raw, left):
                findings[Finding(ENGINE, name, artifact.number, severity)] = None
        return tuple(findings)

    def _scan(self, name: str, octets: bytes, seconds: float) -> list[tuple[str, Severity]]:
        scanner = self._scanner
        try:
            scanner.set_timeout(max(1, int(seconds)))
            scanner.set_global("artifact_name", name)
            results = scanner.scan(octets)
        except yara_x.TimeoutError:
            return [("limit.signature-time", Severity.UNSCANNABLE)]
        except yara_x.ScanError:
            return [("signature-error", Severity.UNSCANNABLE)]
        return [_read_rule(rule) for rule in results.matching_rules]


def _read_rule(rule: yara_x.Rule) -> tuple[str, Severity]:
    metadata = dict(rule.metadata)
    return str(metadata.get("name", rule.identifier)), Severity(metadata.get("severity", Severity.SUSPICIOUS))
