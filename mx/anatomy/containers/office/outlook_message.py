"""Outlook messages (.msg): the body in all its forms, the header, and the attachments of each message in the file.

Comes in: the streams of a compound file. Goes out: members; an attached message lies in a storage of its own within
the same file, and its streams are read in the same way. Used by `document.py`.

Standards: MS-OXMSG; property numbers from MS-OXPROPS.
Failure: none; a property that is missing is left out.
"""

import re
from collections.abc import Iterator, Mapping

from mx.anatomy.budget import Budget
from mx.anatomy.containers.compressed_rtf import decompress_rtf
from mx.anatomy.containers.contract import Member, Stretch, whole

Streams = Mapping[tuple[str, ...], Stretch]
PROPERTIES = "__properties_version1.0"
_PROPERTY = re.compile(r"__substg1\.0_([0-9A-F]{4})(001E|001F|0102|000D)", re.IGNORECASE)
_ATTACHMENT = "__attach"
_SUBJECT, _HEADER, _BODY, _RTF, _HTML = 0x0037, 0x007D, 0x1000, 0x1009, 0x1013
_CONTENT, _MEDIA_TYPE = 0x3701, 0x370E
_NAMES = (0x3707, 0x3704, 0x3001)
"""Long file name, short file name, display name."""
_EXTENSION = 0x3703
_NARROW, _WIDE, _OCTETS = 0x001E, 0x001F, 0x0102


def property_of(name: str) -> tuple[int, int] | None:
    """The number and type of the property that a stream of this name holds, or None."""
    found = _PROPERTY.match(name)
    return (int(found[1], 16), int(found[2], 16)) if found else None


def read_messages(streams: Streams, budget: Budget) -> Iterator[Member]:
    """The members of every message in the file."""
    storages: dict[tuple[str, ...], dict[tuple[int, int], Stretch]] = {}
    for path, content in streams.items():
        if (number := property_of(path[-1])) is not None:
            storages.setdefault(path[:-1], {}).setdefault(number, content)
    for path, properties in storages.items():
        if path and path[-1].lower().startswith(_ATTACHMENT):
            yield from _read_attachment(properties)
        else:
            yield from _read_message(properties, budget)


def _read_message(properties: Mapping[tuple[int, int], Stretch], budget: Budget) -> Iterator[Member]:
    for number, name, media_type, reading in (
        (_HEADER, "transport headers", "", "headers"),
        (_SUBJECT, "subject", "", "headers"),
        (_BODY, "text", "text/plain", "body"),
        (_HTML, "text", "text/html", "body"),
    ):
        for (found, form), content in properties.items():
            if found == number:
                octets, charset = _as_utf8(content, form)
                yield Member(name, media_type, reading, octets, charset)
    for (found, _), content in properties.items():
        if found == _RTF and (text := decompress_rtf(content, budget)):
            yield Member("body.rtf", "text/rtf", "body", whole(text))


def _read_attachment(properties: Mapping[tuple[int, int], Stretch]) -> Iterator[Member]:
    content = properties.get((_CONTENT, _OCTETS))
    if content is None:
        return
    names = dict.fromkeys(text for number in _NAMES for text in _texts(properties, number) if text)
    extension = next(_texts(properties, _EXTENSION), "")
    first, *others = names or [f"attachment{extension}"]
    media_type = next(_texts(properties, _MEDIA_TYPE), "").lower()
    yield Member(first, media_type, "msg-attachment", content, names=tuple(others))


def _texts(properties: Mapping[tuple[int, int], Stretch], number: int) -> Iterator[str]:
    """The text of a property in both forms that it may have."""
    if (wide := properties.get((number, _WIDE))) is not None:
        yield wide.raw.decode("utf-16-le", "replace").rstrip("\0")
    if (narrow := properties.get((number, _NARROW))) is not None:
        yield narrow.raw.decode("latin-1").rstrip("\0")


def _as_utf8(content: Stretch, form: int) -> tuple[Stretch, str]:
    if form != _WIDE:
        return content, ""
    return whole(content.raw.decode("utf-16-le", "replace").encode("utf-8", "replace")), "utf-8"
