"""The sweep: where parts may lie in octets whose structure is in doubt, whatever any header says of it.

Comes in: the octets of a message (or of a text that holds parts), and the boundaries that are known. Goes out: pairs of
a stretch that may be a header and a stretch that may be its body. This is the net under the views: it believes no
header, takes CR, LF and CRLF for line ends, every line that begins with two hyphens for a boundary line, and lets a
body begin after any line that some program takes for the end of a header.

It runs only over what is odd already, or over texts that speak of Content-Types.
Failure: none. Limits: linear; each octet lies in a handful of bodies at most.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mx.anatomy.containers.contract import Stretch

_DELIMITER = re.compile(rb"(?:\A|[\r\n])[ \t\0]*(--[^\r\n]{0,200})")
_LINE_END = re.compile(rb"\r\n|\r|\n|\Z")
_BLANK = re.compile(rb"(?:\r\n|\r(?!\n)|\n)[ \t]*(?:\r\n|\r|\n)")
_LINE_ENDS = b"\r\n \t"
"""White space may stand before the boundary line that ends a part."""
_FIELDS_WITHIN = 1200
"""Fields that are further apart than this belong to different headers."""
_SHORT_LINE = 8
_FIELD = re.compile(rb"[!-9;-~]{1,200}[ \t]*:")
_MOST_LINES = 60
_MOST_HEADER = 4096


@dataclass(frozen=True, slots=True)
class Segment:
    """One place where a part may lie."""

    header: Stretch
    body: Stretch


@dataclass(frozen=True, slots=True)
class _Mark:
    """A line that may be a boundary line, and where the next line begins."""

    start: int
    after: int
    is_strong: bool


def has_fields(text: bytes) -> bool:
    """Whether a text speaks of parts of its own."""
    lower = text.lower()
    return b"content-t" in lower and (b"transfer-enc" in lower or b"content-type" in lower)


def sweep(content: Stretch, boundaries: Iterable[bytes]) -> Iterator[Segment]:
    """Every place where a part may lie, in order."""
    base = content.base
    lower = content.raw.lower()
    fields = _field_places(lower, content.start)
    marks = _marks(content, lower, boundaries)
    zone, weak = content.start, [mark for mark in marks if not mark.is_strong]
    weak_at = 0
    for mark in (*(mark for mark in marks if mark.is_strong), None):
        end = mark.start if mark else content.end
        while weak_at < len(weak) and weak[weak_at].start < zone:
            weak_at += 1
        nearer = weak[weak_at].start if weak_at < len(weak) and weak[weak_at].start < end else end
        within = []
        while fields and fields[-1] < end:
            within.append(fields.pop())
        yield from _segments(base, zone, end, nearer, within)
        zone = mark.after if mark else end


def _segments(base: bytes, zone: int, end: int, nearer: int, fields: list[int]) -> Iterator[Segment]:
    """The places between two boundary lines; `nearer` is a line before the end that may be a boundary line too."""
    groups = _groups(fields)
    starts: dict[int, int] = {}
    if (blank := _BLANK.search(base, max(zone - 2, 0), min(end, zone + _MOST_HEADER))) is not None:
        starts[blank.end()] = zone
        starts[_behind_line_ends(base, blank.end(), end)] = zone
    starts[_first_other_line(base, zone, end)] = zone
    if not groups:
        starts[zone] = zone
    for first, last in groups:
        line_end = _LINE_END.search(base, last, min(end, last + _MOST_HEADER))
        if line_end is None:
            continue
        starts[line_end.end()] = first
        second = _LINE_END.search(base, line_end.end(), min(end, line_end.end() + _MOST_HEADER))
        if second is not None and second.start() - line_end.end() < _SHORT_LINE:
            starts[second.end()] = first
        blank = _BLANK.search(base, line_end.start(), min(end, line_end.end() + _MOST_HEADER))
        if blank is not None:
            starts[blank.end()] = first
    yield from _bodies(base, zone, end, nearer, starts, [first for first, _ in groups[1:]])


def _behind_line_ends(base: bytes, position: int, end: int) -> int:
    for _ in range(_MOST_LINES):
        if position >= end or base[position] not in b"\r\n":
            break
        position += 1
    return position


def _first_other_line(base: bytes, zone: int, end: int) -> int:
    """Where the first line begins that is no field: some programs begin the body there."""
    position = zone
    for _ in range(_MOST_LINES):
        line_end = _LINE_END.search(base, position, min(end, position + _MOST_HEADER))
        line = base[position : line_end.start() if line_end else position]
        if line_end is None or line_end.end() >= end or (not _FIELD.match(line) and not line.startswith((b" ", b"\t"))):
            break
        position = line_end.end()
    return position


def _bodies(
    base: bytes, zone: int, end: int, nearer: int, starts: dict[int, int], groups: list[int]
) -> Iterator[Segment]:
    for start, header in sorted(starts.items()):
        if start >= end:
            continue
        while groups and groups[0] < start:
            groups.pop(0)
        ends = {end} if not groups else {groups[0], end} if start < zone + _MOST_HEADER else {groups[0]}
        if start < nearer < end:
            ends.add(nearer)
        for stop in sorted(ends, reverse=True):
            kept = _without_line_end(base, start, stop)
            if kept > start:
                yield Segment(Stretch(base, header, min(start, header + _MOST_HEADER)), Stretch(base, start, kept))


def _without_line_end(base: bytes, start: int, stop: int) -> int:
    while stop > start and base[stop - 1] in _LINE_ENDS:
        stop -= 1
    return stop


def _groups(fields: list[int]) -> list[tuple[int, int]]:
    """First and last place of fields that stand near each other."""
    groups: list[tuple[int, int]] = []
    for place in fields:
        if groups and place - groups[-1][1] < _FIELDS_WITHIN:
            groups[-1] = (groups[-1][0], place)
        else:
            groups.append((place, place))
    return groups


def _field_places(lower: bytes, offset: int) -> list[int]:
    """Where fields may begin, the last first."""
    places = []
    position = lower.find(b"content-")
    while position >= 0:
        places.append(position + offset)
        position = lower.find(b"content-", position + 8)
    places.reverse()
    return places


def _marks(content: Stretch, lower: bytes, boundaries: Iterable[bytes]) -> list[_Mark]:
    base, marks = content.base, {}
    # Patterns know the start of the octets, not that of a stretch; in small letters the lines are where they were.
    for found in _DELIMITER.finditer(lower):
        line = found[1]
        if not line.strip(b"-") and len(line) not in (2, 4):
            continue
        start = content.start + found.start(1)
        after = _next_line(base, content.start + found.end(), content.end)
        near = lower[after - content.start : after - content.start + 200]
        is_strong = b"content-" in near or (line.endswith(b"--") and len(line.strip()) > 2)
        marks[start] = _Mark(start, after, is_strong)
    for boundary in boundaries:
        delimiter = b"--" + boundary
        position = base.find(delimiter, content.start, content.end) if boundary else -1
        while position >= 0:
            after = position + len(delimiter)
            marks[position] = _Mark(position, _next_line(base, after, content.end), is_strong=True)
            position = base.find(delimiter, after, content.end)
    return [marks[position] for position in sorted(marks)]


def _next_line(base: bytes, position: int, end: int) -> int:
    found = _LINE_END.search(base, position, min(end, position + _MOST_HEADER))
    return found.end() if found else end
