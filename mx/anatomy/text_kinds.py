"""Kinds of text: what a text may carry, told by one cheap look for each thing that it could be.

Comes in: a stretch and its declared type. Goes out: the names of the kinds (`Kind` in `kinds.py`).
Octets with a NUL among the first few thousand are no text, unless the NULs stand as in UTF-16 or UTF-32.

Limits: half a dozen passes in C over a text; over anything else, its first octets alone.
"""

import re

from mx.anatomy.ascii85 import END as ASCII85_END
from mx.anatomy.containers.contract import Stretch
from mx.anatomy.hex_dumps import EVIDENCE as DUMP

_SAMPLE = 2048
_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")
_LETTERS = bytes(
    1 if letter in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-" else 0 for letter in range(256)
)
_RUN = b"\1" * 40
_PRINTABLE = bytes({9, 10, 13, *range(32, 127)})
_CONTROLS = bytes({*range(1, 9), *range(14, 32), 127})
_AROUND = 256
"""Octets before and behind the first NUL that must look like a text."""
_LETTER_LINE = re.compile(rb"(?:\A|[\r\n])[ \t>|]{0,40}[A-Za-z0-9+/_-]{32,}={0,2}[ \t]*(?:[\r\n]|\Z)")
_SHORT_RUN = b"\1" * 32
_CODES = re.compile(rb"=[0-9A-Fa-f]{2}(?:=\r?\n)?=[0-9A-Fa-f]{2}(?:=\r?\n)?=[0-9A-Fa-f]{2}")
_BEGIN = re.compile(
    rb"(?:\A(?:\xef\xbb\xbf)?|[\r\n])[ \t>|]{0,20}X?begin(?:-base64)?(?:[ \t]+[0-9]{1,7}[ \t\r\n]| {2}\S)"
)
"""Shell archives put an X before each line; Outlook Express took a name behind two spaces for a block."""
_BINHEX = re.compile(rb"(?:\A|[\r\n])[ \t]*:[!\"#$%&'()*+,\-0-689@A-NP-VX-Z\[`a-fh-mp-r]{40,}")
_UTF7 = re.compile(rb"\+A(?:Dw|D4|CI|F8)-|(?:\A|[^A-Za-z0-9+/=])(?<![A-Za-z0-9+/][\r\n])\+A(?:Dw|D4|CI|F8)")
"""How UTF-7 spells signs of markup; within base64 it ends in no hyphen, and follows letters."""
_SHIFT = re.compile(rb"\x1b[($][B@AJIHKD(]")
"""How ISO-2022-JP goes from one alphabet to another, or to the one that it was in."""
_NUMBERS = re.compile(rb"(?:0[xX][0-9A-Fa-f]{1,2}|\d{1,3})(?:\s{0,9},\s{0,9}(?:0[xX][0-9A-Fa-f]{1,2}|\d{1,3})){15}")
_ESCAPES = re.compile(rb"(?:\\x|\\u00|\\u\{|%u|\\[0-7])[0-9A-Fa-f]|(?:%[0-9A-Fa-f]{2}){6}")
_SEPARATED = re.compile(rb"(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{1,3}(?:[ ;:|_-]|, ?)){31,}+")
_SIGNS = re.compile(rb"(?:(?i:chr[wb$]{0,2}|charcode)\([0-9A-Fa-fxX\s]{1,9}\)[^()]{0,40}){8}")
_LISTED = re.compile(
    rb",\s{0,9}(?:0[xX][0-9A-Fa-f]{1,2}|\d{1,3})(?:\s{0,9},\s{0,9}(?:0[xX][0-9A-Fa-f]{1,2}|\d{1,3})){30}"
)
"""A long list of numbers, whatever the language; by its comma first, which is found fast."""
_REGISTRY = re.compile(rb"hex(?:\([0-9a-f]{1,8}\))?:[0-9A-Fa-f]{2},")
_ESCAPED_RUN = re.compile(
    rb"\\(?:x[0-9A-Fa-f]{2}|u00[0-9A-Fa-f]{2}|[0-3][0-7]{2})(?:\\(?:x[0-9A-Fa-f]{2}|u00[0-9A-Fa-f]{2}|[0-3][0-7]{2})){15}"
)
_MANY_SIGNS, _MANY_QUOTES, _FEWEST_FIGURES = 16, 8, 16
_PIECES = re.compile(rb"(?:([\"'`])[^\"'`\r\n]{1,99}\1[^\"'`]{1,48}){3}")
_JOINED = re.compile(rb"(?:[A-Za-z0-9+/=]{2,99}[\"'`]\s{0,9}[+&.,]\s{0,9}(?:_\s{0,9})?[\"'`]){4}")
_NO_DIGEST = rb"(?<![A-Za-z0-9+/_-])(?![0-9A-Fa-f]{40,128}+(?![A-Za-z0-9+/_-]))[A-Za-z0-9+/_-]{56,}+"
"""A digest has 128 digits of hexadecimal at most."""
_LITERAL = re.compile(
    rb"(?:(?<=[^\s>|])[ \t]|(?<=[^\s>|A-Za-z0-9+/_.?&%%#@~-]))%b|(?<!\S)%b={0,2}+[^\sA-Za-z0-9+/_=-]"
    % (_NO_DIGEST, _NO_DIGEST)
)
"""Letters that are no digest and no line of their own: a value in JSON or LDIF, a literal of a script."""
_LINE_SPACE = b"\t\r\n"
_SCRIPT_WORDS = (
    b"base64", b"atob", b"fromcharcode", b"array", b"var ", b"chr(", b"'+'", b'"+"', b'" & ', b"byte[]", b"split(",
    b"echo ", b"\nset ", b"quot;+", b'& "',
)  # fmt: skip
_FEWEST_REFERENCES = 40
"""So many character references may spell a file."""
_MARKUP_TYPES = frozenset({"text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/xml"})


