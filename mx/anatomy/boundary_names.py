"""Boundary names: every string that some program takes for the boundary, where a header is in doubt.

Comes in: the octets of a whole header, and the body. Goes out: the strings that the header may mean and that stand in
the body behind two hyphens. The strings come from a closure: each step below is something that a parser of parameters
does or leaves undone (cut at a separator, take quotes off, leave comments out, decode words, percent signs, pieces of
RFC 2231), and the steps are combined in every order, so that no combination of tricks needs a rule of its own.

Standards: RFC 2045 section 5.1; RFC 2046 section 5.1.1; RFC 2047; RFC 2231.
Failure: none. Limits: 300 strings of 200 octets from a header; the body is gone through once.
"""

import re
from collections.abc import Callable, Iterator
from operator import itemgetter
from urllib.parse import unquote_to_bytes

from mx.anatomy.containers.contract import Stretch
from mx.anatomy.headers import text_of

_MOST_STRINGS = 300
_MOST_OCTETS = 200
_MOST_SEEDS = 24
_MOST_FOUND = 12
_NAMED = re.compile(rb"boundary[\0-\x20*0-9()a-z]{0,60}[=:]", re.IGNORECASE)
_PIECE = re.compile(rb"boundary\*([0-9]{1,3})\*?[ \t]*=[ \t]*(\"[^\"]{0,200}\"?|[^;\r\n\t ]{0,200})", re.IGNORECASE)
_FOLD = re.compile(rb"(?:\r\n|\r|\n)[ \t]+")
_COMMENT = re.compile(rb"\([^()]*\)?")
_QUOTED = re.compile(rb"\"([^\"]*)\"?")
_EMPTY_LINE = re.compile(rb"(?<![^\r\n])--[ \t]*[\r\n]")
_CONTROLS = bytes({*range(32), 127})
_PAIRS = b"'\"<>[]{}() \t\0\r\n"

Step = Callable[[bytes], bytes]


def _cut_at(mark: bytes) -> Step:
    return lambda text: text.partition(mark)[0]


_STEPS: tuple[Step, ...] = (
    *(_cut_at(mark) for mark in (b";", b",", b"\r", b"\n", b" ", b"\t", b"\0", b"(")),
    lambda text: text.strip(b" \t\r\n\0"),
    lambda text: text.strip(_PAIRS),
    lambda text: text.translate(None, _CONTROLS),
    lambda text: text.translate(None, b" \t\r\n"),
    lambda text: text.replace(b'"', b""),
    lambda text: quoted[1] if (quoted := _QUOTED.search(text)) else text,
    lambda text: text[quoted.end() :] if (quoted := _QUOTED.match(text)) else text,
    lambda text: text.replace(b"\\", b""),
    lambda text: _COMMENT.sub(b"", text),
    lambda text: text.rpartition(b",")[2],
    lambda text: unquote_to_bytes(text) if b"%" in text else text,
    lambda text: text.rpartition(b"'")[2] if text.count(b"'") == 2 else text,
    lambda text: text_of(text, _MOST_OCTETS).encode("utf-8", "replace") if b"=?" in text else text,
    lambda text: text[:70],
)


def boundaries_in_doubt(header: bytes, body: Stretch) -> list[bytes]:
    """Every boundary that this header may name and that the body has."""
    return standing_in(body, _closure(_seeds(header)))


def _seeds(header: bytes) -> Iterator[bytes]:
    for text in dict.fromkeys((_FOLD.sub(b" ", header), _FOLD.sub(b"", header), header.replace(b"\0", b""))):
        for named in _NAMED.finditer(text):
            yield text[named.end() : named.end() + _MOST_OCTETS]
        pieces = [(int(number), piece.strip(b'"')) for number, piece in _PIECE.findall(text)[:50]]
        if pieces:
            # As they stand, or by their numbers; a number that stands twice counts each time, or the first time alone.
            yield b"".join(piece for _, piece in pieces)
            yield b"".join(piece for _, piece in sorted(pieces, key=itemgetter(0)))
            yield b"".join(piece for _, piece in sorted(dict(reversed(pieces)).items()))


def _closure(seeds: Iterator[bytes]) -> set[bytes]:
    """All strings that the steps make of the seeds, in whatever order they are taken."""
    known = dict.fromkeys(seed for seed, _ in zip(seeds, range(_MOST_SEEDS), strict=False))
    waiting = list(known)
    for text in waiting:
        for step in _STEPS:
            made = step(text)
            if made not in known:
                known[made] = None
                waiting.append(made)
        if len(known) > _MOST_STRINGS:
            break
    return {text for text in known if b"\r" not in text and b"\n" not in text}


def standing_in(body: Stretch, names: set[bytes]) -> list[bytes]:
    """Those of the names that stand in the body behind two hyphens, in the order in which they first do."""
    base, end = body.base, body.end
    sizes = sorted({len(name) for name in names if name}, reverse=True)
    found: dict[bytes, None] = {}
    if b"" in names and _EMPTY_LINE.search(base, body.start, end):
        found[b""] = None
    position = base.find(b"--", body.start, end)
    while position >= 0 and len(found) < _MOST_FOUND:
        after = position + 2
        while base[after : after + 1] == b"-" and after < end:
            after += 1
        for start in dict.fromkeys((position + 2, after)):
            text = base[start : min(end, start + _MOST_OCTETS)]
            for size in sizes:
                if (name := text[:size]) in names and len(name) == size:
                    found[name] = None
        position = base.find(b"--", after, end)
    return list(found)
