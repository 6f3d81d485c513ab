"""Header fields by offsets: where a header ends, its fields, their parameters, and their text for people.

Comes in: octets and the place where a message or a part begins. Goes out: `Header`, with what was odd about it.
Names are compared in lower case, values are unfolded and keep the octets they had.

Standards: RFC 5322 section 2.2; RFC 2045 section 5; RFC 2047 (encoded words).
Failure: none; a line that is no field is an oddity, and the body may begin there for some programs.
Limits: linear in the header's size, whatever is in it.
"""

import binascii
import re

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.base64_readings import decode_block
from mx.anatomy.charsets import decode_charset
from mx.anatomy.fixed import fixed

_END_OF_HEADER = re.compile(rb"\n\r?\n")
_NAME = re.compile(rb"[!-9;-~]+")
_PLAIN_FIELD = re.compile(rb"(?:\A|(?<=\n))([!-9;-~]+):([^\n]*(?:\n[ \t][^\n]*)*)\n")
_ODD_FOLD = re.compile(rb"\n[ \t]+(?:\r?\n|[Cc][Oo][Nn][Tt][Ee][Nn][Tt]-)")
_SPACES = re.compile(rb"[ \t]*")
_NOT_SMALL_LETTERS = bytes(set(range(256)) - set(b"abcdefghijklmnopqrstuvwxyz"))
_DECIDING = (b"contenttype", b"contenttransferencoding", b"contentdisposition", b"contentencoding")
_TYPE, _ENCODING, _DISPOSITION = len("content-type"), len("content-transfer-encoding"), len("content-disposition")
_CONTENT_NAMES = frozenset(
    b"content-" + name
    for name in (b"type", b"transfer-encoding", b"disposition", b"id", b"description", b"language", b"location", b"md5",
                 b"base", b"class", b"length", b"features", b"duration", b"alternative", b"return", b"identifier",
                 b"translation-type", b"style-type", b"script-type", b"name", b"title", b"lines", b"digest")
)  # fmt: skip
_NO_CONTROLS = bytes({9, 10, 13, *range(32, 127), *range(128, 256)})
_BARE_CR = re.compile(rb"\r(?!\n)")
_BLANK_LINE = re.compile(rb"\n\r?\n")
_QUOTED = re.compile(rb'"([^"\\]*(?:\\.[^"\\]*)*)"?', re.DOTALL)
_QUOTED_PAIR = re.compile(rb"\\(.)", re.DOTALL)
_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_ENCODED_WORDS = re.compile(r"(\?=)[ \t]+(?==\?)")
_CONTROLS = dict.fromkeys((*range(9), *range(10, 32), *range(127, 160), *range(8234, 8239)))


@fixed
class Header:
    """One header: its octets end at `end`, the body begins at `body`."""

    fields: tuple[tuple[bytes, bytes], ...]
    """Name as written, and value, in order; one that `values` and `deciding_fields` unfold when it is asked for."""
    end: int
    body: int
    oddities: tuple[AmbiguityName, ...] = ()
    other_bodies: tuple[int, ...] = ()
    """Where the body begins for programs that end the header at its first malformed line, or at a bare CR."""

    def values(self, lower_name: bytes) -> list[bytes]:
        """The values of all fields of this name, in order."""
        size = len(lower_name)
        return [_unfolded(value) for name, value in self.fields if len(name) == size and name.lower() == lower_name]

    def unfolded(self, most: int) -> list[tuple[bytes, bytes]]:
        """Names and unfolded values of the first so many fields."""
        return [(name, _unfolded(value)) for name, value in self.fields[:most]]


NO_HEADER = Header((), 0, 0)


def deciding_fields(header: Header) -> tuple[list[bytes], list[bytes], list[bytes]]:
    """The values of Content-Type, Content-Transfer-Encoding and Content-Disposition, in order."""
    types: list[bytes] = []
    encodings: list[bytes] = []
    dispositions: list[bytes] = []
    for name, value in header.fields:
        size = len(name)
        if size == _TYPE and name.lower() == b"content-type":
            types.append(_unfolded(value))
        elif size == _ENCODING and name.lower() == b"content-transfer-encoding":
            encodings.append(_unfolded(value))
        elif size == _DISPOSITION and name.lower() == b"content-disposition":
            dispositions.append(_unfolded(value))
    return types, encodings, dispositions


