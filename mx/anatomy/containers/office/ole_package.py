"""OLE packages: the files that people put into documents by drag and drop, in both forms that Windows writes.

Comes in: the stream `\\x01Ole10Native` of an embedded object, or an OLE 1 object as RTF carries it. Goes out: the file
within, with every name that is written beside it. Shared by `document.py` and `../rtf.py`.

Standards: MS-OLEDS sections 2.2.4 to 2.2.6, 2.3.6; the packager's own structure, which is not published.
Failure: None where the structure is not that of a package; the caller shows the octets as they stand.
"""

import re
from dataclasses import dataclass

from mx.anatomy.containers.contract import Member, Stretch

_MOST_NAME_OCTETS = 1024
_FOLDERS = re.compile(r"[\\/:]")
_SIGNATURE = b"\2\0"
_LINKED, _EMBEDDED = 1, 2


@dataclass(frozen=True, slots=True)
class EmbeddedObject:
    """What an OLE 1 object says of itself, and its native data."""

    class_name: str
    is_link: bool
    topic: str
    """What a link points to."""
    native: Stretch


def file_of_native_stream(content: Stretch, reading: str) -> Member | None:
    """The file within an `Ole10Native` stream: a length, then the packager's structure."""
    return file_of_package(Stretch(content.base, min(content.start + 4, content.end), content.end), reading)


def file_of_package(content: Stretch, reading: str) -> Member | None:
    """The file within the packager's structure: two octets, label, path, flags, temporary path, the file."""
    base, position = content.base, content.start
    if base[position : position + 2] != _SIGNATURE:
        return None
    label, position = _text(content, position + 2)
    path, position = _text(content, position)
    if base[position + 2 : position + 4] not in (b"\3\0", b"\1\0"):
        return None
    position += 4
    temporary_octets = int.from_bytes(base[position : position + 4], "little")
    position += 4
    if temporary_octets > _MOST_NAME_OCTETS:
        return None
    temporary = base[position : position + temporary_octets].split(b"\0")[0].decode("latin-1")
    position += temporary_octets
    octets = int.from_bytes(base[position : position + 4], "little")
    start = min(position + 4, content.end)
    if start == content.end and octets:
        return None
    end = min(start + octets, content.end)
    names = dict.fromkeys(
        name for name in (label, _file_name(path), _file_name(temporary), *_wide_names(content, end)) if name
    )
    first, *others = names or ["package"]
    return Member(first, "", reading, Stretch(base, start, end), names=tuple(others))


def read_object(content: Stretch) -> EmbeddedObject | None:
    """The header of an OLE 1 object: version, format, class, topic and item, then the length of its data."""
    base, position = content.base, content.start
    form = int.from_bytes(base[position + 4 : position + 8], "little")
    if form not in (_LINKED, _EMBEDDED):
        return None
    position += 8
    texts = []
    for _ in range(3):
        octets = int.from_bytes(base[position : position + 4], "little")
        if octets > _MOST_NAME_OCTETS or position + 4 > content.end:
            return None
        texts.append(base[position + 4 : position + 4 + octets].rstrip(b"\0").decode("latin-1"))
        position += 4 + octets
    start = min(position + 4, content.end)
    octets = int.from_bytes(base[position:start], "little")
    end = min(start + octets, content.end) if octets else content.end
    return EmbeddedObject(texts[0], form == _LINKED, texts[1], Stretch(base, start, end))


def _text(content: Stretch, position: int) -> tuple[str, int]:
    """The text up to the next NUL, and where it ends."""
    limit = min(position + _MOST_NAME_OCTETS, content.end)
    nul = content.base.find(b"\0", position, limit)
    if nul < 0:
        return "", limit
    return content.base[position:nul].decode("latin-1"), nul + 1


def _file_name(path: str) -> str:
    return _FOLDERS.split(path)[-1]


def _wide_names(content: Stretch, position: int) -> list[str]:
    """The names in UTF-16 that newer packagers write behind the file."""
    names = []
    for _ in range(3):
        characters = int.from_bytes(content.base[position : position + 4], "little")
        start, position = position + 4, position + 4 + 2 * characters
        if not characters or characters > _MOST_NAME_OCTETS or position > content.end:
            break
        names.append(_file_name(content.base[start:position].decode("utf-16-le", "replace").rstrip("\0")))
    return names
