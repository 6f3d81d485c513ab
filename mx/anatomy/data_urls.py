"""`data:` URLs: files that stand within a text.

Comes in: a text, its entities resolved. Goes out: what each URL holds, in every reading of its base64.

Standards: RFC 2397. Upper case, white space, percent signs within base64 and missing types are read, as browsers do.
Failure: none. Limits: linear.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from mx.anatomy.base64_readings import lenient_base64

_URL = re.compile(rb"data\s{0,9}:([^,\"'<>(]{0,300}),", re.IGNORECASE)
_ENDS = {b'"': b'"', b"'": b"'", b"(": b")", b"`": b"`"}
_BARE_END = re.compile(rb"[\s>\"')<]|\Z")
_FEWEST_OCTETS = 16


def data_urls(text: bytes) -> Iterator[tuple[str, bytes]]:
    """The declared media type and the content of each URL that holds more than a few octets."""
    position = 0
    while (url := _URL.search(text, position)) is not None:
        position = _end_of(text, url)
        raw = text[url.end() : position]
        if len(raw) < _FEWEST_OCTETS:
            continue
        media_type, _, parameters = url[1].partition(b";")
        declared = media_type.strip().lower().decode("ascii", "replace")[:100]
        octets = unquote_to_bytes(raw) if b"%" in raw else raw
        if b"base64" in parameters.lower() or b"base64" in media_type.lower():
            for reading in lenient_base64(octets):
                yield declared, reading
        else:
            yield declared, octets


def _end_of(text: bytes, url: re.Match[bytes]) -> int:
    mark = _ENDS.get(text[max(url.start() - 9, 0) : url.start()].rstrip()[-1:])
    if mark is not None:
        end = text.find(mark, url.end())
        return end if end >= 0 else len(text)
    bare = _BARE_END.search(text, url.end())
    return bare.start() if bare else len(text)