def read_header(base: bytes, start: int, end: int) -> Header:
    """The header that begins at `start`; it has ended by `end`."""
    if base.startswith((b"\r\n", b"\n"), start, end):
        return Header((), start, base.index(b"\n", start) + 1)
    blank = _END_OF_HEADER.search(base, start, end)
    header_end, body = (blank.start() + 1, blank.end()) if blank else (end, end)
    block = base[start:header_end]
    lines = _line_oddities(block)
    has_bare_cr = AmbiguityName.BARE_CR_IN_HEADER in lines
    if not has_bare_cr and (plain := _read_plain_fields(block)) is not None:
        return Header(plain, header_end, body, tuple(lines))
    fields, malformed, spaced, oddities = _read_fields(block)
    oddities.extend(lines)
    ends = _other_ends(block, malformed, spaced, has_bare_cr)
    other_bodies = tuple(start + end for end in ends)
    if malformed is None:
        return Header(tuple(fields), header_end, body, tuple(dict.fromkeys(oddities)), other_bodies)
    oddities.append(AmbiguityName.HEADER_MALFORMED)
    oddities = list(dict.fromkeys(oddities))
    if malformed == 0 and not any(name[:8].lower() == b"content-" for name, _ in fields):
        return Header((), start, start, tuple(oddities))
    return Header(tuple(fields), header_end, body, tuple(oddities), other_bodies)


def _other_ends(block: bytes, malformed: int | None, spaced: int | None, has_bare_cr: bool) -> list[int]:
    """Where else the header may end: at its first broken line, as it is or with a bare CR read as a line end."""
    broken = [end for end in (malformed, spaced) if end is not None]
    ends = {min(broken)} if broken else set[int]()
    if has_bare_cr:
        # Each octet keeps its place.
        lines = _BARE_CR.sub(b"\n", block)
        first = _read_fields(lines)[1]
        blank = _BLANK_LINE.search(lines)
        ends.update(end for end in (first, blank.end() if blank else None) if end)
    return sorted(ends)


def _read_plain_fields(block: bytes) -> tuple[tuple[bytes, bytes], ...] | None:
    """The fields of a header in which nothing is odd but its line ends, in one pass; None for any other."""
    found = _PLAIN_FIELD.findall(block)
    if not found:
        return None
    names, values = zip(*found, strict=True)
    if len(b"".join(names)) + len(b"".join(values)) + 2 * len(found) != len(block) or _ODD_FOLD.search(block):
        return None
    for number, lower in enumerate(b"\n".join(names).lower().split(b"\n")):
        if b"content" in lower and (
            lower not in _CONTENT_NAMES or (lower == b"content-transfer-encoding" and b"\n" in values[number])
        ):
            return None
    return tuple(zip(names, [value.strip(b" \t\r") for value in values], strict=True))


def _unfolded(value: bytes) -> bytes:
    if b"\n" not in value:
        return value
    return value.replace(b"\r\n", b"\n").replace(b"\n", b"").strip(b" \t\r")


def read_other_lines(base: bytes, start: int, header: Header) -> tuple[tuple[bytes, bytes], ...]:
    """The fields for programs that take a bare CR for a line end."""
    return tuple(_read_fields(base[start : header.end].replace(b"\r\n", b"\n").replace(b"\r", b"\n"))[0])


def _read_fields(block: bytes) -> tuple[list[tuple[bytes, bytes]], int | None, int | None, list[AmbiguityName]]:
    """The fields; the offsets of the first malformed line and of the first name with a space behind; what was odd."""
    fields: list[tuple[bytes, bytes]] = []
    pieces: list[bytes] = []
    malformed: int | None = None
    spaced: int | None = None
    oddities: list[AmbiguityName] = []
    offset = 0
    for line in block.split(b"\n"):
        if line.startswith((b" ", b"\t")) and pieces:
            piece = line.rstrip(b"\r")
            if len(pieces) == 2 and not pieces[1].strip() and pieces[0].lower() == b"content-transfer-encoding":
                # Python's parser takes the line end for a part of the word, and decodes nothing.
                oddities.append(AmbiguityName.HEADER_BLANK_FOLD)
            pieces.append(piece)
            _judge_continuation(piece.strip(b" \t"), oddities)
        elif line and line != b"\r":
            name, colon, value = line.partition(b":")
            written = name.rstrip(b" \t")
            if colon and _NAME.fullmatch(written):
                _end_field(fields, pieces)
                if len(written) < len(name):
                    spaced = offset if spaced is None else spaced
                    oddities.append(AmbiguityName.HEADER_NAME_WHITESPACE)
                if b"content" in (lower := written.lower()) and lower not in _CONTENT_NAMES:
                    _judge_name(lower, oddities)
                pieces = [written, value.rstrip(b"\r")]
            elif malformed is None and not (offset == 0 and line.startswith(b"From ")):
                malformed = offset
        offset += len(line) + 1
    _end_field(fields, pieces)
    return fields, malformed, spaced, oddities


