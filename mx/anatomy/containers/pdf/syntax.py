"""PDF syntax: values as they stand in a file, and where its objects and streams lie.

Comes in: a stretch. Goes out: `find_objects`, every object that anything in the file could refer to, superseded ones
included, found by its own header and never by the cross-reference table; `read_values`, the values in a piece of text.
Used by `document.py`.

Standards: ISO 32000-2 sections 7.2 to 7.5. Read more leniently than there: comments in an object's header, missing
`endobj`, stream lengths that are wrong, unclosed texts and dictionaries.
Limits: one pass; values nest to MOST_LEVELS, what lies deeper counts as lying there.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Stretch

MOST_LEVELS = 64
_MOST_TEXT_OCTETS = 1 << 20
"""Of one object; a name tree of thousands of entries is smaller."""
_CHECK_TOKENS = 4096
_BEFORE_OBJ = re.compile(rb"(\d{1,10})(?:[\0\t\n\f\r ]|%[^\r\n]*[\r\n])+(\d{1,5})(?:[\0\t\n\f\r ]|%[^\r\n]*[\r\n])*\Z")
_HEADER_OCTETS = 80
_TOKEN = re.compile(
    rb"[\0\t\n\f\r ]+|%[^\r\n]*|<<|>>|[\[\](]|/([^\0\t\n\f\r ()<>\[\]{}/%]*)|<([^<>]*)>?|[^\0\t\n\f\r ()<>\[\]{}/%]+|."
    , re.DOTALL)  # fmt: skip
_NUMBER = re.compile(rb"[+-]?\d{1,15}")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_IN_TEXT = re.compile(rb"[()\\]")
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|.))", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"", b"\r\n": b""}
_NOT_HEX = re.compile(rb"[^0-9A-Fa-f]+")
_LENGTH = re.compile(rb"/Length[\0\t\n\f\r ]+(\d{1,12})(?![\0\t\n\f\r ]+\d+[\0\t\n\f\r ]+R)")
_LENGTH_ELSEWHERE = re.compile(rb"/Length[\0\t\n\f\r ]+(\d{1,10})[\0\t\n\f\r ]+\d+[\0\t\n\f\r ]+R")
_END = re.compile(rb"[\0\t\n\f\r ]*endstream")
_INTEGER = re.compile(rb"[\0\t\n\f\r ]*(\d{1,12})[\0\t\n\f\r ]*(?:endobj|\Z)")


@dataclass(frozen=True, slots=True)
class Reference:
    """`12 0 R`."""

    number: int


Dictionary = dict[str, object]
"""Texts are bytes, names are str. A second value of the same name stands under that name with a NUL behind it."""


@dataclass(frozen=True, slots=True)
class PdfObject:
    """One object as it stands, whichever revision of the file wrote it."""

    number: int
    generation: int
    text: Stretch
    """What stands outside the stream."""
    stream: Stretch | None


def find_objects(content: Stretch, budget: Budget) -> list[PdfObject]:
    """Every object, in the order of the file; an object without a header of its own goes under the one before it."""
    base = content.base
    headers = list(_headers(content))
    ends = list(_positions(content, b"endstream"))
    in_ends = {position + len(b"end") for position in ends}
    objects: list[PdfObject] = []
    lengths: dict[int, int] = {}
    text_start, number, generation, coming = content.start, 0, 0, 0
    for stream in (*(one for one in _positions(content, b"stream") if one not in in_ends), content.end):
        budget.check_time()
        # Objects within what another calls its stream are objects all the same: a table may point to them.
        while coming < len(headers) and headers[coming][0] <= stream:
            start, *following = headers[coming]
            _add_text(objects, number, generation, Stretch(base, text_start, start), lengths)
            text_start, (number, generation) = start, following
            coming += 1
        if stream < text_start:
            continue
        text = Stretch(base, max(text_start, stream - _MOST_TEXT_OCTETS), stream)
        if stream == content.end:
            _add_text(objects, number, generation, text, lengths)
            break
        found = _stream_at(text, stream + len(b"stream"), content.end, ends, lengths)
        objects.append(PdfObject(number, generation, text, found))
        text_start = max(found.end, stream + len(b"stream"))
    return objects


def read_values(text: Stretch, budget: Budget) -> list[object]:
    """The values in this text, one after another, up to a cross-reference table."""
    values: list[object] = []
    stack: list[tuple[list[object], bool]] = []
    current, base = values, text.base
    position, tokens, too_deep = text.start, 0, 0
    while position < text.end:
        tokens += 1
        if tokens % _CHECK_TOKENS == 0:
            budget.check_time()
        found = _TOKEN.match(base, position, text.end)
        if found is None:
            break
        token, position = found[0], found.end()
        if token in (b"<<", b"["):
            if len(stack) >= MOST_LEVELS:
                too_deep += 1
                continue
            within: list[object] = []
            current.append(within)
            stack.append((current, token == b"<<"))
            current = within
        elif token in (b">>", b"]"):
            if too_deep:
                too_deep -= 1
            else:
                current = _close(stack, current)
        elif token == b"(":
            literal, position = _literal(base, position, text.end)
            current.append(literal)
        elif token == b"xref":
            break
        else:
            _append(current, token, found)
    while stack:
        current = _close(stack, current)
    return values


def values_of(dictionary: Dictionary, name: str) -> Iterator[object]:
    """Every value that is given for a name."""
    if name in dictionary:
        yield dictionary[name]
        yield from (value for key, value in dictionary.items() if key.startswith(f"{name}\0"))


def _close(stack: list[tuple[list[object], bool]], current: list[object]) -> list[object]:
    """What was open before; a dictionary's list of names and values becomes one."""
    if not stack:
        return current
    outer, is_dictionary = stack.pop()
    if is_dictionary and outer and outer[-1] is current:
        outer[-1] = _pairs(current)
    return outer


