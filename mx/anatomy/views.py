"""Views: the ways in which programs read what a part's header says about its body.

Comes in: a `Header` and its body. Goes out: one `View` for each plausible reading, the plain one first, with the
oddities that made the others. A header that is written as the standards have it is read once, by one look at each
field. Anything else is in doubt as a whole: every type that is named counts, every boundary that the header may mean
and the body has (`boundary_names.py`), and every decoder.

To add a rule: widen what is in doubt here; the walk reads whatever views it is given.

Standards: RFC 2045 sections 5 and 6; RFC 2046 section 5.1.1.
Limits: the caller charges each view beyond the first, so the product of many duplicates ends in *unscannable*; equal
views count once, so many copies of one field do not.
"""

import re

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.boundary_names import boundaries_in_doubt, standing_in
from mx.anatomy.containers.contract import Stretch
from mx.anatomy.encodings import IN_DOUBT, KNOWN
from mx.anatomy.file_names import file_names
from mx.anatomy.fixed import fixed
from mx.anatomy.headers import Header, deciding_fields, read_other_lines, read_parameters

MOST_VIEWS = 500
"""More than any budget has readings: a header with more views always ends in a limit, never in views left out."""
_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_CANONICAL = re.compile(
    rb"%b/%b(?:[ \t]*;[ \t]*%b=(?:[!#$%%&*+./0-9:=@A-Z^_`a-z{|}~-]+|\"[^\"\\\0\r\n]*\")?)*[ \t]*;?" % ((_TOKEN,) * 3)
)
"""A Content-Type that all programs read alike; unquoted values may hold what RFC 2045 wants quoted, many do."""
_LEAF = re.compile(rb"(?!multipart|message)%b/%b[ \t]*(?:;|\Z)" % (_TOKEN, _TOKEN), re.IGNORECASE)
_USUAL = re.compile(
    rb"(multipart/[a-z-]{1,40});[ \t]*boundary=(?:\"([0-9a-z_+./:=-]+)\"|([0-9a-z_+./:=-]+))", re.IGNORECASE
)
"""What nearly all multiparts have; the same in quotes or without."""
_CHARSET = re.compile(rb";[ \t]*charset[ \t]*=[ \t]*[\"']?([^;\"' \t]{1,40})", re.IGNORECASE)
_NAMED_TYPE = re.compile(rb"(?:multipart|message|text|application)/[0-9a-z.+-]{1,100}")
"""A type that stands behind something else: a comment, a quote, another field's name."""
_COMMENT_OR_SPACE = re.compile(rb"\([^()]*\)|[\s\0\"']+")
"""What the standard lets stand within a type, and what some programs leave out."""
_OF_ENCODING = frozenset({AmbiguityName.UNKNOWN_TRANSFER_ENCODING, AmbiguityName.HEADER_FOLDED_FIELD})
_MEDIA_TYPE = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z/-]{1,127}")


@fixed
class View:
    """One reading of a part's header."""

    media_type: str
    """In lower case; empty where the header names none that can be read."""
    boundary: bytes | None
    """None where there is none; a boundary may be empty."""
    charset: str
    encoding: bytes
    """In lower case, without surrounding white space; empty when none is named; `IN_DOUBT` for every decoder."""
    file_name: str
    file_names: tuple[str, ...] = ()
    """Every other name that some program could show."""

    @property
    def is_multipart(self) -> bool:
        return self.media_type.startswith("multipart/")


@fixed
class _DeclaredType:
    """One Content-Type as it is read first."""

    media_type: str
    charset: str
    boundaries: tuple[bytes, ...]
    is_plain: bool


def read_views(
    header: Header, base: bytes, start: int, end: int, default_type: bytes
) -> tuple[list[View], list[AmbiguityName]]:
    """The views of this header, at most MOST_VIEWS, the plain one first, and what was odd; the body ends at `end`."""
    types, encodings, dispositions = deciding_fields(header)
    name, names = file_names(types, dispositions)
    oddities = _field_oddities(types, encodings, dispositions)
    if AmbiguityName.BARE_CR_IN_HEADER in header.oddities:
        other = Header(read_other_lines(base, start, header), header.end, header.body)
        types = types + other.values(b"content-type")
        encodings = encodings + other.values(b"content-transfer-encoding")
    read = [_read_type(value, oddities) for value in dict.fromkeys(types)] or [_read_type(default_type, [])]
    words = list(dict.fromkeys([value.strip().lower() for value in encodings])) or [b""]
    first = read[0]
    if not oddities and not header.oddities and first.is_plain and words[0] in KNOWN:
        boundary = first.boundaries[0] if first.boundaries else None
        return [View(first.media_type, boundary, first.charset, words[0], name, names)], oddities
    known = [word for word in words if word in KNOWN]
    if len(known) < len(words):
        oddities.append(AmbiguityName.UNKNOWN_TRANSFER_ENCODING)
    is_doubtful = len(words) > 1 or bool(header.oddities) or bool(_OF_ENCODING.intersection(oddities))
    views: dict[View, None] = {}
    for media_type, boundary, charset in _readings_in_doubt(
        read, base[start : header.end], Stretch(base, header.body, end)
    ):
        of_leaf = known if boundary is not None else [*known, *([IN_DOUBT] if is_doubtful else [])]
        for word in of_leaf or [b""]:
            views[View(media_type, boundary, charset, word, name, names)] = None
    return list(views)[:MOST_VIEWS], list(dict.fromkeys(oddities))


