"""RTF: the objects that a document carries as hexadecimal digits, in every form that Word puts up with.

Comes in: a stretch that begins like RTF. Goes out: the file within each object, or the object's data as they stand;
data of other places (themes, stores, pictures) where they begin like a file. Digits count wherever they stand: white
space, control words, groups and other letters between them are passed over, in two readings: with the text of nested
groups and without that of groups marked as ignorable.

Written by hand because leniency is the point: nothing needs to be closed, complete or in order.

Standards: RTF 1.9.1, section Objects; MS-OLEDS section 2.2.4 (the objects).
Failure: none; digits that make no object are shown as the octets that they spell.
Limits: one pass; what the digits spell is charged to the budget.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Obstacle, Step, Stretch, whole
from mx.anatomy.containers.file_starts import begins_like_a_file
from mx.anatomy.containers.office.ole_package import file_of_native_stream, file_of_package, read_object
from mx.finding import Severity

_OBJECT = re.compile(rb"\\objdata(?![a-z])", re.IGNORECASE)
_TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,40})(?P<number>-?\d{1,12})? ?|\\'(?P<code>[0-9A-Fa-f]{0,2})|\\.|(?P<brace>[{}])"
    rb"|(?P<text>[^\\{}]+)|\\", re.DOTALL)  # fmt: skip
_NO_DIGIT = bytes(octet for octet in range(256) if octet not in b"0123456789ABCDEFabcdef")
_DIGITS = re.compile(rb"(?<![0-9A-Fa-f\s])[0-9A-Fa-f\s]{128,}")
_LONGEST_WORD = 40
_WORD_BEFORE = re.compile(rb"\\[a-zA-Z]{0,32}-?\Z")
_REST_OF_WORD = re.compile(rb"\A[a-fA-F]{0,32}\d{0,10} ?")
"""What of a run of digits belongs to the control word before it."""
_CHECK_TOKENS = 4096
_IGNORABLE_WITHIN = 8
"""How far behind an opening brace the mark of an ignorable group may stand."""
_URL_MONIKER = b"\xe0\xc9\xea\x79\xf9\xba\xce\x11\x8c\x82\x00\xaa\x00\x4b\xa9\x0b"
_TEMPLATE = re.compile(rb"\{[\s\\*]{0,20}\\template\s{0,20}[^\\{}]{0,20}(?:https?:|\\\\|ftp:)", re.IGNORECASE)
_REMOTE_OBJECT = Obstacle("document.remote-object", Severity.SUSPICIOUS)
_REMOTE_TEMPLATE = Obstacle("document.remote-template", Severity.SUSPICIOUS)


@dataclass(slots=True)
class _Digits:
    """The data of one object so far: all digits, and those that no ignorable group holds."""

    budget: Budget
    every: bytearray = field(default_factory=bytearray)
    usual: bytearray = field(default_factory=bytearray)

    def add(self, text: bytes, *, is_ignored: bool) -> None:
        digits = text.translate(None, _NO_DIGIT)
        self.budget.charge_octets(len(digits))
        self.every += digits
        if not is_ignored:
            self.usual += digits

    def add_raw(self, octets: bytes) -> None:
        self.add(octets.hex().encode(), is_ignored=False)

    def readings(self) -> Iterator[bytes]:
        """What the digits spell; an odd one at the end is left out."""
        for digits in dict.fromkeys((bytes(self.usual), bytes(self.every))):
            if len(digits) > 1:
                yield bytes.fromhex(digits[: len(digits) // 2 * 2].decode())


def open_rtf(content: Stretch, budget: Budget) -> Iterator[Step]:
    """Every object, then whatever else is spelled in digits and begins like a file."""
    base, position, spans = content.base, content.start, list[tuple[int, int]]()
    if _TEMPLATE.search(base, content.start, content.end) is not None:
        yield _REMOTE_TEMPLATE
    while (found := _OBJECT.search(base, position, content.end)) is not None:
        for data in _read_objects(content, found.start(), spans, budget):
            yield from _show(data)
        position = max(spans[-1][1], found.end())
    gap = content.start
    for start, end in (*spans, (content.end, content.end)):
        yield from _other_files(Stretch(base, gap, start), budget)
        gap = max(gap, end)


def _read_objects(content: Stretch, start: int, spans: list[tuple[int, int]], budget: Budget) -> Iterator[_Digits]:
    """The data from one `objdata` to the end of its group; another one within begins anew."""
    base, position, tokens, level = content.base, start, 0, 0
    ignored_from: int | None = None
    data = _Digits(budget)
    while level >= 0 and position < content.end and (found := _TOKEN.match(base, position, content.end)) is not None:
        tokens += 1
        if tokens % _CHECK_TOKENS == 0:
            budget.check_time()
        position = found.end()
        is_ignored = ignored_from is not None
        if (text := found["text"]) is not None:
            data.add(text, is_ignored=is_ignored)
        elif found["code"]:
            data.add(found["code"], is_ignored=True)
        elif found["brace"] == b"{":
            level += 1
            if ignored_from is None and b"\\*" in base[position : min(position + _IGNORABLE_WITHIN, content.end)]:
                ignored_from = level
        elif found["brace"] == b"}":
            ignored_from = None if ignored_from == level else ignored_from
            level -= 1
        elif found["word"] is not None and found["word"].lower() == b"bin":
            end = min(position + max(int(found["number"] or 0), 0), content.end)
            data.add_raw(base[position:end])
            position = end
        elif found["word"] is not None and found["word"].lower() == b"objdata":
            yield data
            data = _Digits(budget)
    spans.append((start, position))
    yield data


def _show(data: _Digits) -> Iterator[Step]:
    for octets in data.readings():
        content = whole(octets)
        if _URL_MONIKER in octets:
            yield _REMOTE_OBJECT
        embedded = read_object(content)
        if embedded is None:
            yield file_of_package(content, "rtf-object") or Member(
                "object data", "", "rtf-object", content, is_further=True
            )
            continue
        if embedded.is_link:
            yield _REMOTE_OBJECT
        native = embedded.native
        file = file_of_package(native, "rtf-object") or file_of_native_stream(native, "rtf-object")
        yield file or Member(embedded.class_name or "object", "", "rtf-object", native, is_further=True)


def _other_files(content: Stretch, budget: Budget) -> Iterator[Step]:
    """Long runs of digits that spell a file."""
    for found in _DIGITS.finditer(content.base, content.start, content.end):
        run = found[0]
        if _WORD_BEFORE.search(content.base[max(content.start, found.start() - _LONGEST_WORD) : found.start()]):
            run = _REST_OF_WORD.sub(b"", run, count=1)
        head = run[:256].translate(None, _NO_DIGIT)
        if not begins_like_a_file(bytes.fromhex(head[: len(head) // 2 * 2].decode())):
            continue
        digits = run.translate(None, _NO_DIGIT)
        budget.charge_octets(len(digits))
        octets = bytes.fromhex(digits[: len(digits) // 2 * 2].decode())
        yield Member("data", "", "rtf-data", whole(octets), is_further=True)
