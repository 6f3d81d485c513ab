"""Macros: what the source of an Office macro gives away, by plain heuristics; an engine in the cell.

Comes in: all artifacts; those whose reading is `macro-source` are looked at: the source of VBA modules, and what
Excel 4 macro sheets call. Goes out: findings of severity *suspicious*: a VBA module that starts by itself and reaches
out of its document (starts programs, loads libraries, fetches, writes files), an Excel 4 macro that reaches out, a
binary macro sheet, whose formulas are not read.

Failure: none; a message whose CPU time is spent is `limit.time`, unscannable.
Limits: two passes over each source.
"""

import re
from collections.abc import Sequence

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Stretch
from mx.artifact import Artifact
from mx.finding import Finding, Severity

ENGINE = "macros"
_READING = "macro-source"
_STARTS_ITSELF = re.compile(
    rb"(?im)^[ \t]{0,200}(?:(?:public|private|friend|static)[ \t]{1,50}){0,3}sub[ \t_\r\n]{1,50}"
    rb"(?:auto_?(?:open|exec|close|exit|new|activate|deactivate)"
    rb"|document_?(?:open|new|close|beforeclose|change|sync)|workbook_?(?:open|activate|beforeclose|close|deactivate)"
    rb"|worksheet_(?:activate|calculate|change|selectionchange)|app_(?:document|workbook)open|presentation_?open"
    rb"|onslideshowpagechange|[a-z][a-z0-9_]{0,60}_(?:layout|resize|gotfocus|lostfocus|mousehover|mousemove|painted|onload))\b"
)
_REACHES_OUT = re.compile(
    rb"(?i)\b(?:shell|shellexecute|createobject|getobject|createthread|createprocess\w?|wscript|cscript|mshta|rundll32"
    rb"|regsvr32|powershell|winexec|urldownloadtofile\w?|winhttp\w*|xmlhttp|serverxmlhttp|adodb|savetofile|createtextfile"
    rb"|filecopy|virtualalloc\w*|rtlmovememory|callbyname|macscript|executeexcel4macro|sendkeys|environ\$?"
    rb"|getspecialfolder|declare[ \t]{1,9}(?:ptrsafe[ \t]{1,9})?(?:function|sub)"
    rb"|open[ \t][^\r\n]{1,200}[ \t]for[ \t]{1,9}(?:output|binary|append|random))\b"
)
_EXCEL4 = b"Excel 4 macros"
_EXCEL4_REACHES_OUT = re.compile(
    rb"(?im)^function (?:EXEC|CALL|REGISTER|FOPEN|FWRITE|FORMULA|RUN)\b"
    rb"|\b(?:EXEC|CALL|REGISTER|FOPEN|FWRITELN?|FORMULA(?:\.FILL)?)[ ]?\("
)
_BINARY_SHEET = re.compile(r"(?i)(?:^|[/\\])xl[/\\]macrosheets[/\\][^/\\]{1,100}\.bin$")


def examine(artifacts: Sequence[Artifact], contents: Sequence[Stretch], budget: Budget) -> tuple[Finding, ...]:
    """What the macros of a message give away, at most one finding for each."""
    findings = []
    for artifact, content in zip(artifacts, contents, strict=True):
        if artifact.reading != _READING and not _BINARY_SHEET.search(artifact.name):
            continue
        if budget.seconds_left <= 0:
            findings.append(Finding(ENGINE, "limit.time", artifact.number, Severity.UNSCANNABLE))
            break
        if (name := _name_of(artifact, content)) is not None:
            findings.append(Finding(ENGINE, name, artifact.number, Severity.SUSPICIOUS))
    return tuple(findings)


def _name_of(artifact: Artifact, content: Stretch) -> str | None:
    """The name of the finding about this macro, None where there is nothing to say."""
    if artifact.reading != _READING:
        return "Macro.Excel4Sheet"
    source = content.raw
    if source.startswith(_EXCEL4):
        return "Macro.Excel4ReachesOut" if _EXCEL4_REACHES_OUT.search(source) else None
    if _STARTS_ITSELF.search(source) and _REACHES_OUT.search(source):
        return "Macro.StartsAndReachesOut"
    return None
