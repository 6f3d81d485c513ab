"""Disguises: names that show a person another kind of file than the one that a program would start. Pure.

Comes in: every name that some program could show for an artifact, its declared type and its true type. Goes out: the
names of findings, `disguise.<how>`:

| finding | what is shown |
|---|---|
| `disguise.bidi` | a writing direction turns the name round: `invoice` RLO `fdp.exe` is shown as `invoiceexe.pdf` |
| `disguise.homoglyph` | the ending has a dot or letters that only look like those of a program's |
| `disguise.trailing` | dots or blanks behind a program's ending, or signs in the name that nobody sees |
| `disguise.nul` | a NUL ends the name for some programs |
| `disguise.double-extension` | a document's ending before a program's: `invoice.pdf.exe` |
| `disguise.spaces` | many blanks push a program's ending out of sight |
| `disguise.type` | a program, or an archive, whose name or declared type says text, document or picture |

Odd is not malicious: they are of severity *suspicious*, and a name in any script is no disguise by itself: all but the
first and `disguise.type` need an ending by which something is started.

Standards: UAX 9 (bidirectional text), UTS 39 section 4 (confusable letters; here those of file endings alone).
Failure: none. Limits: linear; most names cost one pattern.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from mx.anatomy.true_type import ARCHIVES, PROGRAMS

STARTED = frozenset(
    {
        "ade", "adp", "app", "appx", "appxbundle", "bas", "bat", "chm", "cmd", "com", "cpl", "crt", "dll", "exe", "hta",
        "inf", "ins", "isp", "jar", "jnlp", "js", "jse", "lnk", "mjs", "msc", "msi", "msix", "msp", "mst", "pif", "ps1",
        "ps1xml", "ps2", "psc1", "psc2", "reg", "scf", "scr", "sct", "shb", "shs", "url", "vb", "vbe", "vbs", "wsc",
        "wsf", "wsh", "xll", "xnk",
    }
)  # fmt: skip
"""Endings by which a program is started when a person opens the file."""
_NO_ARCHIVE = frozenset(
    {
        "pdf", "rtf", "txt", "csv", "jpg", "jpeg", "png", "gif", "bmp", "tif", "tiff", "webp", "mp3", "mp4", "wav",
        "avi", "mov", "ics", "vcf",
    }
)  # fmt: skip
"""Endings that no archive is ever given."""
SHOWN = _NO_ARCHIVE | {
    "doc", "docx", "docm", "odt", "xls", "xlsx", "xlsm", "ods", "ppt", "pptx", "odp", "svg", "htm", "html", "xml",
    "eml", "msg", "zip", "rar", "7z",
}  # fmt: skip
"""Endings of what people take for something to read."""
_USUAL = re.compile(r"[A-Za-z0-9_()+,@~\[\]&'=-][A-Za-z0-9 _()+,@~\[\]&'=-]{0,120}(?:\.[A-Za-z0-9]{1,10})?")
"""Nothing odd about it, with one ending at most."""
_MOST_CHARACTERS = 300
"""From the end of a name: there its ending stands."""
_OVERRIDES = re.compile("[\u202d\u202e]")
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_UNSEEN = dict.fromkeys(
    (
        *range(32), *range(127, 160), 0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810),
        *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xFE00, 0xFE10), 0xFEFF,
    )
)  # fmt: skip
_BLANKS = "\\s\u2800\u3164\uffa0\u115f\u1160"
_MANY_BLANKS = re.compile(rf"[{_BLANKS}]{{6,}}\S{{0,3}}[.]?\S{{0,10}}[{_BLANKS}.]*\Z")
_TRAILING = re.compile(rf"[{_BLANKS}.\u200b-\u200f\u2060-\u2064\ufeff]+\Z")
_ALIKE = str.maketrans(
    "\u2024\u3002\ufe52\uff0e\uff61\u06d4\u0701\u00b7\u2027\u30fbаеорсхуіјѕԁһԛԝмвтнкьαεορχυικντρⅼⅰⅹｌıɡɑ",
    "..........aeopcxyijsdhqwmbthkbaeopxuikvtplixliga",
)
"""Signs that look like a dot, and letters like those of file endings: Cyrillic, Greek, and some others."""


def disguises_of(names: Sequence[str], declared_type: str, true_type: str) -> list[str]:
    """The names of what disguises this artifact, each once."""
    found: dict[str, None] = {}
    for name in names:
        if name and _USUAL.fullmatch(name) is None:
            found.update(dict.fromkeys(_of_name(name)))
    if true_type in _MAY_BE_DISGUISED and _is_another_type(names, declared_type, true_type):
        found["type"] = None
    return [f"disguise.{how}" for how in found] if found else []


def ending_of(name: str) -> str:
    """What stands behind the last dot, as Windows would take it: in lower case, dots and blanks at the end dropped."""
    return _TRAILING.sub("", name).lower().rpartition(".")[2] if "." in name else ""


def plain_form(name: str) -> str:
    """The name as somebody reads it: compatibility forms and look-alikes as what they look like, nothing unseen."""
    return unicodedata.normalize("NFKC", name.translate(_UNSEEN)).lower().translate(_ALIKE)


def _of_name(whole: str) -> Iterator[str]:
    if "\0" in whole.rstrip("\0"):
        yield "nul"
    if _OVERRIDES.search(whole):
        yield "bidi"
    name = whole[-_MOST_CHARACTERS:]
    plain = plain_form(name)
    ending = ending_of(plain)
    if ending not in STARTED:
        return
    if _DIRECTIONS.search(name):
        yield "bidi"
    seen = name.translate(_UNSEEN).lower()
    if ending_of(seen) != ending:
        yield "homoglyph"
    if _TRAILING.search(name) or _DIRECTIONS.sub("", name).rstrip("\0").lower() != seen:
        yield "trailing"
    stem = _TRAILING.sub("", plain)[: -len(ending) - 1]
    if _MANY_BLANKS.search(name):
        yield "spaces"
    if ending_of(stem) in SHOWN:
        yield "double-extension"


def _is_another_type(names: Sequence[str], declared_type: str, true_type: str) -> bool:
    """Whether name or declared type say that this program, or archive, is something to look at."""
    endings = {ending_of(plain_form(name)) for name in names} - {""}
    if true_type in PROGRAMS:
        return bool(endings & SHOWN - _HOLDS_PROGRAMS.get(true_type, frozenset())) or _is_shown(declared_type)
    return true_type in ARCHIVES and (bool(endings & _NO_ARCHIVE) or declared_type.startswith(("image/", "audio/")))


def _is_shown(declared_type: str) -> bool:
    return declared_type.startswith(("image/", "audio/", "video/")) or declared_type == "application/pdf"


_MAY_BE_DISGUISED = PROGRAMS | ARCHIVES
_HOLDS_PROGRAMS = {
    "application/java-archive": frozenset({"zip"}),
    "application/x-shellscript": frozenset({"txt"}),
    "application/x-bat": frozenset({"txt"}),
    "text/x-registry": frozenset({"txt"}),
    "application/hta": frozenset({"htm", "html"}),
    "text/scriptlet": frozenset({"xml"}),
}
"""Endings under which people do send such a thing."""
