"""Views: the ways in which programs read what a part's header says about its body.

Comes in: a `Header`. Goes out: one `View` for each plausible reading, the plain one first, with the oddities that made
the others. Each rule here is a reading rule, not the name of a product: first or last of duplicate fields, first or
last of duplicate boundaries, a boundary with or without its trailing white space, a bare CR as a line end.

To add a rule: widen `_content_types`, `_encodings` or `_boundaries`; the walk reads whatever views it is given.

Limits: the caller charges each view beyond the first, so the product of many duplicates ends in *unscannable*; equal
views count once, so many copies of one field do not.
"""

import itertools
import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.charsets import decode_charset
from mx.anatomy.headers import Header, read_other_lines, read_parameters, text_of

MOST_VIEWS = 500
"""More than any budget has readings: a header with more views always ends in a limit, never in views left out."""
_NAME_OCTETS = 255
_MEDIA_TYPE = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z/-]{1,127}")


@dataclass(frozen=True, slots=True)
class View:
    """One reading of a part's header."""

    media_type: str
    """In lower case; empty where the header names none that can be read."""
    boundary: bytes
    charset: str
    encoding: bytes
    """In lower case, without surrounding white space; empty when none is named."""
    file_name: str


def read_views(base: bytes, start: int, header: Header, default_type: bytes) -> tuple[list[View], list[AmbiguityName]]:
    """The views of this header, at most MOST_VIEWS, the plain one first, and what was odd."""
    oddities: list[AmbiguityName] = []
    headers = [header]
    if AmbiguityName.BARE_CR_IN_HEADER in header.oddities:
        headers.append(Header(read_other_lines(base, start, header), header.end, header.body))
    types = _distinct(headers, b"content-type", AmbiguityName.DUPLICATE_CONTENT_TYPE, oddities)
    encodings = _distinct(
        headers, b"content-transfer-encoding", AmbiguityName.DUPLICATE_CONTENT_TRANSFER_ENCODING, oddities
    )
    dispositions = header.values(b"content-disposition")[:1]
    # Each axis is made distinct in its final form, so that fields that differ in looks alone use up no views.
    readings = dict.fromkeys(
        reading for value in types for reading in _content_types(value or default_type, dispositions, oddities)
    )
    names = dict.fromkeys(encoding.strip().lower() for encoding in encodings)
    views = [
        View(media_type, boundary, charset, encoding, file_name)
        for (media_type, boundary, charset, file_name), encoding in itertools.islice(
            itertools.product(readings, names), MOST_VIEWS
        )
    ]
    return views, list(dict.fromkeys(oddities))


def _distinct(headers: list[Header], name: bytes, oddity: AmbiguityName, oddities: list[AmbiguityName]) -> list[bytes]:
    values = headers[0].values(name)
    if len(values) > 1:
        oddities.append(oddity)
    for other in headers[1:]:
        values.extend(other.values(name))
    return list(dict.fromkeys(values)) or [b""]


def _content_types(
    value: bytes, dispositions: list[bytes], oddities: list[AmbiguityName]
) -> list[tuple[str, bytes, str, str]]:
    media_type, parameters = read_parameters(value)
    kept = _MEDIA_TYPE.match(media_type)
    readable = kept[0].decode("ascii") if kept else ""
    named: dict[bytes, bytes] = {}
    for name, text in parameters:
        named.setdefault(name, text)
    charset = named.get(b"charset", b"")[:40].decode("ascii", "replace")
    file_name = _file_name(named, dispositions)
    boundaries = _boundaries(parameters, oddities) if readable.startswith("multipart/") else [b""]
    return [(readable, boundary, charset, file_name) for boundary in boundaries]


def _boundaries(parameters: list[tuple[bytes, bytes]], oddities: list[AmbiguityName]) -> list[bytes]:
    given = list(dict.fromkeys(text for name, text in parameters if name == b"boundary" and text))
    if len(given) > 1:
        oddities.append(AmbiguityName.DUPLICATE_PARAMETER)
    stripped = [text.rstrip() for text in given]
    if stripped != given:
        oddities.append(AmbiguityName.BOUNDARY_WHITESPACE)
    return list(dict.fromkeys(text for text in (*stripped, *given) if text)) or [b""]


def _file_name(parameters: dict[bytes, bytes], dispositions: list[bytes]) -> str:
    """The declared file name: Content-Disposition's, else Content-Type's; for people, and for rules on names."""
    for value in dispositions:
        named = dict(reversed(read_parameters(value)[1]))
        if name := _named(named, b"filename"):
            return name
    return _named(parameters, b"name")


def _named(parameters: dict[bytes, bytes], name: bytes) -> str:
    """One parameter's text, RFC 2231 pieces and charsets included (its sections 3 and 4)."""
    if name in parameters:
        return text_of(parameters[name], _NAME_OCTETS)
    pieces = []
    for number in range(50):
        extended, plain = b"%s*%d*" % (name, number), b"%s*%d" % (name, number)
        if extended in parameters:
            pieces.append(parameters[extended])
        elif plain in parameters:
            pieces.append(parameters[plain].replace(b"%", b"%25"))
        else:
            break
    raw = parameters.get(name + b"*", b"") or b"".join(pieces)
    charset, quote, rest = raw.partition(b"'")
    text = rest.partition(b"'")[2] if quote else raw
    decoded = decode_charset(unquote_to_bytes(text[: 4 * _NAME_OCTETS]), charset[:40].decode("ascii", "replace"))
    return text_of(decoded.encode("utf-8", "replace"), _NAME_OCTETS)
