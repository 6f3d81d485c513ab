"""Excel 4 macros (XLM) in the binary format: that a workbook has macro sheets, what starts them, what they call.

Comes in: a `Workbook` or `Book` stream. Goes out: one member of reading `macro-source` that lists, one a line, the
macro sheets (`sheet`), the names that start by themselves (`name`), the functions that reach outside the workbook
(`function`) and the texts in their formulas (`text`). Used by `document.py`. Formulas are not turned back into text.

Standards: MS-XLS sections 2.4.28 (BoundSheet8), 2.4.127 (Formula), 2.4.150 (Lbl), 2.5.198 (formula tokens).
Failure: none; a record that is cut ends the reading.
Limits: one pass over the stream.
"""

import re
from collections.abc import Iterator

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Stretch, whole

FIRST_LINE = "Excel 4 macros"
READING = "macro-source"
_BEGIN, _SHEET, _NAME, _FORMULA, _LOCK = (0x0809, 0x0409, 0x0209), 0x85, 0x18, 0x06, 0x2F
_MACRO_SHEET, _MACRO_STREAM = 1, 0x40
_HIDDEN = ("visible", "hidden", "very hidden", "very hidden")
_BUILT_IN = {1: "Auto_Open", 2: "Auto_Close", 10: "Auto_Activate", 11: "Auto_Deactivate"}
_FUNCTIONS = {
    17: "RUN", 53: "GOTO", 54: "HALT", 96: "FORMULA", 110: "EXEC", 111: "CHAR", 132: "FOPEN", 137: "FWRITE",
    149: "REGISTER", 150: "CALL", 186: "GET.WORKSPACE",
}  # fmt: skip
_CALL = re.compile(rb"[\x21\x41\x61]()([\x11\x35\x36\x60\x6e\x6f\x84\x89\x95\x96\xba])\0"
                   rb"|[\x22\x42\x62]([\0-\x1e])([\x11\x35\x36\x60\x6e\x6f\x84\x89\x95\x96\xba])\0")  # fmt: skip
_TEXT = re.compile(rb"\x17([\x04-\xff])\0([\x20-\x7e]{4,255})")
_CHECK_RECORDS = 4096
_FIRST_RECORDS = 64


def records(content: Stretch, budget: Budget) -> Iterator[tuple[int, int, int]]:
    """Every record of a workbook: its number, where its content begins, where it ends."""
    base, position, seen = content.base, content.start, 0
    while position + 4 <= content.end:
        seen += 1
        if seen % _CHECK_RECORDS == 0:
            budget.check_time()
        number = base[position] | base[position + 1] << 8
        start = position + 4
        position = start + (base[position + 2] | base[position + 3] << 8)
        yield number, start, min(position, content.end)


def is_locked(content: Stretch, budget: Budget) -> bool:
    """Whether a workbook says in its first records that the others are encrypted."""
    for seen, (number, _, _) in enumerate(records(content, budget)):
        if seen == 0 and number not in _BEGIN:
            return False
        if number == _LOCK:
            return True
        if seen > _FIRST_RECORDS:
            break
    return False


def read_macro_sheets(content: Stretch, budget: Budget) -> Iterator[Member]:
    """One member when the workbook has a macro sheet, none otherwise."""
    base = content.base
    lines: dict[str, None] = {}
    is_macro_stream, has_macro_sheet = False, False
    for number, start, end in records(content, budget):
        record = base[start : min(end, start + 512)]
        if number in _BEGIN and len(record) >= 4:
            is_macro_stream = record[2] | record[3] << 8 == _MACRO_STREAM
            has_macro_sheet |= is_macro_stream
        elif number == _SHEET and len(record) >= 8 and record[5] == _MACRO_SHEET:
            has_macro_sheet = True
            lines[f"sheet {_text(record, 6)} ({_HIDDEN[record[4] & 3]})"] = None
        elif number == _NAME and len(record) >= 16:
            lines.update(dict.fromkeys(_starting_name(record)))
        elif number == _FORMULA and is_macro_stream:
            lines.update(dict.fromkeys(_formula(base[start + 22 : end])))
    if has_macro_sheet:
        yield Member("Excel 4 macros", "", READING, whole("\n".join((FIRST_LINE, *lines)).encode()), "utf-8")


def _starting_name(record: bytes) -> Iterator[str]:
    """The name that this record defines, when it is one that Excel runs by itself."""
    octets = record[3]
    is_built_in = record[0] & 0x20 and octets == 1
    name = _BUILT_IN.get(record[15], "") if is_built_in else _characters(record, 14, octets)
    if name.lower().startswith("auto_"):
        yield f"name {name}"


def _formula(tokens: bytes) -> Iterator[str]:
    for found in _CALL.finditer(tokens):
        yield f"function {_FUNCTIONS[(found[2] or found[4])[0]]}"
    for found in _TEXT.finditer(tokens):
        yield f"text {found[2][: found[1][0]].decode('latin-1')}"


def _text(record: bytes, position: int) -> str:
    """A text with its length in one octet."""
    return _characters(record, position + 1, record[position])


def _characters(record: bytes, position: int, count: int) -> str:
    """So many characters, after the octet that says how wide they are."""
    if record[position : position + 1] == b"\1":
        return record[position + 1 : position + 1 + 2 * count].decode("utf-16-le", "replace")
    return record[position + 1 : position + 1 + count].decode("latin-1")