def _pairs(flat: list[object]) -> Dictionary:
    """Names with the values behind them; anything else is skipped."""
    found: Dictionary = {}
    number = 0
    while number + 1 < len(flat):
        name = flat[number]
        if isinstance(name, str):
            found[name if name not in found else f"{name}\0{number}"] = flat[number + 1]
            number += 2
        else:
            number += 1
    return found


def _append(current: list[object], token: bytes, found: "re.Match[bytes]") -> None:
    if found[1] is not None:
        current.append(_ESCAPED.sub(lambda escaped: bytes([int(escaped[1], 16)]), found[1]).decode("latin-1"))
    elif found[2] is not None:
        digits = _NOT_HEX.sub(b"", found[2])
        current.append(bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode()))
    elif token == b"R" and len(current) >= 2 and isinstance(current[-2], int):
        number = current[-2]
        del current[-2:]
        current.append(Reference(number))
    elif _NUMBER.fullmatch(token):
        current.append(int(token))
    elif token[0] not in b"\0\t\n\f\r %" and token not in (b"endobj", b"obj", b"stream", b"endstream"):
        current.append(None)


def _literal(base: bytes, start: int, end: int) -> tuple[bytes, int]:
    """The text up to the parenthesis that closes it, and where that ends."""
    level, position = 1, start
    while (found := _IN_TEXT.search(base, position, end)) is not None:
        position = found.end()
        if found[0] == b"\\":
            position = min(position + 1, end)
        else:
            level += 1 if found[0] == b"(" else -1
            if level == 0:
                break
    closing = position - 1 if level == 0 else end
    raw = base[start:closing]
    text = _ESCAPE.sub(_unescape, raw) if b"\\" in raw else raw
    return text, position if level == 0 else end


def _unescape(found: "re.Match[bytes]") -> bytes:
    if found[1] is not None:
        return bytes([int(found[1], 8) & 255])
    return _ESCAPES.get(found[2], found[2])


def _headers(content: Stretch) -> Iterator[tuple[int, int, int]]:
    """Where the text of each object begins, its number and generation."""
    base = content.base
    for position in _positions(content, b"obj"):
        before = base[position - 1] if position > content.start else 0
        if before in b"0123456789\0\t\n\f\r ":
            head = base[max(content.start, position - _HEADER_OCTETS) : position]
            # Only a comment may stand between the number and the word.
            may_be = head.rstrip(b"\0\t\n\f\r ")[-1:].isdigit() or b"%" in head
            found = _BEFORE_OBJ.search(head) if may_be else None
            if found is not None:
                yield position + len(b"obj"), int(found[1]), int(found[2])


def _positions(content: Stretch, word: bytes) -> Iterator[int]:
    position = content.start
    while (position := content.base.find(word, position, content.end)) >= 0:
        yield position
        position += len(word)


def _add_text(objects: list[PdfObject], number: int, generation: int, text: Stretch, lengths: dict[int, int]) -> None:
    if text.octets <= 0:
        return
    if text.octets <= 64 and (found := _INTEGER.match(text.raw)) is not None:
        lengths[number] = int(found[1])
    if text.octets > _MOST_TEXT_OCTETS:
        text = Stretch(text.base, text.start, text.start + _MOST_TEXT_OCTETS)
    objects.append(PdfObject(number, generation, text, None))


def _stream_at(text: Stretch, after: int, content_end: int, ends: list[int], lengths: dict[int, int]) -> Stretch:
    """The octets of a stream: as many as its length says when it then ends, else up to `endstream`."""
    base = text.base
    start = after + (2 if base.startswith(b"\r\n", after) else 1 if base[after : after + 1] in (b"\n", b"\r") else 0)
    head = base[text.start : text.end]
    direct = _LENGTH.search(head)
    elsewhere = None if direct else _LENGTH_ELSEWHERE.search(head)
    octets = int(direct[1]) if direct else lengths.get(int(elsewhere[1]), -1) if elsewhere else -1
    if 0 <= octets <= content_end - start and _END.match(base, start + octets, content_end) is not None:
        return Stretch(base, start, start + octets)
    following = bisect_left(ends, start)
    return Stretch(base, min(start, content_end), ends[following] if following < len(ends) else content_end)
