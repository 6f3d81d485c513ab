"""Parts of Office packages that say something of the package: relations, manifests, macro sheets.

Comes in: a text in XML, as OOXML and OpenDocument packages hold them in a zip, or alone. Goes out: that the document
fetches a template, an object or a frame from elsewhere (suspicious); that its parts are encrypted; the formulas of an
Excel 4 macro sheet, for the engine `macros`.

Standards: ECMA-376 part 2 section 6.5 (relationships), part 1 section 18.3.1 (cells); MS-OFFMACRO2 (macro sheets);
OpenDocument 1.3 part 2 section 4.8.6 (encryption data).
Failure: none. Encrypted OpenDocument parts, which no kept reader opens: `encrypted.opendocument`.
Limits: a few passes over the text; formulas are bounded.
"""

import html
import re
from collections.abc import Iterator

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Obstacle, Step, Stretch, whole
from mx.finding import Severity

READING = "macro-source"
_RELATION = re.compile(rb"<[^<>]{0,20}\bRelationship\s([^<>]{0,8192})>", re.IGNORECASE)
_EXTERNAL = re.compile(rb"""TargetMode\s{0,9}=\s{0,9}["']\s{0,9}External""", re.IGNORECASE)
_FETCHED = re.compile(
    rb"""/(?P<what>attachedTemplate|oleObject|frame|subDocument|package|attachedSchema)\s{0,9}["']""",
    re.IGNORECASE,
)
_TARGET = re.compile(
    rb"""\bTarget\s{0,9}=\s{0,9}["']\s{0,9}(?:[a-z]{3,12}:|mhtml|\\\\|//)(?!/{1,3}[a-z]:)""", re.IGNORECASE
)
_TEMPLATE = Obstacle("document.remote-template", Severity.SUSPICIOUS)
_OBJECT = Obstacle("document.remote-object", Severity.SUSPICIOUS)
_MANIFEST = re.compile(rb"<[^<>]{0,20}\bencryption-data\b", re.IGNORECASE)
_SHEET = re.compile(rb"<[a-z0-9]{0,20}:?macrosheet\b", re.IGNORECASE)
_FORMULA = re.compile(rb"<f(?:\s[^<>]{0,500})?>([^<]{1,8192})</f>")
_MOST_FORMULAS = 20_000
_FIRST_LINE = "Excel 4 macros"


def open_package_part(content: Stretch, budget: Budget) -> Iterator[Step]:
    """What this part says."""
    base, start, end = content.base, content.start, content.end
    for relation in _RELATION.finditer(base, start, end):
        fetched = _FETCHED.search(relation[1])
        if fetched and _EXTERNAL.search(relation[1]) and _TARGET.search(relation[1]):
            yield _TEMPLATE if fetched["what"].lower() == b"attachedtemplate" else _OBJECT
    if _MANIFEST.search(base, start, end) is not None:
        yield Obstacle("encrypted.opendocument", Severity.ENCRYPTED)
    if _SHEET.search(base, start, min(end, start + 4096)) is not None:
        budget.check_time()
        formulas = [
            found[1] for _, found in zip(range(_MOST_FORMULAS), _FORMULA.finditer(base, start, end), strict=False)
        ]
        lines = (html.unescape(formula.decode("utf-8", "replace")) for formula in formulas)
        yield Member("Excel 4 macros", "", READING, whole("\n".join((_FIRST_LINE, *lines)).encode()), "utf-8")
