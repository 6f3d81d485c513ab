"""Multipart bodies: where the parts are, in every reading of the boundary lines.

Comes in: the body's stretch and one boundary. Goes out: one `Split` for each reading, the plain one first: a boundary
line ends there or has white space after it. Further readings, made only where such lines exist: lines with white
space do not count; lines that merely begin with the boundary do (RFC 2046 section 5.1.1 allows both in its prose); a
boundary counts wherever it stands.

Failure: none. A body without any boundary line has no reading, and is then a plain artifact.
Limits: one `find` over the body per reading; linear.
"""

from collections.abc import Iterator
from enum import IntEnum
from operator import attrgetter

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.budget import Budget, LimitReached
from mx.anatomy.containers.contract import Stretch
from mx.anatomy.fixed import fixed

_NEWLINE = ord("\n")
_MOST_LINE = 4096
_MOST_MISSES = 64


class LineKind(IntEnum):
    """How a line resembles the boundary."""

    EXACT = 0
    PADDED = 1
    LONGER = 2
    MISPLACED = 3
    """It does not begin a line, unless a bare CR or white space begins one."""


@fixed
class BoundaryLine:
    """One line that begins with the boundary."""

    start: int
    end: int
    """Where the next line begins."""
    kind: LineKind
    is_closing: bool


_kind_of = attrgetter("kind")


@fixed
class Split:
    """One reading: the preamble, the parts, the epilogue (empty where there is none)."""

    preamble: Stretch
    parts: tuple[Stretch, ...]
    epilogue: Stretch


def split(content: Stretch, boundary: bytes, budget: Budget) -> tuple[tuple[Split, ...], tuple[AmbiguityName, ...]]:
    """Every reading of this multipart body, the plain one first, and what was odd."""
    lines = _find_lines(content, boundary, budget)
    if lines and not any(map(_kind_of, lines)):
        found: list[AmbiguityName] = []
        return (_split_at(content, lines, found),), tuple(found)
    kinds = {line.kind for line in lines}
    plain = [line for line in lines if line.kind <= LineKind.PADDED]
    oddities: list[AmbiguityName] = []
    readings = [_split_at(content, plain, oddities)] if plain else []
    if not plain:
        oddities.append(AmbiguityName.BOUNDARY_NOT_FOUND)
    if LineKind.PADDED in kinds:
        oddities.append(AmbiguityName.BOUNDARY_WHITESPACE)
        readings.append(_split_at(content, [line for line in plain if line.kind == LineKind.EXACT], []))
    if LineKind.LONGER in kinds:
        oddities.append(AmbiguityName.BOUNDARY_PREFIX)
        readings.append(_split_at(content, [line for line in lines if line.kind <= LineKind.LONGER], []))
    if LineKind.MISPLACED in kinds:
        oddities.append(AmbiguityName.BOUNDARY_MISPLACED)
        readings.append(_split_at(content, lines, []))
    for _ in readings[1:]:
        budget.charge_reading()
    return tuple(readings), tuple(oddities)


def _find_lines(content: Stretch, boundary: bytes, budget: Budget) -> list[BoundaryLine]:
    base, delimiter, lines = content.base, b"--" + boundary, []
    for position in _places(content, delimiter):
        line = _read_line(content, position, position + len(delimiter))
        if position > content.start and base[position - 1] != _NEWLINE:
            line = BoundaryLine(position, line.end, LineKind.MISPLACED, line.is_closing)
        lines.append(line)
        if len(lines) > budget.limits.artifacts:
            raise LimitReached("artifacts")
    return lines


def _places(content: Stretch, delimiter: bytes) -> Iterator[int]:
    """Where the delimiter stands; by its first hyphen, which is found many times as fast, while hyphens are few.

    Most of a large message is base64, which has none.
    """
    base, position, end, misses = content.base, content.start, content.end, 0
    while (position := base.find(b"-" if misses < _MOST_MISSES else delimiter, position, end)) >= 0:
        if misses < _MOST_MISSES and not base.startswith(delimiter, position, end):
            misses += 1
            position += 1
            continue
        yield position
        position += len(delimiter)


def _read_line(content: Stretch, start: int, after: int) -> BoundaryLine:
    base = content.base
    if base.startswith(b"\r\n", after, content.end):
        return BoundaryLine(start, after + 2, LineKind.EXACT, False)
    if base.startswith(b"--\r\n", after, content.end):
        return BoundaryLine(start, after + 4, LineKind.EXACT, True)
    # A line as long as the message must not be gone through for each boundary within it.
    nearest = min(content.end, after + _MOST_LINE)
    newline = base.find(b"\n", after, nearest)
    end = newline + 1 if newline >= 0 else nearest
    rest = base[after:end]
    is_closing = rest.startswith(b"--")
    tail = rest[2:] if is_closing else rest
    if tail in (b"\r\n", b"\n", b""):
        return BoundaryLine(start, end, LineKind.EXACT, is_closing)
    kind = LineKind.LONGER if tail.strip(b" \t\r\n") else LineKind.PADDED
    if kind is LineKind.LONGER and (carriage_return := rest.find(b"\r")) >= 0:
        # Programs that take a bare CR for a line end read a header where the line goes on.
        end = after + carriage_return + (2 if rest.startswith(b"\r\n", carriage_return) else 1)
    return BoundaryLine(start, end, kind, is_closing)


def _split_at(content: Stretch, lines: list[BoundaryLine], oddities: list[AmbiguityName]) -> Split:
    base = content.base
    if not lines:
        return Split(content, (), Stretch(base, content.end, content.end))
    parts: list[Stretch] = []
    epilogue = Stretch(base, content.end, content.end)
    has_closed = False
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        end = _before_line(base, line.end, following.start) if following else content.end
        stretch = Stretch(base, min(line.end, end), end)
        if line.is_closing and following is None:
            epilogue = stretch
        elif stretch.octets > 0 or not line.is_closing:
            # After the closing line some programs stop, others go on: what stands there is read as a part.
            if has_closed or line.is_closing:
                oddities.append(AmbiguityName.PARTS_AFTER_CLOSE)
            parts.append(stretch)
        has_closed = has_closed or line.is_closing
    if not has_closed:
        oddities.append(AmbiguityName.BOUNDARY_UNCLOSED)
    if len(oddities) > 1:
        oddities[:] = list(dict.fromkeys(oddities))
    preamble = Stretch(base, content.start, _before_line(base, content.start, lines[0].start))
    return Split(preamble, tuple(parts), epilogue)


def _before_line(base: bytes, start: int, line_start: int) -> int:
    """Where the octets before a boundary line end: the line end before it belongs to the boundary."""
    if base[line_start - 1 : line_start] == b"\n" and line_start > start:
        line_start -= 1
        if base[line_start - 1 : line_start] == b"\r" and line_start > start:
            line_start -= 1
    return line_start