def _field_oddities(types: list[bytes], encodings: list[bytes], dispositions: list[bytes]) -> list[AmbiguityName]:
    oddities: list[AmbiguityName] = []
    if len(types) > 1:
        oddities.append(AmbiguityName.DUPLICATE_CONTENT_TYPE)
    if len(encodings) > 1:
        oddities.append(AmbiguityName.DUPLICATE_CONTENT_TRANSFER_ENCODING)
    if b"content-t" in b"\n".join((*types, *encodings, *dispositions)).lower():
        oddities.append(AmbiguityName.HEADER_FOLDED_FIELD)
    return oddities


def _read_type(value: bytes, oddities: list[AmbiguityName]) -> _DeclaredType:
    lower = value.lower()
    if not value or (_LEAF.match(value) and b"boundary" not in lower):
        named = _CHARSET.search(value) if b"charset" in lower else None
        charset = named[1].decode("ascii", "replace") if named else ""
        return _DeclaredType(lower.partition(b";")[0].strip().decode("ascii"), charset, (), is_plain=True)
    if (usual := _USUAL.fullmatch(value)) is not None:
        return _DeclaredType(usual[1].lower().decode("ascii"), "", (usual[2] or usual[3],), is_plain=True)
    first, parameters = read_parameters(value)
    kept = _MEDIA_TYPE.match(first) or _NAMED_TYPE.search(first)
    if kept is None or not kept[0].strip(b"/").count(b"/"):
        kept = _MEDIA_TYPE.match(_COMMENT_OR_SPACE.sub(b"", first)) or kept
    media_type = kept[0].decode("ascii") if kept else ""
    charset = next((text for name, text in parameters if name == b"charset"), b"")[:40].decode("ascii", "replace")
    given = list(dict.fromkeys(text for name, text in parameters if name == b"boundary"))
    is_plain = _CANONICAL.fullmatch(value) is not None
    if not is_plain:
        oddities.append(AmbiguityName.CONTENT_TYPE_UNREADABLE)
    if not media_type.startswith("multipart/"):
        return _DeclaredType(media_type, charset, (), is_plain)
    if sum(name.rstrip(b"*0123456789") == b"boundary" for name, _ in parameters) > 1:
        oddities.append(AmbiguityName.DUPLICATE_PARAMETER)
    elif not given and b"boundary" in lower:
        oddities.append(AmbiguityName.BOUNDARY_IN_PIECES)
    elif given == [b""]:
        oddities.append(AmbiguityName.BOUNDARY_EMPTY)
    elif any(text.strip() != text for text in given):
        oddities.append(AmbiguityName.BOUNDARY_WHITESPACE)
    return _DeclaredType(media_type, charset, tuple(given), is_plain)


def _readings_in_doubt(read: list[_DeclaredType], block: bytes, body: Stretch) -> list[tuple[str, bytes | None, str]]:
    """Type, boundary and charset of every reading; boundaries that the body has not are left out."""
    given = {boundary for one in read for boundary in one.boundaries}
    standing = dict.fromkeys([*standing_in(body, given), *boundaries_in_doubt(block, body)])
    readings: list[tuple[str, bytes | None, str]] = []
    for one in read:
        if one.media_type.startswith("multipart/"):
            mine = [boundary for boundary in one.boundaries if boundary in standing]
            readings.extend((one.media_type, boundary, one.charset) for boundary in mine)
        else:
            readings.append((one.media_type, None, one.charset))
    multipart = next((one.media_type for one in read if one.media_type.startswith("multipart/")), "multipart/mixed")
    known = {boundary for _, boundary, _ in readings}
    readings.extend((multipart, boundary, "") for boundary in standing if boundary not in known)
    if not readings:
        readings.append((read[0].media_type, None, read[0].charset))
    return readings