def _judge_continuation(text: bytes, oddities: list[AmbiguityName]) -> None:
    """A continuation that some programs take for a field of its own, or for the end of the header."""
    if not text:
        oddities.append(AmbiguityName.HEADER_BLANK_FOLD)
    elif text[:8].lower() == b"content-":
        oddities.append(AmbiguityName.HEADER_FOLDED_FIELD)


def _judge_name(name: bytes, oddities: list[AmbiguityName]) -> None:
    """A name that is read as one of those that decide about the body, by programs that leave out what is odd in it."""
    letters = name.translate(None, _NOT_SMALL_LETTERS)
    if letters in _DECIDING or (b"(" in name and letters.startswith(b"content")):
        oddities.append(AmbiguityName.HEADER_NAME_UNUSUAL)


def _end_field(fields: list[tuple[bytes, bytes]], pieces: list[bytes]) -> None:
    if pieces:
        fields.append((pieces[0], b"".join(pieces[1:]).strip(b" \t")))


def _line_oddities(block: bytes) -> list[AmbiguityName]:
    oddities = []
    if b"\0" in block:
        oddities.append(AmbiguityName.HEADER_NUL)
    elif block.translate(None, _NO_CONTROLS):
        oddities.append(AmbiguityName.HEADER_CONTROL)
    line_ends = block.count(b"\r\n")
    if block.count(b"\r") != line_ends:
        oddities.append(AmbiguityName.BARE_CR_IN_HEADER)
    if line_ends and block.count(b"\n") != line_ends:
        oddities.append(AmbiguityName.BARE_LF)
    return oddities


def read_parameters(value: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """The first word of a field in lower case, and its parameters; the names in lower case, quotes taken off."""
    first = value.partition(b";")[0]
    parameters: list[tuple[bytes, bytes]] = []
    position = len(first) + 1
    while (equals := value.find(b"=", position)) >= 0:
        name = value[position:equals].rpartition(b";")[2].strip().lower()
        position = _end_of(_SPACES, value, equals + 1)
        quoted = _QUOTED.match(value, position)
        if quoted is None:
            end = value.find(b";", position)
            position, start = (end + 1 if end >= 0 else len(value)), position
            parameters.append((name, value[start : end if end >= 0 else None].strip()))
        else:
            position = quoted.end()
            parameters.append((name, _QUOTED_PAIR.sub(rb"\1", quoted[1])))
    return first.strip().lower(), parameters


def _end_of(pattern: re.Pattern[bytes], value: bytes, position: int) -> int:
    match = pattern.match(value, position)
    return match.end() if match else position


def text_of(value: bytes, most: int) -> str:
    """A header value for people: encoded words decoded, no control characters, at most `most` characters."""
    text = raw_text_of(value, most)
    # Tabs stay, and most folded fields have one.
    return text[:most] if text.replace("\t", "").isprintable() else text.translate(_CONTROLS)[:most]


def raw_text_of(value: bytes, most: int) -> str:
    """The same with its control characters and writing directions, and perhaps longer: not to be shown."""
    text = decode_charset(value[: 4 * most], "")
    if "=?" in text:
        text = _ENCODED_WORD.sub(_decode_word, _BETWEEN_ENCODED_WORDS.sub(r"\1", text))
    return text


def _decode_word(word: re.Match[str]) -> str:
    charset, kind, raw = word[1], word[2], word[3].encode("utf-8", "replace")
    octets = decode_block(raw.translate(None, _NOT_BASE64)) if kind in "bB" else binascii.a2b_qp(raw, header=True)
    return decode_charset(octets, charset.partition("*")[0])


_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))
