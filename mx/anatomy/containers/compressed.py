"""Single files in a compressed form: bzip2, xz, lzma, lzip in every cell; lz4 and compress through libarchive.

Comes in: the octets and the form. Goes out: the content of all streams that follow one another, joined as every
unpacker joins them; octets behind the last one are a member of their own.

Checksums are believed where the decompressor insists on them.
Failure: a stream that begins but cannot be expanded gives `broken-<form>` (unscannable) and what came out before the
break. Octets that only begin like one: the oddity `broken-<form>`.
"""

from collections.abc import Callable, Iterator

from mx.anatomy.ambiguities import AmbiguityName
from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Obstacle, Oddity, Reader, Step, Stretch, whole
from mx.anatomy.containers.inflate import FEWEST_OF_SCRAP, Unpacked
from mx.anatomy.containers.libarchive import Asked, Failure, LibArchive
from mx.anatomy.containers.streams import unpack_bzip2, unpack_lzip, unpack_lzma, unpack_xz

Unpack = Callable[[bytes, int, int, Budget], Unpacked]
_XZ_PADDING_OCTETS = 4


def stream_reader(form: str, unpack: Unpack, starts: tuple[bytes, ...]) -> Reader:
    """A reader of files that are streams of this form, each of which begins with one of `starts`."""

    def open_stream(content: Stretch, budget: Budget) -> Iterator[Step]:
        base, position, pieces, is_broken, is_scrap = content.base, content.start, [], False, False
        while not is_broken and position < content.end and base.startswith(starts, position, content.end):
            unpacked = unpack(base, position, content.end, budget)
            pieces.append(unpacked.octets)
            is_broken, is_scrap = not unpacked.is_complete, unpacked.is_scrap and len(pieces) == 1
            position = _behind_padding(base, unpacked.end, content.end) if form == "xz" else unpacked.end
        joined = b"".join(pieces)
        if is_broken and (not joined or (is_scrap and len(joined) < FEWEST_OF_SCRAP)):
            yield Oddity(AmbiguityName(f"broken-{form}"))
            return
        yield Member("content", "", f"{form}-content", whole(joined))
        if is_broken:
            yield Obstacle(f"broken-{form}")
        elif base[position : content.end].strip(b"\0"):
            yield Member("after the end", "", "archive-trailing", Stretch(base, position, content.end))

    return open_stream


def _behind_padding(base: bytes, place: int, end: int) -> int:
    while place + _XZ_PADDING_OCTETS <= end and base[place : place + _XZ_PADDING_OCTETS] == bytes(_XZ_PADDING_OCTETS):
        place += _XZ_PADDING_OCTETS
    return place


open_bzip2 = stream_reader("bzip2", unpack_bzip2, (b"BZh",))
open_xz = stream_reader("xz", unpack_xz, (b"\xfd7zXZ\0",))
open_lzma = stream_reader("lzma", unpack_lzma, (b"\x5d\0\0",))
open_lzip = stream_reader("lzip", unpack_lzip, (b"LZIP",))


def filter_reader(library: LibArchive, form: str) -> Reader:
    """A reader of a form that libarchive knows as a filter."""
    asked = Asked(("raw",), (form,))

    def open_filtered(content: Stretch, budget: Budget) -> Iterator[Step]:
        pieces, is_broken = [], False
        for found in library.entries(content, asked, budget):
            if isinstance(found, Failure):
                is_broken = True
            else:
                pieces.append(found.octets)
        joined = b"".join(pieces)
        if joined == content.raw:
            # The filter did not recognise its format, and the raw octets came through.
            yield Oddity(AmbiguityName(f"broken-{form}"))
            return
        if is_broken and not joined:
            yield Oddity(AmbiguityName(f"broken-{form}"))
            return
        yield Member("content", "", f"{form}-content", whole(joined))
        if is_broken:
            yield Obstacle(f"broken-{form}")

    return open_filtered
