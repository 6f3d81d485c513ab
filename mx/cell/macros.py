"""Macros: what the source of an Office macro gives away, by plain heuristics; an engine in the cell.

Comes in: all artifacts; those whose reading is `macro-source` are looked at. Goes out: findings.

Failure: none; a message whose CPU time is spent is `limit.time`, unscannable.
"""

import re
from collections.abc import Sequence

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Stretch
from mx.artifact import Artifact
from mx.finding import Finding, Severity

ENGINE = "macros"
_READING = "macro-source"
_STARTS_ITSELF = re.compile(rb"(?i)\bsub\s+(?:auto_?(?:open|exec|close)|document_?open|workbook_?open)\b")
_REACHES_OUT = re.compile(rb"(?i)\b(?:shell|createobject|urldownloadtofile|winhttp|xmlhttp|powershell)\b")


def examine(artifacts: Sequence[Artifact], contents: Sequence[Stretch], budget: Budget) -> tuple[Finding, ...]:
    """One finding for each macro that starts by itself and reaches out of its document."""
    findings = []
    for artifact, content in zip(artifacts, contents, strict=True):
        if artifact.reading != _READING:
            continue
        if budget.seconds_left <= 0:
            findings.append(Finding(ENGINE, "limit.time", artifact.number, Severity.UNSCANNABLE))
            break
        source = content.raw
        if _STARTS_ITSELF.search(source) and _REACHES_OUT.search(source):
            findings.append(Finding(ENGINE, "Macro.StartsAndReachesOut", artifact.number, Severity.SUSPICIOUS))
    return tuple(findings)
