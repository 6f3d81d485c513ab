"""Whether what another parser extracts is among our artifacts.

Files must be there octet for octet; line ends may differ, and white space at the very end, since parsers disagree to
whom the line end before a boundary belongs. What is shown as text has been through charset decoding, and parsers join
several texts: there each line must be found in some artifact.
A message that we call unscannable is covered: it is not delivered.
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
    texts = _texts(anatomy, contents) if any(each.kind != "attachment" for each in lacking) else ""
    return [
        Missing(each.parser, each.kind, each.octets)
        for each in lacking
        if each.kind == "attachment" or not _lines_are_in(each.octets, texts)
    ]


def plain(octets: bytes) -> bytes:
    """The octets with one kind of line end, and none at the end."""
    return _LINE_END.sub(b"\n", octets).rstrip(b" \t\n\0")


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
