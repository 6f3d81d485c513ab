"""Pieces: what a script puts together from several literals or lines, without running it.

Comes in: the text of a script, or of anything that holds one. Goes out: texts that a file may be written in: literals
that stand near each other, joined in their order, whatever signs, names or commas stand between them; the literals of
base64 alone; the longest word of each of several lines that begin alike; the pieces of a format string in its order;
literals without what the script says it takes out of them.

Failure: none: most of it is nothing, and is then a small artifact of no use.
Limits: linear; each octet of the text lies in a handful of the texts at most. After _MOST_GROUPS of a kind, all
further ones are joined.
"""

import re
from collections.abc import Iterator
from itertools import islice

_WITHIN = rb"((?:[^%b\\\r\n]|\\.)*+)[%b\r\n]?"
_LITERAL = re.compile(b"|".join(mark + _WITHIN % (mark, mark) for mark in (b'"', b"'", b"`")), re.DOTALL)
"""A literal that is not closed ends with its line, so that none is looked at twice."""
_TEXT_OF_ELEMENT = re.compile(rb">([A-Za-z0-9+/=]{4,}+)<")
_LETTERS_ALONE = re.compile(rb"[A-Za-z0-9+/_-]{4,}={0,2}|[A-Za-z0-9+/_-]{2,3}={1,2}")
_MOST_BETWEEN = 64
_FEWEST_PIECES, _MOST_GROUPS = 3, 100
_FEWEST_OCTETS = 40
_WORD = re.compile(rb"[A-Za-z0-9+/]{12,}={0,2}")
_LAST_WORD = re.compile(rb"[A-Za-z0-9+/]{1,}={0,2}")
_DIGITS = re.compile(rb"\d+")
_FORMAT = re.compile(rb"[\"']((?:\{\d{1,3}\}){2,})[\"']\s{0,20}-f\s{0,20}")
_INDEX = re.compile(rb"\d+")
_ARGUMENT = re.compile(rb"\s{0,20},?\s{0,20}(?:\"([^\"\r\n]*)\"|'([^'\r\n]*)')")
_TAKEN_OUT = re.compile(
    rb"replace(?:all)?\s{0,9}\(?\s{0,9}(?:[^,()\r\n]{0,99},\s{0,9})?"
    rb"(?:/([^/\r\n*+?.\[\](){}|\\]{1,20})/g?i?|\"([^\"\r\n]{1,20})\"|'([^'\r\n]{1,20})')\s{0,9},\s{0,9}(?:\"\"|'')"
    rb"|split\s{0,9}\(\s{0,9}(?:\"([^\"\r\n]{1,20})\"|'([^'\r\n]{1,20})')\s{0,9}\)\s{0,9}\.\s{0,9}join\s{0,9}\(\s{0,9}(?:\"\"|'')",
    re.IGNORECASE,
)
_MOST_TAKEN_OUT = 8


def put_together(text: bytes) -> Iterator[bytes]:
    """The distinct texts that this script may make of its pieces."""
    literals = [(match.start(), match.end(), match[match.lastindex or 0]) for match in _LITERAL.finditer(text)]
    groups = (b"".join(group).replace(b"\\\\", b"\\") for group in _near(literals))
    alone = [piece for _, _, piece in literals if _LETTERS_ALONE.fullmatch(piece)]
    found = dict.fromkeys(
        (
            *_some(groups),
            b"".join(alone),
            b"".join(_TEXT_OF_ELEMENT.findall(text)),
            *_some(_of_lines(text)),
            *_some(_formatted(text)),
        )
    )
    for joined in found:
        if len(joined) >= _FEWEST_OCTETS:
            yield joined


def _some(texts: Iterator[bytes]) -> Iterator[bytes]:
    """The first of them, and all others as one."""
    yield from islice(texts, _MOST_GROUPS)
    yield b"".join(texts)


def without_taken_out(text: bytes) -> bytes:
    """The text without what it takes out of its own literals; itself where it takes out nothing."""
    words = {next(word for word in match.groups() if word is not None) for match in _TAKEN_OUT.finditer(text)}
    if not words:
        return text
    longest_first = sorted(words, key=lambda word: (-len(word), word))[:_MOST_TAKEN_OUT]
    return re.sub(b"|".join(map(re.escape, longest_first)), b"", text)


def _near(literals: list[tuple[int, int, bytes]]) -> Iterator[list[bytes]]:
    """Literals with little between them."""
    group: list[bytes] = []
    last_end = 0
    for start, end, piece in literals:
        if group and start - last_end > _MOST_BETWEEN:
            if len(group) >= _FEWEST_PIECES:
                yield group
            group = []
        group.append(piece)
        last_end = end
    if len(group) >= _FEWEST_PIECES:
        yield group


def _of_lines(text: bytes) -> Iterator[bytes]:
    """The longest word of each line, for lines in a row that begin alike; the last may hold a short one."""
    words: list[bytes] = []
    frame = b""
    for line in text.splitlines():
        found = max(_WORD.finditer(line), key=lambda match: match.end() - match.start(), default=None)
        before = line[: found.start()] if found else line
        if found is None and words and (last := _behind(frame, line)) is not None:
            words.append(last)
        elif found is not None and words and _DIGITS.sub(b"", before) == frame:
            words.append(found[0])
            continue
        if len(words) >= _FEWEST_PIECES:
            yield b"".join(words)
        frame, words = _DIGITS.sub(b"", before), [found[0]] if found else []
    if len(words) >= _FEWEST_PIECES:
        yield b"".join(words)


def _behind(frame: bytes, line: bytes) -> bytes | None:
    """The word that stands where the frame ends, digits in it aside."""
    for place in range(len(frame), min(len(line), len(frame) + 12)):
        if _DIGITS.sub(b"", line[:place]) == frame:
            word = _LAST_WORD.match(line, place)
            return word[0] if word else None
    return None


def _formatted(text: bytes) -> Iterator[bytes]:
    """PowerShell's format operator: the arguments in the order that the format names."""
    for form in _FORMAT.finditer(text):
        arguments: list[bytes] = []
        position = form.end()
        while (argument := _ARGUMENT.match(text, position)) is not None:
            arguments.append(argument[argument.lastindex or 0])
            position = argument.end()
        indices = [int(index) for index in _INDEX.findall(form[1])]
        yield b"".join(arguments[index] for index in indices if index < len(arguments))
