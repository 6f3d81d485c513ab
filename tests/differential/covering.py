"""Whether what another parser extracts is among our artifacts.

Files must be there octet for octet; line ends may differ, and white space at both ends, since parsers disagree to
whom the line end before a boundary and the one behind a header belong. What is shown as text has been through charset
decoding, and parsers join several texts: there each line must be found in some artifact.
A message that we call unscannable is covered: it is not delivered. Base64 that a parser does not decode, and a
multipart that it does not take apart, are covered by the message as it stands, an artifact too: to it they are texts.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mx.anatomy.charsets import decode_charset
from mx.anatomy.walker import Anatomy
from mx.finding import Severity
from tests.differential.readings import Extracted

_LINE_END = re.compile(rb"\r\n|\r|\n")
_LETTERS = re.compile(r"[^!-~]+")
_LETTERS_ALONE = re.compile(rb"[A-Za-z0-9+/=\s]+")
_PART_WITHIN = re.compile(rb"(?:\A|[\r\n])--[^\r\n]+(?:\r\n|\r|\n)[!-9;-~]+:")
_PRINTABLE = bytes({9, 10, 13, *range(32, 127)})
_SHORTEST = 4
"""Shorter texts are found anywhere, so they say nothing."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that another parser has and we have not."""

    parser: str
    kind: str
    octets: bytes


def missing(anatomy: Anatomy, extracted: Sequence[Extracted]) -> list[Missing]:
    """What is not covered."""
    if any(finding.severity is Severity.UNSCANNABLE for finding in anatomy.findings):
        return []
    contents = [content.raw for content in anatomy.contents]
    files = {plain(content) for content in contents}
    lacking = [each for each in extracted if len(each.octets.strip()) >= _SHORTEST and plain(each.octets) not in files]
    lacking = [each for each in lacking if not _is_left_as_it_is(each.octets, contents[0])]
    if any(_is_printable(each.octets) for each in lacking):
        # A text with one blank line more or less is the same text; where octets count, it is not.
        known = {_without_blank_lines(content) for content in contents if _is_printable(content)}
        lacking = [
            each for each in lacking if not (_is_printable(each.octets) and _without_blank_lines(each.octets) in known)
        ]
    texts = _texts(anatomy, contents) if any(each.kind != "attachment" for each in lacking) else ""
    return [
        Missing(each.parser, each.kind, each.octets)
        for each in lacking
        if each.kind == "attachment" or not _lines_are_in(each.octets, texts)
    ]


def _is_left_as_it_is(octets: bytes, message: bytes) -> bool:
    """Base64 that was not decoded, or a multipart that was not taken apart; it stands so in the message."""
    is_text = _LETTERS_ALONE.fullmatch(octets) or _PART_WITHIN.search(octets)
    return is_text is not None and plain(octets) in plain(message)


def _is_printable(octets: bytes) -> bool:
    return not octets.translate(None, _PRINTABLE)


def _without_blank_lines(octets: bytes) -> bytes:
    return b"\n".join(line for line in plain(octets).split(b"\n") if line.strip())


def plain(octets: bytes) -> bytes:
    """The octets with one kind of line end, and nothing blank at either end."""
    return _LINE_END.sub(b"\n", octets).strip(b" \t\n\0")


def _texts(anatomy: Anatomy, contents: Sequence[bytes]) -> str:
    """The letters of all artifacts, in each artifact's charset and as they are; the message as it stands is one."""
    parts = zip(contents, anatomy.charsets, strict=True)
    decoded = [
        _LETTERS.sub("", decode_charset(content, charset)) + "\n" + _LETTERS.sub("", content.decode("latin-1"))
        for content, charset in parts
    ]
    return "\n".join(decoded)


def _lines_are_in(octets: bytes, texts: str) -> bool:
    lines = (_LETTERS.sub("", line.decode("utf-8", "replace")) for line in _LINE_END.split(octets))
    return all(len(line) < _SHORTEST or line in texts for line in lines)
