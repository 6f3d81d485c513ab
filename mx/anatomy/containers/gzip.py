"""Gzip files: the content of all members, joined as every gunzip joins them.

Standards: RFC 1952. Checksums and lengths in the trailer are not believed and not checked.
Failure: a member that begins but cannot be expanded gives `broken-gzip` (unscannable) and what came out before the
break. Octets that only begin like a gzip file: the oddity `broken-gzip`.
"""

from collections.abc import Iterator

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Obstacle, Oddity, Step, Stretch, whole
from mx.anatomy.containers.inflate import FEWEST_OF_SCRAP, inflate, inflate_scrap

_MAGIC = b"\x1f\x8b\x08"
_FIXED_OCTETS = 10
_TRAILER_OCTETS = 8
_HAS_CRC, _HAS_EXTRA, _HAS_NAME, _HAS_NOTE = 2, 4, 8, 16


def open_gzip(content: Stretch, budget: Budget) -> Iterator[Step]:
    """The joined content of all members, as one member."""
    base, position, pieces = content.base, content.start, []
    names: dict[str, None] = {}
    is_broken = False
    while base.startswith(_MAGIC, position, content.end) and not is_broken:
        data, written_name = _read_header(content, position)
        names |= dict.fromkeys(filter(None, (written_name,)))
        unpacked = inflate(base, data, content.end, budget)
        pieces.append(unpacked.octets)
        is_broken = not unpacked.is_complete
        position = _behind_padding(content, unpacked.end + _TRAILER_OCTETS)
    joined = b"".join(pieces)
    if is_broken and not joined:
        joined = inflate_scrap(base, _read_header(content, content.start)[0], content.end, budget)
        if len(joined) < FEWEST_OF_SCRAP:
            yield Oddity(AmbiguityName.BROKEN_GZIP)
            return
    name, *others = names or ("content",)
    yield Member(name, "", "gzip-content", whole(joined), names=tuple(others))
    if is_broken:
        yield Obstacle("broken-gzip")
    elif base[position : content.end].strip(b"\0"):
        yield Oddity(AmbiguityName.GZIP_TRAILING)
        yield Member("after the end", "", "gzip-trailing", Stretch(base, position, content.end))


def _behind_padding(content: Stretch, place: int) -> int:
    """Where the next member begins: some programs pass over zeros before it."""
    following = content.base.find(_MAGIC, place, content.end)
    is_padded = following > place and not content.base[place:following].strip(b"\0")
    return following if is_padded else place


def _read_header(content: Stretch, start: int) -> tuple[int, str]:
    """Where the compressed data begins, and the file name that the header gives."""
    base, end = content.base, content.end
    flags = base[start + 3] if start + 3 < end else 0
    position = min(start + _FIXED_OCTETS, end)
    if flags & _HAS_EXTRA:
        position = min(position + 2 + int.from_bytes(base[position : position + 2], "little"), end)
    name = ""
    if flags & _HAS_NAME:
        position, raw = _read_text(base, position, end)
        name = raw.decode("latin-1")
    if flags & _HAS_NOTE:
        position, _ = _read_text(base, position, end)
    return min(position + (2 if flags & _HAS_CRC else 0), end), name


def _read_text(base: bytes, start: int, end: int) -> tuple[int, bytes]:
    nul = base.find(b"\0", start, end)
    return (end, base[start:end]) if nul < 0 else (nul + 1, base[start:nul])