def text_kinds(content: Stretch, declared_type: str) -> list[str]:
    """What this text may carry; empty where it is no text."""
    head = content.base[content.start : min(content.end, content.start + _SAMPLE)]
    nul = content.base.find(b"\0", content.start, content.end)
    if 0 <= nul < content.start + _SAMPLE or head.startswith(_MARKS):
        if _is_wide(head):
            return ["text"]
        if not _is_text(head[:_AROUND]):
            return []
    text = content.raw
    lower = text.lower()
    has_begin = b"begin" in lower
    found: list[str] = []
    letters = text.translate(_LETTERS, _LINE_SPACE)
    has_run = _SHORT_RUN in letters
    if has_run and _LETTER_LINE.search(text) is not None:
        found.append("base64")
    if b"=" in text and _CODES.search(text) is not None:
        found.append("quoted-printable")
    if has_begin and b"=ybegin " in text:
        found.append("yenc")
    if has_begin and _BEGIN.search(text) is not None:
        found.append("uuencode")
    if _may_be_binhex(text):
        found.append("binhex")
    if has_begin and b"begin:v" in lower:
        found.append("calendar")
    if has_begin and b"-----begin pgp" in lower:
        found.append("pgp")
    if _may_carry_files(text, lower, letters, declared_type):
        found.append("html")
    if b"<" in text and _may_be_package_part(lower):
        found.append("package-part")
    if (
        (nul >= 0 and _is_text(text[max(nul - content.start - _AROUND, 0) : nul - content.start + _AROUND]))
        or (b"\x1b" in text and _SHIFT.search(text))
        or (b"+A" in text and _UTF7.search(text))
    ):
        found.append("text")
    return found


def _is_text(sample: bytes) -> bool:
    """Whether this is a text that a few NULs have got into: of other control characters it has hardly any."""
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if len(sample) < _AROUND and len(sample.translate(None, _PRINTABLE)) * 2 > len(sample):
        return False
    return controls * 20 < len(sample) and sample.count(0) * 4 < len(sample)


def _is_wide(head: bytes) -> bool:
    """Whether the NULs stand at every second octet, or three of four."""
    if head.startswith(_MARKS):
        return True
    if head.count(0) * 3 < len(head):
        return False
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if half <= 8 or max(even, odd) * 10 < half * 8 or (even + odd) * 10 > len(head) * 8:
        return False
    kept = head.translate(None, b"\0")
    return len(kept.translate(None, _PRINTABLE)) * 10 < len(kept)


def _may_be_package_part(lower: bytes) -> bool:
    return (
        (b"targetmode" in lower and b"relationship" in lower)
        or (b"encryption-data" in lower and b"manifest" in lower)
        or b"macrosheet" in lower[:_SAMPLE]
    )


def _may_be_binhex(text: bytes) -> bool:
    return b"(This file must be converted" in text or (b":" in text and _BINHEX.search(text) is not None)


def _may_carry_files(text: bytes, lower: bytes, letters: bytes, declared_type: str) -> bool:
    if b"data" in lower and (b";base64" in lower or b"data:" in lower or b"data&" in lower):
        return True
    has_run = _RUN in letters
    if declared_type in _MARKUP_TYPES or b"</" in text:
        if has_run or lower.count(b"&#") >= _FEWEST_REFERENCES:
            return True
    elif has_run and _LITERAL.search(text) is not None:
        return True
    if _is_list(text, lower):
        return True
    if b"<script" not in lower:
        is_code = has_run or ((b"(" in text or b"=" in text) and (b"'" in text or b'"' in text or b"[" in text))
        if not is_code or not any(map(lower.__contains__, _SCRIPT_WORDS)):
            return False
    return (
        has_run
        or b"atob" in lower
        or b"\\\n" in text
        or b"\\\r\n" in text
        or lower.count(b"&quot;") >= _MANY_QUOTES
        or any(evidence.search(text) for evidence in (_JOINED, _PIECES, _ESCAPES, _NUMBERS, _SEPARATED, _SIGNS))
    )


def _is_list(text: bytes, lower: bytes) -> bool:
    """Octets one by one: numbers, escapes, calls, lines of a dump. Each look is for a sign that most texts lack."""
    if ASCII85_END in text and (b"<~" in text or b"ASCII85Decode" in text):
        return True
    if len(text) - len(text.translate(None, b"0123456789")) < _FEWEST_FIGURES:
        return False
    return (
        _LISTED.search(text) is not None
        or (b"\\" in text and _ESCAPED_RUN.search(text) is not None)
        or (b"hex" in lower and _REGISTRY.search(lower) is not None)
        or (b"chr" in lower and lower.count(b"chr(") + lower.count(b"chrw(") >= _MANY_SIGNS)
        or (b"[char]" in lower and lower.count(b"[char]") >= _MANY_SIGNS)
        or DUMP.search(text) is not None
    )
