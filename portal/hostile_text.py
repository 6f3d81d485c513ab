"""Text from strangers, made safe to look at: subjects, addresses, file names, headers, previews.

The templates escape HTML by themselves; what is left are characters that do not look like what they are. Controls,
characters that turn the reading direction, and invisible ones are shown as U+FFFD; stacks of combining marks are cut.
The templates put each such text into `<bdi>` or an element with `dir="auto"`, so that it cannot turn its neighbours.

Comes in: any str, lone surrogates included. Goes out: a str that encodes as UTF-8.

Standards: Unicode UAX #9 (bidirectional text), UTR #36 (security).
Limits: each text is cut at a length given by the caller; a file name keeps its end, for the extension is what matters.
"""

import re
import unicodedata

_NOT_SHOWN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls but tab and line feed
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff"  # turning and invisible ones
    "\ud800-\udfff\U000e0000-\U000e0fff]"  # half characters, tags
)
_LINE_ENDS = re.compile(r"\r\n?|\x85|\u2028|\u2029")
_WHITESPACE = re.compile(r"\s+")
_MARKS_IN_A_ROW = 4


def one_line(text: str, limit: int = 200) -> str:
    """The text on one line, with nothing in it that hides or turns; its start is kept."""
    shown = _tame(_WHITESPACE.sub(" ", text[: limit * 4]).strip())
    return shown if len(shown) <= limit and len(text) <= limit * 4 else shown[: limit - 1] + "…"


def file_name(text: str, limit: int = 80) -> str:
    """A name on one line; of a long one the start and the end are kept."""
    shown = _tame(_WHITESPACE.sub(" ", text if len(text) <= 4000 else text[:2000] + text[-2000:]).strip())
    if len(shown) <= limit:
        return shown
    end = limit // 3
    return shown[: limit - end - 1] + "…" + shown[-end:]


def several_lines(text: str, limit: int = 262_144) -> str:
    """The text with its line breaks and tabs, and with nothing else in it that hides or turns."""
    return _tame(_LINE_ENDS.sub("\n", text[:limit]))


def _tame(text: str) -> str:
    replaced = _NOT_SHOWN.sub("\ufffd", text)
    if replaced.isascii():
        return replaced
    return _without_stacks(replaced)


def _without_stacks(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if marks <= _MARKS_IN_A_ROW:
            kept.append(character)
    return "".join(kept)
